// SPDX-License-Identifier: GPL-2.0
#include <linux/io_uring.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include "base/alloc.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/fmt.h"
#include "checks/places.h"
#include "checks/stuck.h"
#include "model/histogram.h"

#define TIMES		10	/* the P99.9 of those that ended */

/* IORING_SETUP_IOPOLL, _COOP_TASKRUN, _DEFER_TASKRUN: the program has a part in each end. */
#define SETUP_PROGRAM_ENDS (1U << 0 | 1U << 8 | 1U << 13)

/* 0 when none of its kind was timed. */
static __u64 p999_of_kind(const struct io_model *m, const struct io_under_way *u)
{
	/* the newest of that address: one before it may have been another's */
	const struct io_counts *ring = io_model_ring(m, u->ring, 0);
	__u64 most = 0;

	for (size_t i = 0; i < m->nr_rows; i++) {
		const struct io_row *r = &m->rows[i];
		__u64 p999;

		if (r->c.ring != u->ring || r->c.born_ns != ring->born_ns || r->c.who != u->who || !r->c.timed)
			continue;
		/* where the table of histograms had no more room: no less than it */
		p999 = r->hist ? hist_permille(r->hist, 999, r->c.max_ns) : r->c.max_ns;
		most = p999 > most ? p999 : most;
	}
	return most;
}

/* A file on a disk has what is asked for, or gets it; all others may have nothing to say. */
static enum stuck_cause cause_of(const struct io_under_way *u, const struct ring *r)
{
	if (!(u->flags & EV_FILE))
		return STUCK_SOMEHOW;
	if (IO_WHO_OP(u->who) == IORING_OP_URING_CMD || (!S_ISREG(u->inode_mode) && !S_ISBLK(u->inode_mode)))
		return STUCK_BY_DESIGN;
	return r && r->setup_flags & SETUP_PROGRAM_ENDS ? STUCK_ON_PROGRAM : STUCK_ON_DEVICE;
}

/*
 * It waits for its file to be ready, and would be done by its process then: the kernel cancels it in place of
 * that. Of other files and commands it may be a driver that ends it.
 */
static bool needs_process(const struct io_under_way *u, enum stuck_cause cause)
{
	return cause == STUCK_BY_DESIGN && IO_WHO_OP(u->who) != IORING_OP_URING_CMD &&
	       (S_ISFIFO(u->inode_mode) || S_ISSOCK(u->inode_mode));
}

/* Each answer may take system calls, and thousands of requests are of one process. */
struct asked {
	bool (*pid_ended)(__u32 pid);
	__u32 pid;	/* the last */
	bool ended;
};

static bool has_ended(struct asked *a, __u32 pid)
{
	if (pid != a->pid)
		a->ended = a->pid_ended(pid);
	a->pid = pid;
	return a->ended;
}

/* Who lives and can end a request of one who does not. Without any the ring may be closing, which ends all. */
static bool take_other_holder(struct finding *f, const struct ring *r, bool (*pid_ended)(__u32 pid))
{
	for (size_t i = 0; r && i < r->nr_holders; i++) {
		__u32 pid = r->holders[i].pid;

		if (pid == f->pid || pid_ended(pid))
			continue;
		f->pid = pid;
		finding_take_holder(f, r);
		return true;
	}
	return false;
}

static struct finding finding_of(const struct io_under_way *u, enum stuck_cause cause, const struct ledger *l)
{
	const struct ring *r = ledger_ring(l, u->ring);
	const struct buffer *b = r && u->index < r->nr_slots ? r->slots[u->index] : NULL;
	struct finding f = {
		.tag = STUCK_REQUEST, .cause = cause, .ring = u->ring, .pid = IO_WHO_TGID(u->who),
		.fd = -1, .index = u->index, .addr = b ? b->addr : 0,
	};

	finding_take_holder(&f, r);
	return f;
}

void stuck_tell(const struct stuck *s, const char *since, struct findings *out)
{
	const struct io_under_way *u = &s->oldest;
	char age[FMT_LEN], len[FMT_LEN], p999[FMT_LEN], of[64] = "", others[96], whose[64] = "", name[NAME_LEN];

	if (u->flags & EV_RANGE)
		snprintf(of, sizeof(of), " of %s", fmt_bytes_long(len, u->len_bytes));
	if (s->ended_pid)
		snprintf(whose, sizeof(whose), " that process %u submitted before it ended", s->ended_pid);
	if (s->p999_ns)
		snprintf(others, sizeof(others), "of those that ended 99.9%% took no more than %s",
			 fmt_ns(p999, s->p999_ns));
	else
		snprintf(others, sizeof(others), "in the time watched none of its kind ended that was seen to begin");
	finding_add(out, s->about, "%s buffer %u: %s%llu %s%s %s not ended, the oldest%s (user_data 0x%llx) after %s; %s%s%s",
		    finding_ring_name(name, &s->about), u->index, s->more ? "at least " : "", s->nr, io_op_name(IO_WHO_OP(u->who)), whose,
		    since ? "had" : s->nr == 1 ? "has" : "have", of, u->user_data,
		    fmt_ns(age, u->age_ns), others, since ? "; " : "", since ? since : "");
}

/* Together what belongs together, the oldest of it first. */
static int in_order(const void *va, const void *vb)
{
	const struct stuck *a = va, *b = vb;
	const struct io_under_way *x = &a->oldest, *y = &b->oldest;

	if (x->ring != y->ring)
		return x->ring < y->ring ? -1 : 1;
	if (x->index != y->index)
		return x->index < y->index ? -1 : 1;
	if (x->who != y->who)
		return x->who < y->who ? -1 : 1;
	if (a->about.cause != b->about.cause)
		return a->about.cause < b->about.cause ? -1 : 1;
	return x->age_ns < y->age_ns ? 1 : x->age_ns > y->age_ns ? -1 : 0;
}

static bool is_of(const struct stuck *a, const struct stuck *b)
{
	return a->oldest.ring == b->oldest.ring && a->oldest.index == b->oldest.index &&
	       a->oldest.who == b->oldest.who && a->about.cause == b->about.cause;
}

void stuck_find(const struct io_model *m, const struct io_model *whole, const struct ledger *l,
		bool (*pid_ended)(__u32 pid), struct stuck_list *out)
{
	struct asked asked = { .pid_ended = pid_ended };
	struct stuck *list = must_alloc(m->nr_under_way, sizeof(*list));
	size_t nr = 0;

	for (size_t i = 0; i < m->nr_under_way; i++) {
		const struct io_under_way *u = &m->under_way[i];
		const struct ring *r = ledger_ring(l, u->ring);
		enum stuck_cause cause = cause_of(u, r);

		if (!(u->flags & EV_FIXED && u->holds && u->age_ns >= STUCK_NS))
			continue;
		list[nr].about = finding_of(u, cause, l);
		if (needs_process(u, cause) && has_ended(&asked, IO_WHO_TGID(u->who)) &&
		    take_other_holder(&list[nr].about, r, pid_ended)) {
			list[nr].about.cause = STUCK_BY_END;
			list[nr].ended_pid = IO_WHO_TGID(u->who);
		}
		list[nr++].oldest = *u;
	}
	qsort(list, nr, sizeof(*list), in_order);
	for (size_t i = 0, n; i < nr; i += n) {
		struct stuck *first = &list[i];

		first->p999_ns = p999_of_kind(whole, &first->oldest);
		first->more = !m->sees_under_way;
		for (n = 0; i + n < nr && is_of(first, &list[i + n]); n++)
			first->nr += list[i + n].oldest.age_ns / TIMES >= first->p999_ns;
		if (!first->nr)
			continue;
		array_grow(out->list, out->nr);
		out->list[out->nr++] = *first;
	}
	free(list);
}

void stuck_list_free(struct stuck_list *l)
{
	free(l->list);
	*l = (struct stuck_list){ 0 };
}
