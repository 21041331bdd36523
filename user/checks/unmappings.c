// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include <sys/mman.h>
#include "base/page_size.h"
#include "checks/unmappings.h"

#define GUARD_INSTALL	102	/* MADV_GUARD_INSTALL, 6.13 */

const char *unmap_name(__u32 how)
{
	static const char *const names[NR_UNMAPS] = {
		[UNMAP_MUNMAP] = "munmap", [UNMAP_MREMAP] = "mremap", [UNMAP_MMAP] = "mmap",
		[UNMAP_MADVISE] = "madvise",
	};

	return how < NR_UNMAPS ? names[how] : "?";
}

static bool covers(const struct unmap_call *c, __u64 addr, __u64 len_bytes)
{
	return c->addr < addr + len_bytes && addr < c->addr + c->len_bytes;
}

/* The ring says whose memory its maker has, its holders whose it may be as well. */
static bool may_lie_in(const struct ring *r, __u64 mm)
{
	if (r->mm && r->mm->id == mm)
		return true;
	for (size_t i = 0; i < r->nr_holders; i++)
		if (r->holders[i].mm == mm)
			return true;
	return false;
}

bool unmapping_concerns(const struct ledger *l, const struct unmap_call *c)
{
	for (const struct ring *r = l->rings; r; r = r->hh.next) {
		if (!may_lie_in(r, c->call.mm))
			continue;
		for (__u32 i = 0; i < r->nr_slots; i++) {
			const struct buffer *b = r->slots[i];

			if (b && b->t_ns < c->call.h.t_ns && covers(c, b->addr, b->len_bytes))
				return true;
		}
	}
	return false;
}

bool unmappings_broke(const struct unmappings *u, const struct ring *r, const struct buffer *b,
		      __u64 from_ns, __u64 to_ns)
{
	for (size_t i = 0; i < UNMAPPINGS; i++) {
		const struct unmap_call *c = &u->list[i].call;
		__u64 t_ns = c->call.h.t_ns;

		if (c->len_bytes && t_ns > from_ns && t_ns > b->t_ns && t_ns < to_ns &&
		    covers(c, b->addr, b->len_bytes) && may_lie_in(r, c->call.mm))
			return true;
	}
	return false;
}

void unmappings_add(struct unmappings *u, const struct unmap_call *c, struct stack *stack)
{
	struct unmapping *one = &u->list[u->nr++ % UNMAPPINGS];

	stack_free(one->stack);
	one->call = *c;
	one->stack = stack;
}

/* Whether such a call makes of a page what is found. */
static bool may_cause(const struct unmap_call *c, const struct finding *f)
{
	bool advised = c->how == UNMAP_MADVISE;

	if (f->tag == UNMAPPED_PAGE)
		return f->cause != UNMAPPED_KEPT && !advised;
	if (f->tag != STALE_PAGE)
		return false;
	switch (f->cause) {
	case STALE_REPLACED:
		return true;
	case STALE_DROPPED:
		return !advised || c->advice != MADV_REMOVE;
	case STALE_PUNCHED:
		return advised && c->advice == MADV_REMOVE;
	case STALE_GUARDED:
		return advised && c->advice == GUARD_INSTALL;
	}
	/* by a fork, or by a call on the file */
	return false;
}

const struct unmapping *unmappings_of(const struct unmappings *u, const struct ledger *l,
				      const struct finding *f)
{
	size_t kept = u->nr < UNMAPPINGS ? u->nr : UNMAPPINGS;
	const struct buffer *b = NULL;

	if (f->buf)
		HASH_FIND(hh, l->buffers, &f->buf, sizeof(f->buf), b);
	for (size_t i = 1; b && i <= kept; i++) {
		const struct unmapping *one = &u->list[(u->nr - i) % UNMAPPINGS];

		if (one->call.call.mm == f->mm && one->call.call.h.t_ns > b->t_ns &&
		    covers(&one->call, f->addr, f->pages * PAGE_BYTES) && may_cause(&one->call, f))
			return one;
	}
	return NULL;
}

void unmappings_free(struct unmappings *u)
{
	for (size_t i = 0; i < UNMAPPINGS; i++)
		stack_free(u->list[i].stack);
	memset(u, 0, sizeof(*u));
}
