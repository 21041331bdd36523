// SPDX-License-Identifier: GPL-2.0
/* EFAULT and its like: which entry, where in it, and what is wrong with the memory there. */
#include <abi/mapping.h>
#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include "base/fmt.h"
#include "base/untrusted.h"
#include "checks/failure_words.h"
#include "checks/fs_name.h"

#define LOOKED_PAGES	(1U << 18)	/* as the programs in the kernel bound their look */
#ifndef SECRETMEM_MAGIC			/* in <linux/magic.h> from 5.14 on */
#define SECRETMEM_MAGIC	0x5345434d
#endif

static const char *const state_names[] = {
	[ENTRY_OK] = "ok",
	[ENTRY_UNREADABLE] = "unreadable",
	[ENTRY_NULL] = "null",
	[ENTRY_EMPTY] = "empty",
	[ENTRY_TOO_LONG] = "too-long",
	[ENTRY_WRAPS] = "wraps",
	[ENTRY_UNMAPPED] = "unmapped",
	[ENTRY_READ_ONLY] = "read-only",
	[ENTRY_NO_ACCESS] = "no-access",
	[ENTRY_FILE] = "file",
	[ENTRY_SPECIAL] = "special",
	[ENTRY_UNCHECKED] = "unchecked",
	[ENTRY_ABSENT] = "absent",
	[ENTRY_BEYOND_FILE] = "beyond-file",
	[ENTRY_USERFAULT] = "userfault",
	[ENTRY_FILE_FULL] = "file-full",
	[ENTRY_NO_HUGE] = "no-huge-page",
	[ENTRY_GUARD] = "guard",
};

const char *entry_state_name(__u32 state)
{
	return state < sizeof(state_names) / sizeof(state_names[0]) ? state_names[state] : "unknown";
}

/* "the mapping 0x1000-0x3000 of 'name' (ext4)" */
static int put_mapping(char *out, size_t room, const struct fact_entry *e)
{
	char name[TAME_FACTOR * FILE_NAME_LEN + 1];
	const char *fs = e->fs_name.bytes[0] ? TAME_COMM(e->fs_name) : fs_name(e->fs_magic);
	bool unknown = e->fs_magic && e->fs_magic != ~0U;
	int n = snprintf(out, room, "the mapping 0x%llx-0x%llx", e->vma_start, e->vma_end);

	if (e->file.bytes[0])
		n += snprintf(out + n, room - n, " of '%s'",
			      tame(name, sizeof(name), file_name(&e->file)));
	if (fs)
		n += snprintf(out + n, room - n, " (%s)", fs);
	else if (unknown)
		n += snprintf(out + n, room - n, " (file system 0x%x)", e->fs_magic);
	return n;
}

/* A page that is not there for a reason that was not seen. */
static void say_left_over(struct words *w)
{
	const struct fact_entry *e = w->e;
	bool file = e->looked & LOOKED_FILE, full = e->looked & LOOKED_FULL,
	     huge = e->looked & LOOKED_HUGE, cgroup = w->seen->caller;
	const char *it = e->fs_magic == TMPFS_MAGIC ? full ? NULL : "its tmpfs is full" :
			 e->fs_magic == HUGETLBFS_MAGIC ?
			 huge ? "the huge page limit of its cgroup, or one of NUMA" :
			 "no huge page was free, or the huge page limit of its cgroup" : "a guard region";

	say_more(w, ". Not the cause: its protection%s%s%s%s. ",
		 file ? ", the end of its file, a userfaultfd" : "", full ? ", a full tmpfs" : "",
		 huge ? ", a want of huge pages" : "", cgroup ? ", the limit of a memory cgroup" : "");
	if (it || !cgroup)
		say_more(w, "It can be: %s%s%s (not looked at)", it ? it : "", it && !cgroup ? ", or " : "",
			 cgroup ? "" : "the limit of its memory cgroup");
	else
		say_more(w, "What is left was not looked at");
}

static bool say_why_full(struct words *w, const char *lead)
{
	size_t n = strlen(w->out);

	say_more(w, "%s", lead);
	if (say_full_cgroup(w))
		return true;
	w->out[n] = 0;
	return false;
}

/* A page that is not there: the mapping is right, what is behind it is not. */
static void explain_page(struct words *w, const char *who, const char *map)
{
	const struct fact_entry *e = w->e;
	char depth[FMT_LEN];

	fmt_bytes_long(depth, e->at > e->base ? e->at - e->base : 0);
	switch (e->state) {
	case ENTRY_BEYOND_FILE:
		SAY(w, "%s: %s into it, at 0x%llx, %s goes beyond the end of its file; make the file longer (ftruncate) or the buffer shorter",
		    who, depth, e->at, map);
		break;
	case ENTRY_USERFAULT:
		SAY(w, "%s: %s into it, at 0x%llx, there is no page, and %s is watched by a userfaultfd, whose handler gave none; fill the page before",
		    who, depth, e->at, map);
		break;
	case ENTRY_FILE_FULL:
		SAY(w, "%s: %s into it, at 0x%llx, there is no page for %s, and its file system is full; make room or mount it larger (in a container: --shm-size)",
		    who, depth, e->at, map);
		break;
	case ENTRY_NO_HUGE:
		SAY(w, "%s: %s into it, at 0x%llx, there is no page for %s, and no huge page is free; raise vm.nr_hugepages, and map without MAP_NORESERVE to be told by mmap()",
		    who, depth, e->at, map);
		break;
	case ENTRY_GUARD:
		SAY(w, "%s: %s into it, at 0x%llx, lies a guard region of %s (MADV_GUARD_INSTALL); end the buffer before it",
		    who, depth, e->at, map);
		break;
	default:
		SAY(w, "%s: %s into it, at 0x%llx, %s got no page", who, depth, e->at, map);
		if (say_why_full(w, ": "))
			break;
		say_left_over(w);
		break;
	}
}

static void explain_too_long(struct words *w)
{
	__u64 limit = w->c->ring_flags & RING_F_ACCT_PER_RING ? 1ULL << 40 : 1ULL << 30;
	char excess[FMT_LEN], most[FMT_LEN];

	if ((__s64)w->e->len_bytes < 0) {
		SAY(w, "entry %u at 0x%llx has a length below 0 (%lld); the length is wrong",
		    w->e->index, w->e->base, (__s64)w->e->len_bytes);
		return;
	}
	SAY(w, "entry %u at 0x%llx is %llu bytes long, %s beyond this kernel's limit of %s per buffer; split it",
	    w->e->index, w->e->base, w->e->len_bytes,
	    fmt_bytes_long(excess, w->e->len_bytes - limit), fmt_bytes_long(most, limit));
}

/* What helps who gave memory that may only be read: more than its protection may stand against it. */
static const char *writable_instead(const struct fact_entry *e)
{
	bool memory_file = e->fs_magic == TMPFS_MAGIC || e->fs_magic == HUGETLBFS_MAGIC;

	if (!e->fs_magic)
		return "map it with PROT_READ | PROT_WRITE";
	/* of what is not open for writing, VM_MAYSHARE alone is left */
	if (memory_file && e->vma_flags & (VM_SHARED | VM_MAYSHARE))
		return "map it with PROT_READ | PROT_WRITE (System V: attach it without SHM_RDONLY), which takes a descriptor that is open for writing and no seal against it";
	if (e->vma_flags & (VM_SHARED | VM_MAYSHARE))
		return "copy it into anonymous memory: made writable, shared pages of a file cannot be pinned for long either";
	return "copy it into anonymous memory";
}

void explain_entry(struct words *w)
{
	const struct fact_entry *e = w->e;
	char size[FMT_LEN], depth[FMT_LEN], map[320], who[96];

	fmt_bytes_long(size, e->len_bytes);
	fmt_bytes_long(depth, e->at > e->base ? e->at - e->base : 0);
	put_mapping(map, sizeof(map), e);
	snprintf(who, sizeof(who), "entry %u (%s at 0x%llx)", e->index, size, e->base);
	switch (e->state) {
	case ENTRY_UNREADABLE:
		if (e->at == w->c->arg && w->c->op != CALL_REGISTER)
			SAY(w, "the argument structure at 0x%llx cannot be read; pass the address of one that is mapped",
			    e->at);
		else
			SAY(w, "entry %u of the iovec array, at 0x%llx, cannot be read; the array must be mapped and hold %u entr%s",
			    e->index, e->at, w->c->nr, w->c->nr == 1 ? "y" : "ies");
		break;
	case ENTRY_NULL:
		SAY(w, "entry %u has a NULL base and a length of %s; an empty slot takes length 0, from Linux 5.13 on",
		    e->index, size);
		break;
	case ENTRY_EMPTY:
		SAY(w, "entry %u at 0x%llx has length 0; give a length, or a NULL base for an empty slot",
		    e->index, e->base);
		break;
	case ENTRY_TOO_LONG:
		explain_too_long(w);
		break;
	case ENTRY_WRAPS:
		if (e->base == (__u64)-1)
			SAY(w, "entry %u: its base is MAP_FAILED, (void *)-1: the mmap() that was to give the memory failed, so look why",
			    e->index);
		else
			SAY(w, "entry %u: 0x%llx + 0x%llx wraps around the end of the address space; the length is wrong",
		    e->index, e->base, e->len_bytes);
		break;
	case ENTRY_UNMAPPED:
		if (e->at > e->base)
			SAY(w, "%s: nothing is mapped %s into it, at 0x%llx; the buffer is longer than its memory",
			    who, depth, e->at);
		else
			SAY(w, "%s: nothing is mapped there; the address is wrong or the memory was unmapped",
			    who);
		break;
	case ENTRY_READ_ONLY:
		SAY(w, "%s: %s is read-only, but buffers are pinned for writing; %s", who, map,
		    writable_instead(e));
		break;
	case ENTRY_NO_ACCESS:
		if (e->vma_flags & VM_EXEC) {
			SAY(w, "%s: %s may only be executed (PROT_EXEC); buffers take PROT_READ | PROT_WRITE",
			    who, map);
			break;
		}
		SAY(w, "%s: %s may not be accessed (PROT_NONE); map it with PROT_READ | PROT_WRITE",
		    who, map);
		break;
	case ENTRY_FILE:
		if (e->fs_magic == SECRETMEM_MAGIC)
			SAY(w, "%s: %s comes from memfd_secret(), whose pages the kernel may not pin; use ordinary anonymous memory",
			    who, map);
		else
			SAY(w, "%s: %s is file memory that cannot be pinned for long; use anonymous memory or %s",
			    who, map, w->c->result == -EFAULT ? "a memfd, or map the file MAP_PRIVATE" :
			    "from Linux 5.14 on a memfd");
		break;
	case ENTRY_UNCHECKED:
		SAY(w, "its mappings could not be looked at: the process has ended, may not be looked into, has too many, or its user's failed calls have taken the time for such looks; the kernel shows them only while it runs");
		say_why_full(w, ". What was seen: ");
		break;
	case ENTRY_SPECIAL:
		SAY(w, "%s: %s is memory of a device or of the kernel (VM_IO or VM_PFNMAP), which cannot be pinned; use ordinary memory",
		    who, map);
		break;
	default:
		explain_page(w, who, map);
		break;
	}
}

/* The pointer that leads to the entries; false where it is as it should be, or not known. */
static bool explain_pointer(struct words *w)
{
	const struct fact_call *c = w->c;

	if (!(c->seen & SEEN_ARGS))
		return false;
	if (!c->arg)
		SAY(w, c->op == CALL_REGISTER ?
		    "the pointer to the array of iovecs is NULL; pass the array's address" :
		    "the pointer to the argument structure is NULL; pass the structure's address");
	else if (c->op != CALL_REGISTER && !(c->seen & SEEN_STRUCT))
		SAY(w, "the argument structure at 0x%llx cannot be read; pass the address of one that is mapped",
		    c->arg);
	else if (c->op != CALL_CLONE && c->nr && !c->array && !(c->arg_flags & REGISTER_SPARSE))
		SAY(w, "the pointer to the array of iovecs in the argument structure (data) is NULL; set it to the array's address");
	else if (c->seen & SEEN_TAGS_NONE)
		SAY(w, "the array of tags, to which the argument structure points (tags), cannot be read; pass one tag for each entry, or NULL for none");
	else
		return false;
	return true;
}

void explain_efault(struct words *w)
{
	const struct fact_call *c = w->c;

	if (w->e)
		explain_entry(w);
	else if (explain_pointer(w))
		return;
	else if (c->nr && c->seen & SEEN_PAGES)
		SAY(w, "no cause is seen: each of its %u entries is mapped and writable now, and %s; not the cause are NULL pointers, lengths, protection, files that cannot be pinned, ends of files. A mapping may have changed during the call, or a protection key (pkey_mprotect()) keeps the thread out",
		    c->nr, c->need_pages > LOOKED_PAGES ? "each page of the first GiB is there" :
		    "each page is there");
	else if (c->nr) {
		SAY(w, "no cause is seen: its %u entries were looked at only so far as they are mapped and writable now; whether their pages can be had was not looked at",
		    c->nr);
		say_why_full(w, ". What was seen: ");
	} else
		SAY(w, "the memory at 0x%llx, or what it points to, cannot be read", c->arg);
}
