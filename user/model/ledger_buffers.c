// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/page_size.h"
#include "model/ledger_buffers.h"
#include "model/ledger_pins.h"

/* From 7.2 (df0a52537c0f) not without a user. */
bool ring_is_charged(const struct ring *r)
{
	return r->user || !(r->ring_flags & RING_F_ACCT_PER_RING);
}

__u64 buffer_account(const struct buffer *b, const struct ring *r)
{
	/* no ring's address is as small */
	return b->account ? b->account : r->id;
}

struct buffer *ledger_buffer(const struct ledger *l, __u64 id)
{
	struct buffer *b;

	HASH_FIND(hh, l->buffers, &id, sizeof(id), b);
	return b;
}

void buffer_set_extents(struct buffer *b, struct extent *extents, size_t nr)
{
	free(b->extents);
	b->extents = extents;
	b->nr_extents = nr;
}

__u64 buffer_pages(const struct buffer *b)
{
	__u64 last = b->addr + b->len_bytes - 1;

	if (!b->len_bytes)
		return 0;
	if (last < b->addr)
		last = ~0ULL;
	return (last >> PAGE_SHIFT) - (b->addr >> PAGE_SHIFT) + 1;
}

__u64 buffer_pages_with(const struct buffer *b, enum mapping mapping)
{
	__u64 nr = 0;

	for (size_t i = 0; i < b->nr_extents; i++)
		nr += b->extents[i].mapping == mapping ? b->extents[i].pages : 0;
	return nr;
}

static void buffer_free(struct ledger *l, struct buffer *b)
{
	HASH_DEL(l->buffers, b);
	free(b->extents);
	free(b);
}

bool slot_requests(const struct ring *r, __u32 index, __u32 *requests)
{
	__u32 users = r->users ? r->users[index] : 0;

	*requests = users ? users - 1 : 0;
	return users;
}

__u64 slot_node(const struct ring *r, __u32 index)
{
	return r->nodes ? r->nodes[index] : 0;
}

bool buffer_has_node(const struct ledger *l, const struct buffer *b, __u64 node)
{
	__u32 left = b->slots;

	if (b->node == node)
		return true;
	for (const struct ring *r = left == 1 && b->node ? NULL : l->rings; r && left; r = r->hh.next)
		for (__u32 i = 0; i < r->nr_slots && left && r->filled; i++) {
			if (r->slots[i] != b)
				continue;
			if (slot_node(r, i) == node)
				return true;
			left--;
		}
	return false;
}

static size_t slots_room(__u32 nr)
{
	size_t room = nr ? 16 : 0;

	while (room < nr)
		room *= 2;
	return room;
}

static void note_users(struct ring *r, __u32 index, __u32 users)
{
	if (users && !r->users)
		r->users = must_alloc(slots_room(r->nr_slots), sizeof(*r->users));
	if (r->users)
		r->users[index] = users;
}

static void note_node(struct ring *r, __u32 index, __u64 node)
{
	if (node && !r->nodes)
		r->nodes = must_alloc(slots_room(r->nr_slots), sizeof(*r->nodes));
	if (r->nodes)
		r->nodes[index] = node;
}

void slot_clear(struct ledger *l, const struct fact *cause, struct ring *r, __u32 index)
{
	struct buffer *b = r->slots[index];

	if (!b)
		return;
	r->slots[index] = NULL;
	r->filled--;
	r->gone[r->next_gone++ % RING_GONE_KEPT] = (struct gone_buffer){
		.addr = b->addr, .len_bytes = b->len_bytes, .t_ns = cause->t_ns, .index = index };
	b->slots--;
	if (b->node == slot_node(r, index))
		b->node = 0;
	pins_dropped(l, b->id, r->id, cause->t_ns);
	if (l->observer && l->observer->dropped)
		l->observer->dropped(l, cause, r, index, b, l->observer->arg);
	if (b->slots)
		return;
	if (l->observer && l->observer->released)
		l->observer->released(l, cause, r, b, l->observer->arg);
	buffer_free(l, b);
}

void slots_resize(struct ledger *l, const struct fact *cause, struct ring *r, __u32 nr)
{
	if (nr > LEDGER_MAX_SLOTS)
		return;
	for (__u32 i = nr; i < r->nr_slots && r->filled; i++, l->steps++)
		slot_clear(l, cause, r, i);
	if (slots_room(nr) > slots_room(r->nr_slots)) {
		r->slots = must_realloc(r->slots, slots_room(nr), sizeof(*r->slots));
		if (r->users)
			r->users = must_realloc(r->users, slots_room(nr), sizeof(*r->users));
		if (r->nodes)
			r->nodes = must_realloc(r->nodes, slots_room(nr), sizeof(*r->nodes));
	} else if (!nr) {
		free(r->slots);
		free(r->users);
		free(r->nodes);
		r->slots = NULL;
		r->users = NULL;
		r->nodes = NULL;
	}
	l->steps += nr > r->nr_slots ? nr - r->nr_slots : 0;
	if (nr > r->nr_slots)
		memset(r->slots + r->nr_slots, 0, (nr - r->nr_slots) * sizeof(*r->slots));
	l->nr_slots += (__u64)nr - r->nr_slots;
	r->nr_slots = nr;
}

/* The kernel gave its address to another buffer: whoever seems to hold it does not. */
static void buffer_forget(struct ledger *l, const struct fact *cause, struct buffer *b)
{
	__u32 left = b->slots;

	for (struct ring *r = l->rings; r && left; r = r->hh.next)
		for (__u32 i = 0; i < r->nr_slots && left && r->filled; i++, l->steps++)
			if (r->slots[i] == b) {
				left--;
				slot_clear(l, cause, r, i);
			}
}

static bool is_same_buffer(const struct buffer *b, const struct fact_buffer *f)
{
	return b->addr == f->addr && b->len_bytes == f->len_bytes && b->segments == f->segments &&
	       b->folio_shift == f->folio_shift && b->buf_flags == f->buf_flags;
}

static void buffer_update(struct buffer *b, const struct fact_buffer *f)
{
	b->node = f->node;
	b->addr = f->addr;
	b->len_bytes = f->len_bytes;
	b->bvec = f->bvec;
	b->charged_pages = f->charged_pages;
	b->segments = f->segments;
	b->folio_shift = f->folio_shift;
	b->refs = f->refs;
	b->buf_flags = f->buf_flags;
	b->account = f->account;
}

void slot_set(struct ledger *l, struct ring *r, const struct fact_buffer *f)
{
	struct buffer *b = ledger_buffer(l, f->buf);
	bool is_new;

	if (f->index >= LEDGER_MAX_SLOTS)
		return;
	if (f->index >= r->nr_slots)
		slots_resize(l, &f->h, r, f->index + 1);
	if (f->buf_flags & BUFFER_F_EMPTY || !f->buf) {
		slot_clear(l, &f->h, r, f->index);
		return;
	}
	if (b && !is_same_buffer(b, f)) {
		buffer_forget(l, &f->h, b);
		b = NULL;
	}
	if (b && r->slots[f->index] == b) {
		note_users(r, f->index, f->users);
		note_node(r, f->index, f->node);
		buffer_update(b, f);
		return;
	}
	if (r->slots[f->index]) {
		slot_clear(l, &f->h, r, f->index);
		r->gone[(r->next_gone - 1) % RING_GONE_KEPT].replaced = true;
	}
	is_new = !b;
	if (is_new) {
		b = must_alloc(1, sizeof(*b));
		b->id = f->buf;
		b->t_ns = f->h.t_ns;
		HASH_ADD(hh, l->buffers, id, sizeof(b->id), b);
	}
	buffer_update(b, f);
	r->slots[f->index] = b;
	note_users(r, f->index, f->users);
	note_node(r, f->index, f->node);
	r->filled++;
	b->slots++;
	pins_held(l, b->id, r->id);
	if (is_new && l->observer && l->observer->taken)
		l->observer->taken(l, &f->h, r, b, l->observer->arg);
}

struct fact_buffer buffer_fact(const struct buffer *b, const struct ring *r, __u32 index)
{
	if (!b)
		return (struct fact_buffer){ .index = index, .buf_flags = BUFFER_F_EMPTY };
	return (struct fact_buffer){
		.buf = b->id,
		.node = slot_node(r, index),
		.addr = b->addr,
		.len_bytes = b->len_bytes,
		.bvec = b->bvec,
		.charged_pages = b->charged_pages,
		.index = index,
		.segments = b->segments,
		.folio_shift = b->folio_shift,
		.refs = b->refs,
		.buf_flags = b->buf_flags,
		.account = b->account,
	};
}
