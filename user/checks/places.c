// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include "base/alloc.h"
#include "base/pid.h"
#include "base/untrusted.h"
#include "checks/places.h"

struct taken {
	const struct buffer *buffer;
	UT_hash_handle hh;
};

/* Whether it was taken already; only what several slots hold needs to be remembered. */
static bool is_taken(struct taken **set, const struct buffer *b)
{
	struct taken *s;

	if (b->slots <= 1)
		return false;
	HASH_FIND_PTR(*set, &b, s);
	if (s)
		return true;
	s = must_alloc(1, sizeof(*s));
	s->buffer = b;
	HASH_ADD_PTR(*set, buffer, s);
	return false;
}

size_t places_collect(const struct ledger *l, struct place **out)
{
	struct place *list = must_alloc(HASH_COUNT(l->buffers), sizeof(*list));
	struct taken *set = NULL, *s, *next;
	size_t nr = 0;

	for (const struct ring *r = l->rings; r; r = r->hh.next) {
		for (__u32 i = 0; i < r->nr_slots; i++) {
			const struct buffer *b = r->slots[i];

			if (!b || b->buf_flags & BUFFER_F_KERNEL || is_taken(&set, b))
				continue;
			list[nr] = (struct place){ r, b, i, nr };
			nr++;
		}
	}
	HASH_ITER(hh, set, s, next) {
		HASH_DEL(set, s);
		free(s);
	}
	*out = list;
	return nr;
}

__u32 ring_pid(const struct ring *r)
{
	if (r->nr_holders)
		return r->holders[0].pid;
	return r->mm && r->mm->pid ? r->mm->pid : r->creator_pid;
}

__u32 ring_ns_pid(const struct ring *r)
{
	if (r->nr_holders)
		return r->holders[0].ns_pid;
	return r->mm && r->mm->pid ? r->mm->ns_pid : r->creator_ns_pid;
}

__u32 ring_owner_ns_pid(const struct ring *r)
{
	return r->mm && r->mm->pid ? r->mm->ns_pid : ring_ns_pid(r);
}

__u32 ring_owner_pid(const struct ring *r)
{
	return r->mm && r->mm->pid ? r->mm->pid : ring_pid(r);
}

__u32 ring_uid(const struct ring *r)
{
	if (r->user)
		return r->user->uid;
	return r->nr_holders ? r->holders[0].uid : r->creator_uid;
}

struct comm ring_comm(const struct ring *r)
{
	if (r->nr_holders)
		return r->holders[0].comm;
	return r->mm && r->mm->pid ? r->mm->comm : (struct comm){ "" };
}

struct finding place_finding(enum finding_tag tag, const struct place *p)
{
	return (struct finding){
		.tag = tag,
		.ring = p->ring->id,
		.pid = ring_pid(p->ring),
		.ns_pid = ring_ns_pid(p->ring),
		.fd = p->ring->nr_holders ? p->ring->holders[0].fd : -1,
		.index = p->index,
		.uid = ring_uid(p->ring),
		.comm = ring_comm(p->ring),
		.addr = p->buffer->addr,
		.buf = finding_traits(tag)->scope == SCOPE_SLOT ? p->buffer->id : 0,
		.mm = p->ring->mm ? p->ring->mm->id : 0,
	};
}

void finding_take_holder(struct finding *f, const struct ring *r)
{
	for (size_t i = 0; r && i < r->nr_holders; i++) {
		const struct holder *h = &r->holders[i];

		if (h->pid != f->pid)
			continue;
		f->fd = h->fd;
		f->uid = h->uid;
		f->ns_pid = h->ns_pid;
		f->comm = h->comm;
		return;
	}
}

const char *finding_ring_name(char buf[NAME_LEN], const struct finding *f)
{
	const char *pid = PID_TEXT(f->pid, f->ns_pid);

	if (f->fd >= 0)
		snprintf(buf, NAME_LEN, "pid %s fd %d", pid, f->fd);
	else
		snprintf(buf, NAME_LEN, "pid %s ring 0x%llx", pid, f->ring);
	return buf;
}

const char *place_name(char buf[NAME_LEN], const struct place *p)
{
	const struct ring *r = p->ring;
	const struct holder *h = r->nr_holders ? &r->holders[0] : NULL;
	char pid[FMT_LEN];

	if (h)
		fmt_pid(pid, h->pid, h->ns_pid);
	if (!h)
		snprintf(buf, NAME_LEN, "ring 0x%llx buffer %u", r->id, p->index);
	else if (h->how)
		snprintf(buf, NAME_LEN, "pid %s ring without descriptor 0x%llx buffer %u", pid,
			 r->id, p->index);
	else if (h->fd < 0)
		snprintf(buf, NAME_LEN, "pid %s registered ring %d buffer %u", pid, h->reg_index,
			 p->index);
	else
		snprintf(buf, NAME_LEN, "pid %s fd %d buffer %u", pid, h->fd, p->index);
	return buf;
}

const char *mm_name(char buf[NAME_LEN], const struct ledger_mm *mm)
{
	if (mm->pid)
		snprintf(buf, NAME_LEN, "pid %s", WHO_TEXT(mm->pid, mm->ns_pid, mm->comm));
	else
		snprintf(buf, NAME_LEN, "the process with address space 0x%llx", mm->id);
	return buf;
}
