// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include "base/err.h"
#include "base/fmt.h"
#include "base/json.h"
#include "base/page_size.h"
#include "base/pid.h"
#include "base/table.h"
#include "checks/holdings.h"
#include "checks/places.h"
#include "checks/verdict.h"
#include "model/cgroup_path.h"
#include "model/ledger_buffers.h"
#include "model/setup_flags.h"
#include "model/tier.h"
#include "model/totals.h"
#include "views/rings.h"

#define NO_LIMIT (~0ULL)

/* The account that the ring counts against; for an unlimited ring its holder's own. */
static const struct ledger_user *account(const struct ledger *l, const struct ring *r)
{
	struct ledger_user *u = r->user;

	if (!u && r->nr_holders)
		HASH_FIND(hh, l->users, &r->holders[0].user, sizeof(r->holders[0].user), u);
	return u;
}

static __u64 limit_bytes(const struct ring *r)
{
	return r->nr_holders ? r->holders[0].memlock_limit_bytes : NO_LIMIT;
}

/* A descriptor outlives the address space that its ring is charged to by exec or fork. */
static const char *kept_how(const struct ring *r)
{
	return r->nr_holders && r->holders[0].fd >= 0 ?
	       " (the descriptor was kept over exec or fork: FD_CLOEXEC closes it at exec)" : "";
}

static void print_account(FILE *out, const struct ledger *l, const struct ring *r)
{
	const struct ledger_user *u = account(l, r);
	__u64 limit = limit_bytes(r);
	char a[FMT_LEN], b[FMT_LEN];

	fprintf(out, "  uid %u: %s locked", ring_uid(r), fmt_pages(a, u ? u->locked_pages : 0));
	if (!r->user)
		fprintf(out, ", no limit (CAP_IPC_LOCK)");
	else if (limit == NO_LIMIT)
		fprintf(out, ", limit unlimited");
	else if (!limit)
		fprintf(out, " of 0");
	else
		fprintf(out, " of %s (%.0f%%)", fmt_bytes(b, limit),
			100.0 * u->locked_pages * PAGE_BYTES / limit);
	if (r->mm) {
		fprintf(out, "; VmPin %s", fmt_pages(a, r->mm->pinned_pages));
		if (r->mm->pid && (!r->nr_holders || r->mm->pid != r->holders[0].pid))
			fprintf(out, " of pid %s %s", PID_TEXT(r->mm->pid, r->mm->ns_pid),
				TAME_COMM(r->mm->comm));
		else if (!r->mm->pid)
			fprintf(out, " of a process that has ended%s%s",
				ring_ns_pid(r) ? " or is outside of this pid namespace" : "",
				kept_how(r));
	}
	fputc('\n', out);
}

/* How a ring that nobody can name lives on, as far as that was seen. */
static const char *lives_on(char buf[ENDING_TEXT], const struct holder *h)
{
	if (h->how == HOLDER_CLOSING)
		return waiting_text(buf, h->in_flight);
	if (h->how == HOLDER_SHARING)
		return "has the memory of who holds it";
	if (h->how == HOLDER_POLLED)
		return "descriptor closed; another ring of this process polls it";
	if (h->how == HOLDER_WAITING)
		return "descriptor closed; waited in";
	return h->how == HOLDER_MAPPING ? "descriptor closed; still mapped" :
	       "descriptor closed; still mapped, waited in or polled";
}

/* Where there are none every process is in the root. */
static bool has_cgroup(const struct holder *h)
{
	return h->cgroup && h->cgroup[1];
}

/* "  in /system.slice/db.service, as pid 7" */
static void print_cgroup(FILE *out, const struct holder *h)
{
	if (!has_cgroup(h) && !h->inner_pid)
		return;
	fputs("  in ", out);
	put_tamed(out, untrusted(has_cgroup(h) ? h->cgroup : "a pid namespace"));
	if (h->inner_pid)
		fprintf(out, ", as pid %u", h->inner_pid);
	fputc('\n', out);
}

static void print_holders(FILE *out, const struct ring *r)
{
	char text[ENDING_TEXT];

	for (size_t i = 0; i < r->nr_holders; i++) {
		const struct holder *h = &r->holders[i];

		fprintf(out, "%spid %s %s ", i ? ", also " : "", PID_TEXT(h->pid, h->ns_pid),
			TAME_COMM(h->comm));
		if (h->fd >= 0)
			fprintf(out, "fd %d", h->fd);
		else if (h->how)
			fprintf(out, "fd - (%s%s)", h->how == HOLDER_CLOSING ? "closed; " : "",
				lives_on(text, h));
		else
			fprintf(out, "registered ring %d", h->reg_index);
	}
	fprintf(out, "  ring 0x%llx\n", r->id);
	if (r->nr_holders && r->holders[0].ending)
		fprintf(out, "  %s\n", ending_text(text, r->holders[0].ending,
						   r->holders[0].how == HOLDER_CLOSING ? 0 :
						   r->holders[0].in_flight));
	if (r->nr_holders)
		print_cgroup(out, &r->holders[0]);
}

/* "  sq 64, cq 128; SQPOLL, CQSIZE; 12K of its own memory charged" */
static void print_setup(FILE *out, const struct ring *r)
{
	char flags[SETUP_FLAGS_TEXT], own[FMT_LEN];

	if (!r->sq_entries)
		return;
	fprintf(out, "  sq %u, cq %u", r->sq_entries, r->cq_entries);
	if (r->setup_flags)
		fprintf(out, "; %s", setup_flags_text(flags, r->setup_flags));
	if (r->ring_pages)
		fprintf(out, "; %s of its own memory charged", fmt_pages(own, r->ring_pages));
	fputc('\n', out);
}

static void print_buffers(const struct output *to, const struct ring *r, __u64 min_bytes)
{
	/* either the kernel tells it of each slot, or of none */
	struct table *t = table_new(r->users ? "SLOT <ADDRESS SIZE SEGMENTS FOLIO CHARGED REFS IN-USE" :
				    "SLOT <ADDRESS SIZE SEGMENTS FOLIO CHARGED REFS");
	__u32 used = 0, smaller = 0, requests;

	for (__u32 i = 0; i < r->nr_slots; i++) {
		const struct buffer *b = r->slots[i];
		char buf[FMT_LEN];

		if (!b)
			continue;
		used++;
		if (b->len_bytes < min_bytes) {
			smaller++;
			continue;
		}
		table_cell(t, "%u", i);
		if (b->buf_flags & BUFFER_F_KERNEL)
			table_cell(t, "kernel");
		else
			table_cell(t, "0x%llx", b->addr);
		table_cell(t, "%s", fmt_bytes(buf, b->len_bytes));
		table_cell(t, "%u", b->segments);
		table_cell(t, "%s", fmt_bytes(buf, 1ULL << (b->folio_shift & 63)));
		if (b->charged_pages == ACCT_UNKNOWN)
			table_cell(t, "by ring");
		else
			table_cell(t, "%s", fmt_bytes(buf, b->charged_pages * PAGE_BYTES));
		table_cell(t, "%u", b->refs);
		if (!r->users)
			continue;
		if (slot_requests(r, i, &requests))
			table_cell(t, "%u", requests);
		else
			table_cell(t, "-");
	}
	table_print(t, to->out, !to->no_header && used, 2);
	if (smaller)
		fprintf(to->out, "  %u smaller buffer%s\n", smaller, plural(smaller));
	if (used < r->nr_slots)
		fprintf(to->out, "  %u of %u slots are empty\n", r->nr_slots - used, r->nr_slots);
}

void view_skipped_slots(FILE *out, const struct selection *select, const struct ledger *l, bool live)
{
	const struct ring_totals t = ledger_totals(l, select);

	if (!t.skipped_rings)
		return;
	fprintf(out, "skipped %llu slots of %zu ring%s, which are not in these sums: a user has more than are read of one user%s\n",
		t.skipped_slots, t.skipped_rings, plural(t.skipped_rings),
		live && naming_helps(l, select) ? "; name one process with -p, whose rings are read first" : "");
}

void view_rings_text(const struct output *to, const struct selection *select,
		     const struct ledger *l, const struct rings_shown *shown)
{
	static const struct rings_shown all = { 0, SIZE_MAX };
	struct ring_totals t = ledger_totals(l, select);
	const char *least = t.skipped_rings || t.unread_rings ? "at least " : "";
	char a[FMT_LEN], b[FMT_LEN];
	size_t nr = 0;

	shown = shown ? shown : &all;
	for (const struct ring *r = l->rings; r; r = r->hh.next) {
		if (!selection_has_ring(select, r) || !ring_has_size(r, shown->min_bytes))
			continue;
		if (nr++ >= shown->top)
			continue;
		print_holders(to->out, r);
		print_account(to->out, l, r);
		print_setup(to->out, r);
		if (r->nr_slots)
			print_buffers(to, r, shown->min_bytes);
		else if (r->skipped)
			fprintf(to->out, "  skipped %u slots of ring 0x%llx: user %u has more than are "
				"read of one user\n", r->skipped, r->id, ring_uid(r));
		else if (r->unread)
			fprintf(to->out, "  its table changed too fast to be read\n");
		else
			fprintf(to->out, "  no buffers registered\n");
		fputc('\n', to->out);
	}
	if (to->quiet)
		return;
	if (nr > shown->top || nr < t.rings)
		fprintf(to->out, "%zu of ", nr < shown->top ? nr : shown->top);
	fprintf(to->out, "%zu ring%s, %s%zu buffer%s, %s%s registered", t.rings,
		plural(t.rings), least, t.buffers, plural(t.buffers), least,
		fmt_bytes(a, t.registered_bytes));
	if (t.charged_pages)
		fprintf(to->out, ", %s%s charged", least, fmt_bytes(b, t.charged_pages * PAGE_BYTES));
	fputc('\n', to->out);
	view_skipped_slots(to->out, select, l, shown != &all);
}

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

static const char *held_by(const struct holder *h)
{
	switch (h->how) {
	case HOLDER_SUBMITTED:
		return "submitted";
	case HOLDER_MAPPING:
		return "mapping";
	case HOLDER_CLOSING:
		return "closing";
	case HOLDER_SHARING:
		return "sharing";
	case HOLDER_POLLED:
		return "polled";
	case HOLDER_WAITING:
		return "waiting";
	}
	return h->fd < 0 ? "registered" : "fd";
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
	container = cgroup_container(h->cgroup);
	container.len = container.len < CONTAINER_SHORT ? container.len : CONTAINER_SHORT;
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
	json_close(j);
}

void view_snapshot_json(struct json *j, const struct output *to, enum tier tier)
{
	json_int(j, "schema", 2);
	json_str(j, "kernel", to->kernel);
	json_str(j, "tier", tier_name(tier));
}

void view_rings_json_begin(struct json *j, const struct output *to, enum tier tier)
{
	view_snapshot_json(j, to, tier);
	json_open_list(j, "rings");
}

void view_rings_json(struct json *j, const struct output *to, const struct selection *select,
		     const struct ledger *l, enum tier tier, bool pages)
{
	view_rings_json_begin(j, to, tier);
	for (const struct ring *r = l->rings; r; r = r->hh.next)
		if (selection_has_ring(select, r))
			view_ring_json(j, l, r, pages, 0);
	json_close(j);
}
