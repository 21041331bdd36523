/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Facts: records of what the programs see in the kernel.
 *
 * This is plain C for both sides. Records are fixed-width and append-only: a new field
 * goes to the end of its record, a new kind to the end of the enum; a reader
 * takes min(fact.size, sizeof) bytes. Sequence numbers count per CPU; records that found
 * no room have one too, so that a gap says how many were lost and where.
 */
#ifndef FIXBUF_BPF_ABI_FACT_H
#define FIXBUF_BPF_ABI_FACT_H

#include <linux/types.h>
#include "abi/io_evidence.h"
#include "abi/lane.h"
#include "abi/names.h"
#include "abi/ring_memory.h"
#include "abi/walk_nodes.h"

enum fact_kind {
	FACT_NONE	 = 0,
	FACT_RING_CREATE = 1,	/* struct fact_ring */
	FACT_RING_CLOSE	 = 2,	/* struct fact_ring: the last reference is gone, teardown follows */
	FACT_RING_GONE	 = 3,	/* struct fact: the teardown is done, its buffers are released */
	FACT_CALL	 = 4,	/* struct fact_call: an io_uring_register() returned */
	FACT_BUFFER	 = 5,	/* struct fact_buffer: what a slot holds (or that it is empty) */
	FACT_DROP	 = 6,	/* struct fact_buffer: what a slot held */
	FACT_PIN	 = 7,	/* struct fact_pin */
	FACT_UNPIN	 = 8,	/* struct fact_pin */
	FACT_CHARGE	 = 9,	/* struct fact_charge */
	FACT_UNCHARGE	 = 10,	/* struct fact_charge */
	FACT_ENTRY	 = 11,	/* struct fact_entry: one iovec of a call that failed */
	FACT_RING	 = 12,	/* struct fact_ring: snapshot of a ring */
	FACT_HOLDER	 = 13,	/* struct fact_holder: snapshot of a task that holds a ring */
	FACT_IO_DONE	 = 14,	/* struct fact_io_named: an I/O over a registered buffer ended */
	FACT_CALLER	 = 15,	/* struct fact_caller: who made a call that failed */
	FACT_SETUP	 = 16,	/* struct fact_setup: an io_uring_setup() failed */
	FACT_IO_FAILED	 = 17,	/* struct fact_io_failed: the same, and it failed */
	FACT_IN_USE	 = 18,	/* struct fact_in_use: requests hold what a slot held, or no more */
	FACT_IO_NOTICE	 = 19,	/* struct fact_io_named: the memory of a zero-copy send is free again */
};

#define FACT_F_DERIVED	0x01	/* concluded from other facts, not seen */
#define FACT_F_SNAPSHOT	0x02	/* read in a walk, not seen in an event */
#define FACT_F_WORKER	0x04	/* a kernel thread acted for the ring */
#define FACT_F_OTHERS	0x08	/* the filters leave its task out: it only keeps the ledger right */
#define FACT_F_CHOSEN	0x10	/* the walk's: its task is in the cgroup and the family that were asked for */
#define FACT_F_NO_PINS	0x20	/* the walk's, of a process: nothing was ever pinned in its address space */

struct fact {
	__u16 size;		/* of the whole record, bytes */
	__u8 kind;		/* enum fact_kind */
	__u8 flags;		/* FACT_F_* */
	__u32 cpu;
	__u64 seq;		/* per cpu, from 1 */
	__u64 t_ns;		/* CLOCK_MONOTONIC */
	__u64 ring;		/* struct io_ring_ctx *, 0 when unknown */
	__u32 pid;		/* thread group id in the initial pid namespace */
	__u32 tid;
	__u32 uid;		/* of the task that acted */
	__u32 call;		/* the same in all facts of one register call, 0 = of none */
	struct comm comm;
};

/*
 * What most records have beside .h.pid, as .ns_pid: the process's id in the pid namespace that the
 * tool's /proc shows. 0: that is the initial one, or it was not told; NS_PID_HIDDEN: it is in none.
 */

#define STACK_FRAMES	127	/* the kernel's own limit, kernel.perf_event_max_stack */

#define STACKS		16384	/* in their map */
#define STACK_SHARE	(STACKS / 16) /* of a user, at most */
#define STACK_USERS	251	/* told apart */
#define STACK_SHARED	122	/* EDQUOT: the user had its share */

/*
 * Ids in the map of stacks. Below 0: -1 says that the stack was not asked for, -EFAULT that
 * there is none, others that it was not kept: -STACK_SHARED.
 */
struct stack_ids {
	__s32 user, kernel;
	__u64 caller;		/* the word on top of the user's stack */
};

#define RING_F_LIMITED	0x01	/* charges count against RLIMIT_MEMLOCK */
#define RING_F_ACCT_PER_RING 0x02 /* the charge is kept per ring (hpage_acct), from 7.2 */
#define RING_F_ACCT_SHARED 0x04	/* the charge is kept per user and mm (patches/6.12) */
#define RING_F_LOCKED	0x08	/* a walk found its uring_lock held: a call may be half done */
#define RING_F_SKIPPED	0x10	/* a recording's: a walk did not read its table, of .whose slots */
#define RING_F_UNREAD	0x20	/* the same: it changed too fast to be read */

struct fact_ring {
	struct fact h;
	__u64 user;		/* struct user_struct * that is charged, 0 = none */
	__u64 mm;		/* struct mm_struct * that is charged (the creator's) */
	__u64 table;		/* address of the slot array, 0 = none registered */
	__s64 user_locked_pages;
	__s64 mm_pinned_pages;
	__u32 nr_slots;
	__u32 ring_flags;	/* RING_F_* */
	__u32 charged_uid;	/* of .user; ~0 without */
	__s32 fd;		/* RING_CREATE: the new descriptor, else -1 */
	__u32 setup_flags;	/* IORING_SETUP_* */
	__u32 sq_entries;
	__u32 cq_entries;
	__u32 ring_pages;	/* of its own memory, where .user is charged for that too */
	__u32 ns_pid;		/* RING_CREATE, RING_CLOSE */
	__u32 whose;		/* the walk's: ring_whose(), 0 = not looked at */
	__u32 files;		/* places in its table of files, and one; 0 = not known */
	__u32 pad;
};

enum holder_how {
	HOLDER_BY_INDEX	= 0,	/* as .fd and .reg_index say */
	HOLDER_SUBMITTED = 1,	/* nobody has a descriptor: it made the ring or submitted to it */
	HOLDER_MAPPING	= 2,	/* nobody has a descriptor: it has the ring's memory mapped */
	HOLDER_XARRAY	= 3,	/* between the walk's two halves only: .h.ring is a struct xarray's head */
	HOLDER_CLOSING	= 4,	/* it was closed and waits for .in_flight requests of this task */
	HOLDER_ENDING	= 5,	/* as HOLDER_XARRAY: a struct io_uring_task, of a task that ends */
	HOLDER_SHARING	= 6,	/* it was asked for, and has the memory of who holds the ring */
	HOLDER_POLLED	= 7,	/* nobody has a descriptor: another ring that it holds polls it */
	HOLDER_TABLE	= 9,	/* as HOLDER_XARRAY: a table of descriptors that not all threads share */
	HOLDER_WAITING	= 8,	/* nobody has a descriptor: it sleeps in a call that has the ring's file */
};

enum ending {
	ENDING_NOT	= 0,
	ENDING_EXITS	= 1,
	ENDING_KILLED	= 2,	/* by a signal */
};

#define IN_FLIGHT_UNKNOWN 0x7fffffff

struct fact_holder {
	struct fact h;		/* pid, tid, uid, comm: the holder's */
	__u64 files;		/* struct files_struct *: equal = shared descriptors */
	__u64 mm;		/* the holder's own struct mm_struct * */
	__u64 user;		/* the holder's own struct user_struct * */
	__u64 memlock_limit_bytes; /* soft RLIMIT_MEMLOCK, ~0 = unlimited */
	__s64 user_locked_pages; /* of .user */
	__s64 mm_pinned_pages;	/* of .mm */
	__s32 fd;		/* -1: held otherwise */
	__s32 reg_index;	/* index in the task's registered rings, -1 = held otherwise */
	__u32 how;		/* enum holder_how */
	__u32 ns_pid;
	__u32 ending;		/* enum ending: of the process */
	__u32 in_flight;	/* with .ending: requests that its tasks wait for; HOLDER_CLOSING */
	__u32 payer;		/* uid that its share of what is read counts for */
	__u32 whose;		/* of its ring as it was found: as struct fact_ring's */
	__u64 start_ns;		/* when its process was made, since boot; 0 = not known */
};

#define BUFFER_F_KERNEL	0x01	/* a block driver's pages (ublk), neither pinned nor charged */
#define BUFFER_F_EMPTY	0x02	/* the slot holds nothing */
#define BUFFER_F_TORN	0x04	/* the slot changed while it was read: other fields are void */
#define BUFFER_F_RUNS	0x08	/* its segments are runs of memory, across folios (patches/0011) */

#define ACCT_UNKNOWN	(~0ULL)

struct fact_buffer {
	struct fact h;
	__u64 buf;		/* struct io_mapped_ubuf *: equal = the same buffer (clone) */
	__u64 node;		/* struct io_rsrc_node *, 0 before 6.13 */
	__u64 addr;		/* user address; kernel buffers: 0 */
	__u64 len_bytes;
	__u64 bvec;		/* kernel address of its struct bio_vec array */
	__u64 charged_pages;	/* ACCT_UNKNOWN where the kernel does not keep it per buffer */
	__u32 index;
	__u32 segments;
	__u32 folio_shift;
	__u32 refs;		/* tables that share it */
	__u32 buf_flags;	/* BUFFER_F_* */
	__u32 ns_pid;
	__u32 users;		/* of .node: its slot, and each request that uses it; 0 = not known */
	__u32 account;		/* buffers of one say the same (patches/7.3); 0 = it is its ring's */
};

/*
 * A call let go of a buffer that requests still use: told with the call's head, before the call.
 * Once more when none holds it any more, as it was seen at .h.t_ns, at the latest. From 6.13.
 */
struct fact_in_use {
	struct fact h;
	__u64 buf, node;
	__u64 addr, len_bytes;
	__u64 since_ns;		/* when the call returned */
	__u32 index;		/* of the slot that held it */
	__u32 requests;		/* 0 = none any more */
	__u32 ns_pid;
	__u32 other_slots;	/* that hold it, too, and that the call left alone */
};

enum call_op {			/* IORING_REGISTER_* opcodes that concern buffers */
	CALL_REGISTER	= 0,
	CALL_UNREGISTER	= 1,
	CALL_REGISTER2	= 15,
	CALL_UPDATE	= 16,
	CALL_CLONE	= 30,
	CALL_ENTER	= 0x10001, /* no opcode: an io_uring_enter() that failed as a call */
};

struct fact_call {
	struct fact h;
	__u64 user, mm;		/* the ring's, as in fact_ring */
	__u64 arg;		/* user address given to the call, 0 when unknown */
	__u64 limit_bytes;	/* the caller's soft RLIMIT_MEMLOCK, ~0 = unlimited */
	__u64 start_ns;		/* 0 when the start was not seen */
	__s64 user_before_pages, user_after_pages;
	__s64 mm_before_pages, mm_after_pages;
	__s64 result;
	__u64 src_ring;		/* CALL_CLONE: source ring, 0 when unknown */
	__u32 op;		/* enum call_op */
	__u32 nr;		/* entries given */
	__u32 offset;		/* CALL_UPDATE, CALL_CLONE: first slot */
	__u32 nr_slots;		/* of the table afterwards */
	__s32 fd;		/* given to the call, -1 when unknown */
	__u32 ring_flags;	/* RING_F_* */
	__u32 charged_uid;
	__u32 call_flags;	/* CALL_F_* */
	__u64 need_pages;	/* on failure: what the entries not done span, 0 = not counted */
	struct stack_ids stacks;
	/* evidence for why it failed: what was looked at when it returned is in .seen */
	__u64 array;		/* user address of the entries, 0 = none */
	__u64 hard_limit_bytes;	/* the caller's hard RLIMIT_MEMLOCK */
	__u32 seen;		/* SEEN_*; 0 = nothing was looked at */
	__u32 nr_args;		/* the call's last argument, as it was given */
	__u32 arg_flags;	/* CALL_REGISTER2, CALL_CLONE: in the structure at .arg */
	/*
	 * CALL_CLONE; .src_slots: of the source's table. CALL_ENTER, with SEEN_STRUCT: IORING_SETUP_* of
	 * the ring in .src_slots, pid and tid of the thread whose calls it takes in the others (0 = all).
	 * There .nr is how many to submit, .offset for how many to wait, .arg_flags IORING_ENTER_*.
	 */
	__u32 src_fd, src_offset, src_slots;
	__u32 ns_pid;
	__u32 nr_entries;	/* on failure: facts of entries told before it, those included that were lost */
};

/* What was looked at, then what was found; the latter says nothing without the former. */
#define SEEN_ARGS	0x0001	/* .arg, .nr_args, the caller's user namespace */
#define SEEN_STRUCT	0x0002	/* the structure at .arg: .array, .arg_flags, .src_fd */
#define SEEN_SRC	0x0004	/* CALL_CLONE: what .src_fd stands for */
#define SEEN_FD		0x0008	/* CALL_F_NO_RING: what .fd stands for */
#define SEEN_FEATURES	0x0010	/* which of the features below this kernel has */
#define SEEN_PAGES	0x0020	/* EFAULT: whether the entries' pages are there, of the first GiB */
#define SEEN_TAGS_NONE	0x0040	/* the array of tags cannot be read at its begin */
#define SEEN_TAGS	0x0080	/* there are tags, and the first can be read */
#define SEEN_RESERVED	0x0100	/* a reserved field of the structure is not 0 */
#define SEEN_SRC_NONE	0x0200	/* .src_fd is not open, or no registered ring's index */
#define SEEN_SRC_OTHER	0x0400	/* it is no io_uring */
#define SEEN_SRC_USER	0x0800	/* the source's account is another user's */
#define SEEN_SRC_MM	0x1000	/* the source's account is another address space's */
#define SEEN_SRC_ISSUER	0x2000	/* the source takes calls from another thread only */
#define SEEN_FD_NONE	0x4000	/* .fd is not open, or no registered ring's index */
#define SEEN_NO_TABLE	0x8000	/* the thread has no table of registered rings */
#define SEEN_USER_NS	0x10000	/* the caller lives in a user namespace of its own */
#define SEEN_KNOWS_RANGES 0x20000 /* clones take ranges and IORING_REGISTER_DST_REPLACE (6.13) */
#define SEEN_KNOWS_CLONE 0x80000 /* tables can be cloned (6.12) */
#define SEEN_KNOWS_INDEX 0x40000 /* calls take the index of a registered ring (6.3) */
#define SEEN_OTHER_WAY	0x800000 /* with SEEN_FD: as a descriptor, or as an index, .fd stands for a file */
#define SEEN_ENTRIES_LOST 0x1000000 /* of .nr_entries not all came to who read them */
/* With CALL_F_UNENTERED. */
#define SEEN_FILTER	0x100000 /* the task has a seccomp filter */
#define SEEN_TRACED	0x200000 /* another process traces it, and can refuse calls */
#define SEEN_OLDER	0x400000 /* the call may have begun before we were there to see it */
#define SEEN_SKIPPED	0x20000000 /* the kernel left out programs that see calls begin: the reader's word */

#define CALL_F_BEFORE_SEEN 0x01	/* *_before_pages were read at the start, not derived */
#define CALL_F_NO_RING	   0x02	/* refused before any ring was looked up */
#define CALL_F_REG_RING	   0x04	/* fd is an index of the task's registered rings */
#define CALL_F_IOVEC32	   0x08	/* the ring takes iovecs of 8 bytes, as 32-bit programs have them */
#define CALL_F_UNENTERED   0x10	/* it was seen to return, but not to begin */

/* An io_uring_setup() that failed. What was looked at, by whom, is in .seen. */
struct fact_setup {
	struct fact h;
	__u64 user, mm;		/* that a ring of this caller is charged to; .user 0: no limit applies */
	__u64 limit_bytes, hard_limit_bytes; /* the caller's RLIMIT_MEMLOCK, ~0 = unlimited */
	__u64 files_limit;	/* its soft RLIMIT_NOFILE, ~0 = unlimited */
	__u64 start_ns;		/* 0 when the start was not seen */
	__s64 user_pages;	/* that .user has locked now */
	__s64 result;
	__u32 charged_uid;	/* of .user; ~0 without */
	__u32 seen;		/* SEEN_* and SETUP_* */
	__u32 entries;		/* SEEN_ARGS: as they were asked for */
	__u32 setup_flags;	/* SEEN_STRUCT: this and the next three, of the structure */
	__u32 cq_entries, sq_thread_cpu, wq_fd;
	__u32 call_flags;	/* CALL_F_* */
	__u32 unknown_flags;	/* SETUP_FLAGS: those of .setup_flags that this kernel does not know */
	__u32 disabled;		/* SETUP_DISABLED: kernel.io_uring_disabled, just after the call */
	__s32 group;		/* the same: kernel.io_uring_group, -1 = none */
	__u32 ns_pid;
	struct stack_ids stacks;
};

/* Bits of fact_setup.seen beside SEEN_*. */
#define SETUP_FLAGS	0x01000000 /* which of the flags this kernel knows was tried */
#define SETUP_DISABLED	0x02000000 /* what the system's settings say was read */
#define SETUP_CHARGED	0x04000000 /* this kernel charges a ring's own memory to its user */
#define SETUP_CHARGED_POWER 0x08000000 /* the same, in powers of two (up to 5.11) */
#define SETUP_ADMIN	0x10000000 /* the caller has CAP_SYS_ADMIN */

/* Why an entry cannot be registered, as far as can be seen from outside the call. */
enum entry_state {
	ENTRY_OK	 = 0,
	ENTRY_UNREADABLE = 1,	/* the iovec itself could not be read */
	ENTRY_NULL	 = 2,	/* NULL base with a length */
	ENTRY_EMPTY	 = 3,	/* length 0 with a base */
	ENTRY_TOO_LONG	 = 4,
	ENTRY_WRAPS	 = 5,	/* base + length overflows */
	ENTRY_UNMAPPED	 = 6,	/* at .at no mapping */
	ENTRY_READ_ONLY	 = 7,
	ENTRY_NO_ACCESS	 = 8,
	ENTRY_FILE	 = 9,	/* shared file mapping that cannot be pinned long-term */
	ENTRY_SPECIAL	 = 10,	/* VM_IO / VM_PFNMAP */
	ENTRY_UNCHECKED	 = 11,	/* mappings could not be looked up there: by this kernel, or just then */
	ENTRY_ABSENT	 = 12,	/* at .at no page came to be, for a reason that is not seen */
	ENTRY_BEYOND_FILE = 13,	/* .at is mapped, but lies beyond the end of its file */
	ENTRY_USERFAULT	 = 14,	/* no page at .at, which a userfaultfd handler is to fill */
	ENTRY_FILE_FULL	 = 15,	/* no page at .at, and none left in its tmpfs */
	ENTRY_NO_HUGE	 = 16,	/* no page at .at, and no huge page free */
	ENTRY_GUARD	 = 17,	/* .at is a guard region */
};

struct fact_entry {
	struct fact h;
	__u64 base, len_bytes;
	__u64 at;		/* first address with the fault */
	__u64 vma_start, vma_end;
	__u64 vma_flags;
	__u32 index;		/* among those not done */
	__u32 state;		/* enum entry_state */
	__u32 fs_magic;		/* super block magic of the mapped file, 0 = none */
	__u32 looked;		/* with ENTRY_ABSENT: LOOKED_* */
	struct file_name file;	/* the mapped file's */
	struct comm fs_name;	/* the type of its file system */
};

/* What is known not to be why the page is not there, because it was looked at. */
#define LOOKED_FILE	0x01	/* the end of the file, and its userfaultfd */
#define LOOKED_FULL	0x02	/* whether the tmpfs is full */
#define LOOKED_HUGE	0x04	/* whether a huge page is free */

#define CALLER_F_KILLED		0x01	/* a deadly signal, or exit_group(), came before the call's end */
#define CALLER_F_OOM		0x02	/* it was for want of memory */
#define CALLER_F_RING_FORBIDS	0x04	/* the ring's restrictions leave the operation out */
#define CALLER_F_TASK_FORBIDS	0x08	/* so do those of the calling task */

/* What limits the task whose call failed, beside its RLIMIT_MEMLOCK. */
struct fact_caller {
	struct fact h;
	/* of the memory cgroups that it is in, the one with the least room; ~0 = none has a limit */
	__u64 cgroup_limit_bytes, cgroup_used_bytes;
	struct file_name cgroup;
	__u32 caller_flags;	/* CALLER_F_* */
	/* the only thread that may call (IORING_SETUP_SINGLE_ISSUER), .issuer_tid 0 = any may */
	__u32 issuer_pid, issuer_tid, issuer_ns_pid;
	struct comm issuer;
};

struct fact_pin {
	struct fact h;
	__u64 buf;		/* struct io_mapped_ubuf *, 0 when not yet known */
	__u64 addr;
	__u64 pages;
	__u64 refs;		/* pin references, < pages where folios coalesce */
	__u64 duration_ns;
	__s64 result;
	struct stack_ids stacks;
	__u32 folio_shift;
	__u32 ns_pid;
};

struct fact_charge {
	struct fact h;
	__u64 user, mm, buf;
	__s64 user_before_pages, user_after_pages;
	__s64 mm_before_pages, mm_after_pages;
	__u64 limit_bytes;
	__s64 pages;
	__s64 result;
	struct stack_ids stacks;
	__u32 ns_pid;
	__u32 pad;
};

#define IO_F_RANGE	0x01	/* .addr and .len_bytes are known */
#define IO_F_OFFSET	0x02	/* .offset_bytes is known */
#define IO_F_PUNTED	0x04	/* handed to a worker */
#define IO_F_NO_IMPORT	0x08	/* failed with EFAULT: .buf_addr to .nr_slots are its slot then */
#define IO_F_EMPTY	0x10	/* with IO_F_NO_IMPORT: the slot holds nothing */
#define IO_F_REFUSED	0x20	/* at submission: has no latency */
#define IO_F_NAMELESS	0x40	/* refused unread, or one of several of a user_data: no .index */
#define IO_F_COPIED	0x80	/* FACT_IO_NOTICE: the kernel copied the data */
#define IO_F_TAG	0x100	/* with IO_F_NO_IMPORT: its tag is not that of the buffer */
#define IO_F_USER_DATA	0x200	/* .user_data of struct fact_io_named is there, as in older files it is not */

/* The head is that of the task which submitted it, but for .t_ns and .cpu. */
struct fact_io {
	struct fact h;
	__u64 addr, len_bytes;	/* as the request says */
	__u64 offset_bytes;	/* of .addr in the buffer */
	__u64 buf_addr, buf_len_bytes;
	__u64 latency_ns;	/* from submission on, 0 = start not seen */
	__s32 result;
	__u32 index;		/* of the buffer */
	__u32 nr_slots;
	__u32 io_flags;		/* IO_F_* */
	__u32 opcode;		/* IORING_OP_* */
	__u32 ns_pid;
};

struct fact_io_named {
	struct fact_io io;
	__u64 user_data;	/* what the program calls the request; one that failed has it in .seen */
};

struct fact_io_failed {
	struct fact_io io;
	struct io_evidence seen;
};

/* One bio_vec of a buffer and the state of its first folio: no fact, but an answer of the walk. */
struct seg {
	__u64 page;		/* struct page * as stored in the bio_vec */
	__u64 head;		/* struct page * of the folio's head */
	__u32 len, off;		/* bytes; off counts from .page */
	__u32 order;		/* of the folio */
	__u32 pins;		/* pin references; small folios: refcount / 1024 */
	__u32 refcount;
	__u32 flags;		/* SEG_F_* */
};

#define SEG_F_UNREADABLE 0x01

/* What a page belongs to: an answer of the walk, for pages that their address does not show. */
struct backing {
	__u64 index;		/* of the folio's head in its file; a huge page counts as one up to 6.6 */
	__u64 tail;		/* of the page in its folio */
	__u64 inode;		/* with BACKING_F_FILE */
	__u64 anon, anon_root;	/* with BACKING_F_ANON: struct anon_vma * and the tree's first */
	__u32 dev_major, dev_minor; /* with BACKING_F_FILE */
	__u32 flags;		/* BACKING_F_*; neither ANON nor FILE: its file gave it up */
	__u32 order;		/* of the folio */
};

#define BACKING_F_ANON	    0x01
#define BACKING_F_FILE	    0x02
#define BACKING_F_SWAPCACHE 0x04
#define BACKING_F_UNREADABLE 0x08
#define BACKING_F_MAPPED    0x10	/* by some address space; large folios: where the kernel counts */

/* What the walk is asked of: a buffer and its node, of which it may be free by now. */
struct node_of {
	__u64 node, buf;
};

#define IN_FLIGHT_CPUS	32	/* whose parts of a number of requests an answer of the walk adds up */

#define PEEK_CHUNK	128	/* slots, segments or folios that an answer of the walk holds */
#define PEEK_SUBMITTERS	64	/* tasks that used a ring, the same */

#define FACT_ASSERT_SIZE(type, bytes) \
	_Static_assert(sizeof(struct type) == (bytes), "layout of struct " #type)

FACT_ASSERT_SIZE(fact, 64);
FACT_ASSERT_SIZE(fact_ring, 152);
FACT_ASSERT_SIZE(fact_holder, 152);
FACT_ASSERT_SIZE(fact_buffer, 144);
FACT_ASSERT_SIZE(fact_setup, 192);
FACT_ASSERT_SIZE(fact_call, 256);
FACT_ASSERT_SIZE(fact_entry, 192);
FACT_ASSERT_SIZE(fact_caller, 160);
FACT_ASSERT_SIZE(fact_pin, 136);
FACT_ASSERT_SIZE(fact_charge, 168);
FACT_ASSERT_SIZE(fact_io, 136);
FACT_ASSERT_SIZE(fact_io_named, 144);
FACT_ASSERT_SIZE(fact_io_failed, 304);
FACT_ASSERT_SIZE(io_evidence, 168);
FACT_ASSERT_SIZE(seg, 40);
FACT_ASSERT_SIZE(backing, 56);

#endif
