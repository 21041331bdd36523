// SPDX-License-Identifier: GPL-2.0
#include <abi/limits.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "base/fmt.h"
#include "base/untrusted.h"
#include "checks/failure.h"
#include "model/event.h"


struct words {
	char *out;
	const struct fact_call *c;
	const struct fact_entry *e;
};

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
};

const char *entry_state_name(__u32 state)
{
	return state < sizeof(state_names) / sizeof(state_names[0]) ? state_names[state] : "unknown";
}

static const char *fs_name(__u32 magic)
{
	static const struct { __u32 magic; const char *name; } known[] = {
		{ 0xef53, "ext4" }, { 0x58465342, "xfs" }, { 0x9123683e, "btrfs" },
		{ 0x01021994, "tmpfs" }, { 0x858458f6, "ramfs" }, { 0x794c7630, "overlayfs" },
		{ 0x01021997, "9p" }, { 0x6969, "nfs" }, { 0x65735546, "fuse" },
		{ 0x5345434d, "secret memory" }, { 0x09041934, "an anonymous inode" },
		{ 0x2fc12fc1, "zfs" }, { 0xf2f52010, "f2fs" }, { 0x9fa0, "proc" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].magic == magic)
			return known[i].name;
	return NULL;
}

/* "the read-only mapping 0x1000-0x3000 of 'name' (ext4)" */
static int put_mapping(char *out, size_t room, const struct fact_entry *e)
{
	char name[TAME_FACTOR * FILE_NAME_LEN + 1];
	const char *fs = fs_name(e->fs_magic);
	int n = snprintf(out, room, "the mapping 0x%llx-0x%llx", e->vma_start, e->vma_end);

	if (e->file.bytes[0])
		n += snprintf(out + n, room - n, " of '%s'",
			      tame(name, sizeof(name), file_name(&e->file)));
	if (fs)
		n += snprintf(out + n, room - n, " (%s)", fs);
	return n;
}

static void explain_entry(struct words *w)
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
			snprintf(w->out, EXPLAIN_LEN, "the argument structure at 0x%llx cannot be read; pass the address of one that is mapped",
				 e->at);
		else
			snprintf(w->out, EXPLAIN_LEN, "entry %u of the iovec array, at 0x%llx, cannot be read; the array must be mapped and hold all %u entries",
				 e->index, e->at, w->c->nr);
		break;
	case ENTRY_NULL:
		snprintf(w->out, EXPLAIN_LEN, "entry %u has a NULL base and a length of %s; an empty slot takes length 0, from Linux 5.13 on",
			 e->index, size);
		break;
	case ENTRY_EMPTY:
		snprintf(w->out, EXPLAIN_LEN, "entry %u at 0x%llx has length 0; give a length, or a NULL base for an empty slot",
			 e->index, e->base);
		break;
	case ENTRY_TOO_LONG:
		snprintf(w->out, EXPLAIN_LEN, "%s is beyond this kernel's limit of %s per buffer; split it",
			 who, w->c->ring_flags & RING_F_ACCT_PER_RING ? "1 TiB" : "1 GiB");
		break;
	case ENTRY_WRAPS:
		snprintf(w->out, EXPLAIN_LEN, "entry %u: 0x%llx + 0x%llx wraps around the end of the address space; the length is wrong",
			 e->index, e->base, e->len_bytes);
		break;
	case ENTRY_UNMAPPED:
		if (e->at > e->base)
			snprintf(w->out, EXPLAIN_LEN, "%s: nothing is mapped %s into it, at 0x%llx; the buffer is longer than its memory",
				 who, depth, e->at);
		else
			snprintf(w->out, EXPLAIN_LEN, "%s: nothing is mapped there; the address is wrong or the memory was unmapped",
				 who);
		break;
	case ENTRY_READ_ONLY:
		snprintf(w->out, EXPLAIN_LEN, "%s: %s is read-only, but buffers are pinned for writing; map it with PROT_READ | PROT_WRITE",
			 who, map);
		break;
	case ENTRY_NO_ACCESS:
		snprintf(w->out, EXPLAIN_LEN, "%s: %s may not be accessed (PROT_NONE); map it with PROT_READ | PROT_WRITE",
			 who, map);
		break;
	case ENTRY_FILE:
		snprintf(w->out, EXPLAIN_LEN, "%s: %s is file memory that cannot be pinned for long; use anonymous memory or a memfd%s",
			 who, map, w->c->result == -EFAULT ? ", or map the file MAP_PRIVATE" : "");
		break;
	case ENTRY_UNCHECKED:
		snprintf(w->out, EXPLAIN_LEN, "the process has ended before its mappings could be looked at; this kernel shows them only while it runs");
		break;
	case ENTRY_SPECIAL:
		snprintf(w->out, EXPLAIN_LEN, "%s: %s is device memory (VM_IO or VM_PFNMAP), which has no pages to pin; use ordinary memory",
			 who, map);
		break;
	}
}

static void explain_efault(struct words *w)
{
	if (w->e)
		explain_entry(w);
	else if (w->c->nr)
		snprintf(w->out, EXPLAIN_LEN, "each of its %u entries is mapped and writable now; a mapping changed during the call, or its pages cannot be pinned for long (DAX, secret or device memory)",
			 w->c->nr);
	else
		snprintf(w->out, EXPLAIN_LEN, "the memory at 0x%llx, or what it points to, cannot be read",
			 w->c->arg);
}

static void explain_einval(struct words *w)
{
	const struct fact_call *c = w->c;

	if (c->call_flags & CALL_F_NO_RING)
		snprintf(w->out, EXPLAIN_LEN, "this kernel does not know the operation%s",
			 c->op == CALL_CLONE ? "; cloning takes Linux 6.12" : "");
	else if (c->op == CALL_UNREGISTER)
		snprintf(w->out, EXPLAIN_LEN, "unregistering takes a NULL argument and a count of 0");
	else if (c->op != CALL_CLONE && !c->nr)
		snprintf(w->out, EXPLAIN_LEN, "the number of entries is 0; give at least one");
	else if (c->op == CALL_UPDATE && (__u64)c->offset + c->nr > c->nr_slots)
		snprintf(w->out, EXPLAIN_LEN, "slots %u to %llu are beyond the table of %u; register a larger one",
			 c->offset, (__u64)c->offset + c->nr - 1, c->nr_slots);
	else if (c->nr > TABLE_MAX_SLOTS)
		snprintf(w->out, EXPLAIN_LEN, "%u entries are more than a table holds: at most 16384, 1024 before Linux 5.13",
			 c->nr);
	else if (w->e && w->e->state == ENTRY_TOO_LONG && c->ring_flags & RING_F_ACCT_PER_RING)
		explain_entry(w); /* from 7.2; EFAULT before */
	else if (c->op == CALL_CLONE)
		snprintf(w->out, EXPLAIN_LEN, "the ranges do not fit the tables, a flag or offset is not known here (6.13), or the rings belong to different users or address spaces");
	else if (c->op == CALL_REGISTER)
		snprintf(w->out, EXPLAIN_LEN, "the kernel refuses the count of %u (1024 at most before Linux 5.13), or an entry mixes file and anonymous memory",
			 c->nr);
	else
		snprintf(w->out, EXPLAIN_LEN, "a flag or reserved field of the structure is not known to this kernel, or an empty entry has a tag");
}

static void explain_ebusy(struct words *w)
{
	const struct fact_call *c = w->c;

	if (c->op == CALL_CLONE)
		snprintf(w->out, EXPLAIN_LEN, "the target ring has a table of %u buffers already; unregister it first, or clone with IORING_REGISTER_DST_REPLACE (6.13)",
			 c->nr_slots);
	else
		snprintf(w->out, EXPLAIN_LEN, "the ring has a table of %u buffers already; unregister it first, or replace slots with IORING_REGISTER_BUFFERS_UPDATE",
			 c->nr_slots);
}

static void explain_eopnotsupp(struct words *w)
{
	if (w->c->call_flags & CALL_F_NO_RING)
		snprintf(w->out, EXPLAIN_LEN, "descriptor %d is not an io_uring", w->c->fd);
	else if (w->e)
		explain_entry(w);
	else
		snprintf(w->out, EXPLAIN_LEN, "an entry lies in a file mapping, which this kernel does not register; use anonymous memory or a memfd");
}

static void explain_no_ring(struct words *w)
{
	if (w->c->call_flags & CALL_F_REG_RING)
		snprintf(w->out, EXPLAIN_LEN, "this thread has registered no ring with index %d", w->c->fd);
	else if (w->c->call_flags & CALL_F_NO_RING)
		snprintf(w->out, EXPLAIN_LEN, "descriptor %d is not open", w->c->fd);
	else
		snprintf(w->out, EXPLAIN_LEN, "the source descriptor is not open");
}

void explain_call(char out[EXPLAIN_LEN], const struct fact_call *c, const struct fact_entry *entry,
		  const struct accounts *accounts)
{
	struct words w = { out, c, entry };

	switch (-c->result) {
	case ENOMEM:
		explain_memlock(out, c, accounts);
		break;
	case EFAULT:
		explain_efault(&w);
		break;
	case EINVAL:
		explain_einval(&w);
		break;
	case EBUSY:
		explain_ebusy(&w);
		break;
	case EOPNOTSUPP:
		explain_eopnotsupp(&w);
		break;
	case EBADF:
		explain_no_ring(&w);
		break;
	case ENXIO:
		snprintf(out, EXPLAIN_LEN, c->op == CALL_CLONE ?
			 "the source ring has no buffers registered; register them first" :
			 "the ring has no buffers registered; register a table first");
		break;
	case EOVERFLOW:
		if (entry)
			explain_entry(&w);
		else if (c->op == CALL_REGISTER || c->op == CALL_REGISTER2)
			snprintf(out, EXPLAIN_LEN, "an entry's base plus its length wraps around the end of the address space");
		else
			snprintf(out, EXPLAIN_LEN, "offset %u plus %u slots overflows", c->offset, c->nr);
		break;
	case EEXIST:
		snprintf(out, EXPLAIN_LEN, "the ring is IORING_SETUP_SINGLE_ISSUER and belongs to another thread; register from the one that submits");
		break;
	case EACCES:
		snprintf(out, EXPLAIN_LEN, "the ring's restrictions forbid this operation; allow it before the ring is enabled");
		break;
	case EBADFD:
		snprintf(out, EXPLAIN_LEN, "the ring is in the wrong state for this (IORING_SETUP_R_DISABLED); enable it first");
		break;
	case EINTR:
	case 512: /* ERESTARTSYS */
		snprintf(out, EXPLAIN_LEN, "a signal came while the kernel waited for I/O on these buffers; call again when it is done");
		break;
	default:
		snprintf(out, EXPLAIN_LEN, "%s", strerror(-c->result));
	}
}
