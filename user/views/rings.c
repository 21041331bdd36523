// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include "base/err.h"
#include "base/fmt.h"
#include "base/page_size.h"
#include "base/pid.h"
#include "base/signals.h"
#include "base/table.h"
#include "checks/holdings.h"
#include "checks/places.h"
#include "checks/verdict.h"
#include "model/ledger_buffers.h"
#include "model/setup_flags.h"
#include "model/totals.h"
#include "views/rings.h"
#include "views/rings_private.h"

/* A descriptor outlives the address space that its ring is charged to by exec or fork. */
static const char *kept_how(const struct ring *r)
{
	return r->nr_holders && r->holders[0].fd >= 0 ?
	       " (the descriptor was kept over exec or fork: FD_CLOEXEC closes it at exec)" : "";
}

static void print_account(FILE *out, const struct ledger *l, const struct ring *r)
{
	const struct ledger_user *u = account(l, r);
	__u64 limit = limit_bytes(r), locked = u ? u->locked_pages : 0;
	char a[FMT_LEN], b[FMT_LEN];

	fprintf(out, "  uid %u: %s locked", ring_uid(r), fmt_pages(a, locked));
	if (!r->user)
		fprintf(out, ", no limit (CAP_IPC_LOCK)");
	else if (limit == NO_LIMIT)
		fprintf(out, ", limit unlimited");
	else if (!limit)
		fprintf(out, " of 0");
	else
		fprintf(out, " of %s (%.0f%%)", fmt_bytes(b, limit),
			100.0 * locked * PAGE_BYTES / limit);
	if (r->mm) {
		fprintf(out, "; VmPin %s", fmt_pages(a, r->mm->pinned_pages));
		if (r->mm->pid && (!r->nr_holders || r->mm->pid != r->holders[0].pid))
			fprintf(out, " of pid %s%s%s", PID_TEXT(r->mm->pid, r->mm->ns_pid),
				r->mm->comm.bytes[0] ? " " : "", TAME_COMM(r->mm->comm));
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

		fprintf(out, "%spid %s %s%s", i ? ", also " : "", PID_TEXT(h->pid, h->ns_pid),
			TAME_COMM(h->comm), h->comm.bytes[0] ? " " : "");
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

/* "  sq 64, cq 128; SQPOLL, CQSIZE; 16 files; 12K of its own memory charged" */
static void print_setup(FILE *out, const struct ring *r)
{
	char flags[SETUP_FLAGS_TEXT], own[FMT_LEN];

	if (!r->sq_entries)
		return;
	fprintf(out, "  sq %u, cq %u", r->sq_entries, r->cq_entries);
	if (r->setup_flags)
		fprintf(out, "; %s", setup_flags_text(flags, r->setup_flags));
	if (r->files > 1)
		fprintf(out, "; %u file%s", r->files - 1, plural(r->files - 1));
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

static const char *memory_text(char buf[FMT_LEN], const struct ring_memory *m)
{
	if (m->what != RING_MEMORY_PROVIDED)
		return m->what == RING_MEMORY_QUEUES ? "queues" : m->what == RING_MEMORY_SQES ? "SQEs" : "region";
	snprintf(buf, FMT_LEN, "provided %u", m->group);
	return buf;
}

/* What it has besides its buffers. */
static void print_memory(const struct output *to, const struct ring *r)
{
	struct table *t = table_new("<MEMORY SIZE <PINNED");
	char name[FMT_LEN], size[FMT_LEN];

	for (size_t i = 0; i < r->nr_memory; i++) {
		table_cell(t, "%s", memory_text(name, &r->memory[i]));
		table_cell(t, "%s", fmt_pages(size, r->memory[i].pages));
		table_cell(t, "%s", r->memory[i].pinned ? "yes" : "no, the kernel's");
	}
	table_print(t, to->out, !to->no_header && r->nr_memory, 2);
	if (r->memory_cut)
		fprintf(to->out, "  its rings of provided buffers were not read: they changed too fast, or their user has more than are read of one user\n");
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

void view_rings_sums(const struct output *to, const struct selection *select, const struct ledger *l,
		     size_t nr, size_t top)
{
	struct ring_totals t = ledger_totals(l, select);
	const char *least = t.skipped_rings || t.unread_rings ? "at least " : "";
	char a[FMT_LEN], b[FMT_LEN];

	if (nr > top || nr < t.rings)
		fprintf(to->out, "%zu of ", nr < top ? nr : top);
	fprintf(to->out, "%zu ring%s, %s%zu buffer%s, %s%s registered", t.rings,
		plural(t.rings), least, t.buffers, plural(t.buffers), least,
		fmt_bytes(a, t.registered_bytes));
	if (t.charged_pages)
		fprintf(to->out, ", %s%s charged", least, fmt_bytes(b, t.charged_pages * PAGE_BYTES));
	fputc('\n', to->out);
}

void view_rings_text(const struct output *to, const struct selection *select,
		     const struct ledger *l, const struct rings_shown *shown)
{
	static const struct rings_shown all = { 0, SIZE_MAX };
	size_t nr = 0;

	shown = shown ? shown : &all;
	for (const struct ring *r = l->rings; r; r = r->hh.next) {
		if (interrupted)
			return;
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
		print_memory(to, r);
		fputc('\n', to->out);
	}
	if (to->quiet)
		return;
	view_rings_sums(to, select, l, nr, shown->top);
	view_skipped_slots(to->out, select, l, shown != &all);
}
