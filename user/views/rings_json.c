// SPDX-License-Identifier: GPL-2.0
#include "base/json.h"
#include "base/page_size.h"
#include "base/pid.h"
#include "checks/places.h"
#include "model/cgroup_path.h"
#include "model/ledger_buffers.h"
#include "views/rings.h"
#include "views/rings_private.h"

static void put_pages(struct json *j, const struct buffer *b)
{
	__u64 pinned = 0, same = 0;

	for (size_t i = 0; i < b->nr_extents; i++) {
		if (b->extents[i].pins)
			pinned += b->extents[i].pages;
		if (b->extents[i].mapping == MAPPING_SAME)
			same += b->extents[i].pages;
	}
	json_uint(j, "pages", buffer_pages(b));
	json_uint(j, "pinned_pages", pinned);
	json_uint(j, "same_pages", same);
	json_flag(j, "steady", b->walked || b->buf_flags & BUFFER_F_KERNEL);
}

static void put_slot(struct json *j, const struct ring *r, __u32 index, bool pages)
{
	const struct buffer *b = r->slots[index];
	__u32 requests;
	bool known = slot_requests(r, index, &requests);

	json_item_open(j);
	json_uint(j, "index", index);
	json_addr(j, "addr", b->addr);
	json_uint(j, "len_bytes", b->len_bytes);
	json_uint(j, "segments", b->segments);
	json_uint(j, "folio_bytes", 1ULL << (b->folio_shift & 63));
	json_known(j, "charged_pages", b->charged_pages != ACCT_UNKNOWN, b->charged_pages);
	json_uint(j, "refs", b->refs);
	json_known(j, "in_use", known, requests);
	json_flag(j, "kernel", b->buf_flags & BUFFER_F_KERNEL);
	if (pages)
		put_pages(j, b);
	json_close(j);
}

static void put_memory(struct json *j, const struct ring *r)
{
	json_open_list(j, "memory");
	for (size_t i = 0; i < r->nr_memory; i++) {
		const struct ring_memory *m = &r->memory[i];

		json_item_open(j);
		json_str(j, "what", ring_memory_name(m->what));
		if (m->what == RING_MEMORY_PROVIDED)
			json_uint(j, "group", m->group);
		json_uint(j, "pages", m->pages);
		json_flag(j, "pinned", m->pinned);
		json_close(j);
	}
	json_close(j);
	json_flag(j, "memory_whole", !r->memory_cut);
}

void view_cgroup_json(struct json *j, const struct holder *h)
{
	struct untrusted unit, container;

	if (h->inner_pid)
		json_uint(j, "inner_pid", h->inner_pid);
	if (!has_cgroup(h))
		return;
	json_text(j, "cgroup", untrusted(h->cgroup));
	unit = cgroup_unit(h->cgroup);
	if (unit.bytes)
		json_text(j, "unit", unit);
	container = cgroup_container_short(h->cgroup);
	if (container.bytes)
		json_text(j, "container", container);
}

static void put_holder(struct json *j, const struct holder *h)
{
	json_item_open(j);
	json_uint(j, "pid", h->pid);
	json_ns_pid(j, h->ns_pid);
	json_uint(j, "tid", h->tid);
	json_comm(j, "comm", &h->comm);
	if (h->start_ns)
		json_uint(j, "start_ns", h->start_ns);
	json_int(j, "fd", h->fd);
	if (h->reg_index >= 0)
		json_int(j, "registered_index", h->reg_index);
	json_str(j, "held_by", held_by(h));
	if (h->ending)
		json_str(j, "ending", h->ending == ENDING_KILLED ? "killed" : "exits");
	if (h->ending || h->how == HOLDER_CLOSING)
		json_known(j, "in_flight", h->in_flight != IN_FLIGHT_UNKNOWN, h->in_flight);
	json_uint(j, "uid", h->uid);
	view_cgroup_json(j, h);
	json_close(j);
}

void view_ring_json(struct json *j, const struct ledger *l, const struct ring *r, bool pages,
		    __u64 min_bytes)
{
	const struct holder *first = r->nr_holders ? &r->holders[0] : NULL;
	const struct ledger_user *u = account(l, r);
	__u64 limit = limit_bytes(r);

	json_item_open(j);
	json_uint(j, "pid", first ? first->pid : 0);
	json_ns_pid(j, first ? first->ns_pid : 0);
	if (first)
		json_comm(j, "comm", &first->comm);
	else
		json_str(j, "comm", "");
	json_int(j, "fd", first ? first->fd : -1);
	json_addr(j, "ring", r->id);
	json_uint(j, "uid", ring_uid(r));
	json_flag(j, "limited", r->user != NULL);
	json_int(j, "locked_vm_pages", u ? u->locked_pages : 0);
	json_int(j, "pinned_vm_pages", r->mm ? r->mm->pinned_pages : 0);
	json_uint(j, "creator_pid", r->mm ? r->mm->pid : 0);
	if (r->mm && r->mm->ns_pid)
		json_known(j, "creator_ns_pid", r->mm->ns_pid != NS_PID_HIDDEN, r->mm->ns_pid);
	json_known(j, "memlock_limit_bytes", limit != NO_LIMIT, limit);
	json_uint(j, "setup_flags", r->setup_flags);
	json_uint(j, "sq_entries", r->sq_entries);
	json_uint(j, "cq_entries", r->cq_entries);
	json_uint(j, "ring_pages", r->ring_pages);
	json_known(j, "files", r->files, r->files - 1);
	json_uint(j, "slots", r->nr_slots + r->skipped);
	json_uint(j, "skipped_slots", r->skipped);
	json_open_list(j, "holders");
	for (size_t i = 0; i < r->nr_holders; i++)
		put_holder(j, &r->holders[i]);
	json_close(j);
	json_open_list(j, "buffers");
	for (__u32 i = 0; i < r->nr_slots; i++)
		if (r->slots[i] && r->slots[i]->len_bytes >= min_bytes)
			put_slot(j, r, i, pages);
	json_close(j);
	if (r->knows_memory)
		put_memory(j, r);
	json_close(j);
}

void view_snapshot_json(struct json *j, const struct output *to, enum tier tier)
{
	json_int(j, "schema", 2);
	json_str(j, "kernel", to->kernel);
	if (to->boot_id)
		json_str(j, "boot_id", to->boot_id);
	json_uint(j, "page_bytes", PAGE_BYTES);
	json_str(j, "tier", tier_name(tier));
}

void view_rings_json_begin(struct json *j, const struct output *to, enum tier tier)
{
	view_snapshot_json(j, to, tier);
	json_open_list(j, "rings");
}

void view_ring_list_json(struct json *j, const struct selection *select, const struct ledger *l, bool pages)
{
	for (const struct ring *r = l->rings; r; r = r->hh.next)
		if (selection_has_ring(select, r))
			view_ring_json(j, l, r, pages, 0);
}

void view_rings_json(struct json *j, const struct output *to, const struct selection *select,
		     const struct ledger *l, enum tier tier, bool pages)
{
	view_rings_json_begin(j, to, tier);
	view_ring_list_json(j, select, l, pages);
	json_close(j);
}
