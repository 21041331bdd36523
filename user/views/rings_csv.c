// SPDX-License-Identifier: GPL-2.0
#include "base/csv.h"
#include "base/signals.h"
#include "checks/holdings.h"
#include "checks/places.h"
#include "model/cgroup_path.h"
#include "model/ledger_buffers.h"
#include "model/setup_flags.h"
#include "views/rings.h"
#include "views/rings_private.h"

#define RING_COLUMNS \
	"pid,ns_pid,comm,uid,cgroup,fd,ring,holders,limited,locked_vm_pages,pinned_vm_pages," \
	"memlock_limit_bytes,sq_entries,cq_entries,ring_pages,files,slots,skipped_slots,"
#define BUFFER_COLUMNS \
	"index,addr,len_bytes,segments,folio_bytes,charged_pages,refs,in_use,kernel,"
#define NR_BUFFER_COLUMNS	9
/* At the end, as they came later. */
#define MORE_COLUMNS \
	CSV_PLACE_COLUMNS ",setup_flags,flags,held_by," \
	"memory,memory_group,memory_pages,memory_pinned,memory_whole"

static void put_known_text(struct csv *c, struct untrusted text)
{
	if (text.bytes)
		csv_text(c, text);
	else
		csv_null(c);
}

void view_cgroup_csv(struct csv *c, const struct holder *h)
{
	if (h && has_cgroup(h))
		csv_text(c, untrusted(h->cgroup));
	else
		csv_null(c);
}

void view_place_csv(struct csv *c, const struct holder *h)
{
	bool placed = h && has_cgroup(h);

	put_known_text(c, placed ? cgroup_unit(h->cgroup) : (struct untrusted){ 0 });
	put_known_text(c, placed ? cgroup_container_short(h->cgroup) : (struct untrusted){ 0 });
	csv_known(c, h && h->inner_pid, h ? h->inner_pid : 0);
}

static void put_ring_cells(struct csv *c, const struct ledger *l, const struct ring *r)
{
	const struct holder *first = r->nr_holders ? &r->holders[0] : NULL;
	const struct ledger_user *u = account(l, r);
	__u64 limit = limit_bytes(r);

	csv_known(c, first, first ? first->pid : 0);
	csv_ns_pid(c, first ? first->ns_pid : 0);
	csv_text(c, first ? comm_name(&first->comm) : untrusted(""));
	csv_uint(c, ring_uid(r));
	view_cgroup_csv(c, first);
	csv_known(c, first && first->fd >= 0, first ? first->fd : 0);
	csv_addr(c, r->id);
	csv_uint(c, r->nr_holders);
	csv_flag(c, r->user);
	csv_known_int(c, u, u ? u->locked_pages : 0);
	csv_known_int(c, r->mm, r->mm ? r->mm->pinned_pages : 0);
	csv_known(c, limit != NO_LIMIT, limit);
	csv_uint(c, r->sq_entries);
	csv_uint(c, r->cq_entries);
	csv_uint(c, r->ring_pages);
	csv_known(c, r->files, r->files - 1);
	csv_known(c, !r->unread, r->nr_slots + r->skipped);
	csv_uint(c, r->skipped);
}

static void put_buffer_cells(struct csv *c, const struct ring *r, __u32 index)
{
	const struct buffer *b = r->slots[index];
	__u32 requests;
	bool known = slot_requests(r, index, &requests);

	csv_uint(c, index);
	csv_addr(c, b->addr);
	csv_uint(c, b->len_bytes);
	csv_uint(c, b->segments);
	csv_uint(c, 1ULL << (b->folio_shift & 63));
	csv_known(c, b->charged_pages != ACCT_UNKNOWN, b->charged_pages);
	csv_uint(c, b->refs);
	csv_known(c, known, requests);
	csv_flag(c, b->buf_flags & BUFFER_F_KERNEL);
}

/* .m: NULL in the row of a buffer. */
static void put_memory_cells(struct csv *c, const struct ring *r, const struct ring_memory *m)
{
	if (m)
		csv_str(c, ring_memory_name(m->what));
	else
		csv_null(c);
	csv_known(c, m && m->what == RING_MEMORY_PROVIDED, m ? m->group : 0);
	csv_known(c, m, m ? m->pages : 0);
	csv_known(c, m, m && m->pinned);
	csv_known(c, r->knows_memory, !r->memory_cut);
}

/* The end of each row. */
static void put_more_cells(struct csv *c, const struct ring *r, const struct ring_memory *m)
{
	const struct holder *first = r->nr_holders ? &r->holders[0] : NULL;
	char flags[SETUP_FLAGS_TEXT];

	view_place_csv(c, first);
	/* a ring whose queues were not read has flags that are not known */
	csv_known(c, r->sq_entries, r->setup_flags);
	if (r->sq_entries && r->setup_flags)
		csv_text(c, untrusted(setup_flags_text(flags, r->setup_flags)));
	else
		csv_null(c);
	if (first)
		csv_str(c, held_by(first));
	else
		csv_null(c);
	put_memory_cells(c, r, m);
	csv_end_row(c);
}

/* A row that is no buffer's. */
static void put_bare_row(struct csv *c, const struct ledger *l, const struct ring *r, const struct ring_memory *m)
{
	put_ring_cells(c, l, r);
	for (size_t i = 0; i < NR_BUFFER_COLUMNS; i++)
		csv_null(c);
	put_more_cells(c, r, m);
}

static void put_ring_rows(struct csv *c, const struct ledger *l, const struct ring *r, __u64 min_bytes)
{
	size_t nr = 0;

	for (__u32 i = 0; i < r->nr_slots; i++) {
		if (!r->slots[i] || r->slots[i]->len_bytes < min_bytes)
			continue;
		put_ring_cells(c, l, r);
		put_buffer_cells(c, r, i);
		put_more_cells(c, r, NULL);
		nr++;
	}
	for (size_t i = 0; i < r->nr_memory; i++, nr++)
		put_bare_row(c, l, r, &r->memory[i]);
	if (!nr)
		put_bare_row(c, l, r, NULL);
}

void view_rings_csv(const struct output *to, const struct selection *select, const struct ledger *l,
		    const struct rings_shown *shown)
{
	struct csv c = { .out = to->out };
	size_t nr = 0;

	if (!to->no_header)
		fputs(RING_COLUMNS BUFFER_COLUMNS MORE_COLUMNS "\n", to->out);
	for (const struct ring *r = l->rings; r && nr < shown->top && !interrupted; r = r->hh.next)
		if (selection_has_ring(select, r) && ring_has_size(r, shown->min_bytes)) {
			put_ring_rows(&c, l, r, shown->min_bytes);
			nr++;
		}
}
