// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include "base/err.h"
#include "base/fmt.h"
#include "base/json_util.h"
#include "base/table.h"
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

static __u32 ring_uid(const struct ring *r)
{
	return r->user ? r->user->uid : r->nr_holders ? r->holders[0].uid : 0;
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
			fprintf(out, " of pid %u %.16s", r->mm->pid, r->mm->comm);
		else if (!r->mm->pid)
			fprintf(out, " of a process that has ended");
	}
	fputc('\n', out);
}

static void print_holders(FILE *out, const struct ring *r)
{
	for (size_t i = 0; i < r->nr_holders; i++) {
		const struct holder *h = &r->holders[i];

		fprintf(out, "%spid %u %.16s ", i ? ", also " : "", h->pid, h->comm);
		if (h->fd >= 0)
			fprintf(out, "fd %d", h->fd);
		else
			fprintf(out, "registered ring %d", h->reg_index);
	}
	fprintf(out, "  ring 0x%llx\n", r->id);
}

static void print_buffers(const struct output *to, const struct ring *r)
{
	struct table *t = table_new("SLOT <ADDRESS SIZE SEGMENTS FOLIO CHARGED REFS");
	__u32 used = 0;

	for (__u32 i = 0; i < r->nr_slots; i++) {
		const struct buffer *b = r->slots[i];
		char buf[FMT_LEN];

		if (!b)
			continue;
		used++;
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
	}
	table_print(t, to->out, !to->no_header && used, 2);
	if (used < r->nr_slots)
		fprintf(to->out, "  %u of %u slots are empty\n", r->nr_slots - used, r->nr_slots);
}

void view_rings_text(const struct output *to, const struct selection *select,
		     const struct ledger *l)
{
	struct ring_totals t = ledger_totals(l, select);
	char a[FMT_LEN], b[FMT_LEN];

	for (const struct ring *r = l->rings; r; r = r->hh.next) {
		if (!selection_has_ring(select, r))
			continue;
		print_holders(to->out, r);
		print_account(to->out, l, r);
		if (r->nr_slots)
			print_buffers(to, r);
		else
			fprintf(to->out, "  no buffers registered\n");
		fputc('\n', to->out);
	}
	if (to->quiet)
		return;
	fprintf(to->out, "%zu ring%s, %zu buffer%s, %s registered", t.rings,
		t.rings == 1 ? "" : "s", t.buffers, t.buffers == 1 ? "" : "s",
		fmt_bytes(a, t.registered_bytes));
	if (t.charged_pages)
		fprintf(to->out, ", %s charged", fmt_bytes(b, t.charged_pages * PAGE_BYTES));
	fputc('\n', to->out);
}

static void print_pages_json(FILE *f, const struct buffer *b)
{
	__u64 pinned = 0, same = 0;

	for (size_t i = 0; i < b->nr_extents; i++) {
		if (b->extents[i].pins)
			pinned += b->extents[i].pages;
		if (b->extents[i].mapping == MAPPING_SAME)
			same += b->extents[i].pages;
	}
	fprintf(f, ",\"pages\":%llu,\"pinned_pages\":%llu,\"same_pages\":%llu,\"steady\":%s",
		buffer_pages(b), pinned, same,
		b->walked || b->buf_flags & BUFFER_F_KERNEL ? "true" : "false");
}

static void print_buffer_json(FILE *f, const struct buffer *b, __u32 index, bool pages)
{
	fprintf(f, "{\"index\":%u,\"addr\":\"0x%llx\",\"len_bytes\":%llu,\"segments\":%u,"
		"\"folio_bytes\":%llu,\"charged_pages\":", index, b->addr, b->len_bytes, b->segments,
		1ULL << (b->folio_shift & 63));
	if (b->charged_pages == ACCT_UNKNOWN)
		fprintf(f, "null");
	else
		fprintf(f, "%llu", b->charged_pages);
	fprintf(f, ",\"refs\":%u,\"kernel\":%s", b->refs,
		b->buf_flags & BUFFER_F_KERNEL ? "true" : "false");
	if (pages)
		print_pages_json(f, b);
	fputc('}', f);
}

/* There may be 16384 of them, and nothing in them needs escaping: written at once, as text. */
static json_object *buffers_json(const struct ring *r, bool pages)
{
	json_object *o = json_object_new_array();
	bool any = false;
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		exit(cannot("out of memory"));
	fputc('[', f);
	for (__u32 i = 0; i < r->nr_slots; i++) {
		if (!r->slots[i])
			continue;
		if (any)
			fputc(',', f);
		print_buffer_json(f, r->slots[i], i, pages);
		any = true;
	}
	fputc(']', f);
	if (fclose(f))
		exit(cannot("out of memory"));
	json_object_set_serializer(o, json_object_userdata_to_json_string, text,
				   json_object_free_userdata);
	return o;
}

static json_object *holder_json(const struct holder *h)
{
	json_object *o = json_object_new_object();
	char comm[FACT_COMM_LEN + 1] = "";

	memcpy(comm, h->comm, FACT_COMM_LEN);
	json_uint(o, "pid", h->pid);
	json_uint(o, "tid", h->tid);
	json_str(o, "comm", comm);
	json_int(o, "fd", h->fd);
	if (h->reg_index >= 0)
		json_int(o, "registered_index", h->reg_index);
	json_uint(o, "uid", h->uid);
	return o;
}

static json_object *ring_json(const struct ledger *l, const struct ring *r, bool pages)
{
	const struct ledger_user *u = account(l, r);
	json_object *o = json_object_new_object(), *list = json_object_new_array();
	__u64 limit = limit_bytes(r);
	char comm[FACT_COMM_LEN + 1] = "";

	if (r->nr_holders)
		memcpy(comm, r->holders[0].comm, FACT_COMM_LEN);
	json_uint(o, "pid", r->nr_holders ? r->holders[0].pid : 0);
	json_str(o, "comm", comm);
	json_int(o, "fd", r->nr_holders ? r->holders[0].fd : -1);
	json_addr(o, "ring", r->id);
	json_uint(o, "uid", ring_uid(r));
	json_flag(o, "limited", r->user != NULL);
	json_int(o, "locked_vm_pages", u ? u->locked_pages : 0);
	json_int(o, "pinned_vm_pages", r->mm ? r->mm->pinned_pages : 0);
	json_uint(o, "creator_pid", r->mm ? r->mm->pid : 0);
	if (limit == NO_LIMIT)
		json_null(o, "memlock_limit_bytes");
	else
		json_uint(o, "memlock_limit_bytes", limit);
	json_uint(o, "slots", r->nr_slots);
	for (size_t i = 0; i < r->nr_holders; i++)
		json_object_array_add(list, holder_json(&r->holders[i]));
	json_object_object_add(o, "holders", list);
	json_object_object_add(o, "buffers", buffers_json(r, pages));
	return o;
}

json_object *view_rings_json(const struct output *to, const struct selection *select,
			     const struct ledger *l, bool pages)
{
	json_object *o = json_object_new_object(), *list = json_object_new_array();

	json_int(o, "schema", 2);
	json_str(o, "kernel", to->kernel);
	/* the walk is the same on every tier and is all that a snapshot takes */
	json_str(o, "tier", tier_name(TIER_TRACEPOINTS));
	for (const struct ring *r = l->rings; r; r = r->hh.next)
		if (selection_has_ring(select, r))
			json_object_array_add(list, ring_json(l, r, pages));
	json_object_object_add(o, "rings", list);
	return o;
}
