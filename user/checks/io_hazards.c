// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <linux/io_uring.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/alloc.h"
#include "base/fmt.h"
#include "checks/io_failures.h"
#include "checks/io_hazards.h"
#include "checks/places.h"
#include "model/fact.h"

#define PUNTED_SHARE	100	/* one in so many makes a finding */

/* What happened to requests of a process on a ring, which may be of several kinds. */
struct hazard {
	const struct io_failure_row *first;
	enum finding_tag tag;
	unsigned int cause;
	__u64 nr, fixed;	/* of which over registered buffers */
};

/* What a process did on a ring or, where rows are of more than one ring, on all that such a row is of. */
struct done {
	__u64 ops, fixed;
	bool by_ring, by_process;
};

static void take_row(struct done *d, const struct io_row *r)
{
	d->ops += r->c.ops;
	d->fixed += r->fixed_ops;
}

static struct done done_by(const struct io_model *m, const struct io_failure_row *f)
{
	struct done ring = { .by_ring = true, .by_process = true };
	struct done process = { .by_process = true }, nobody = { 0 };

	for (size_t i = 0; i < m->nr_rows; i++) {
		const struct io_row *r = &m->rows[i];
		__u32 pid = IO_WHO_TGID(r->c.who);

		if (r->c.ring == IO_RING_ANY && !pid)
			take_row(&nobody, r);
		else if (pid != f->key.pid)
			continue;
		else if (r->c.ring == IO_RING_ANY)
			take_row(&process, r);
		else if (r->c.ring == f->key.ring && r->c.born_ns == f->born_ns)
			take_row(&ring, r);
	}
	return ring.ops ? ring : process.ops ? process : nobody;
}

/* Whom an error tells of, as the traits have a remedy for each. */
static enum failing_cause failing_of(const struct io_failure_row *f)
{
	/* it asks nobody: the program named what it ends with */
	if (IO_WHO_OP(f->key.what) == IORING_OP_NOP)
		return FAILING_REQUEST;
	switch (-f->key.result) {
	case EIO: case EREMOTEIO: case ENODEV: case ENXIO: case EROFS: case ENOSPC: case EDQUOT: case EUCLEAN:
		return FAILING_DEVICE;
	case EAGAIN: case EINTR: case EPIPE: case ECONNRESET: case ECONNABORTED: case ECONNREFUSED: case ENOTCONN:
	case ESHUTDOWN: case ETIMEDOUT: case EHOSTUNREACH: case ENETUNREACH: case ENETDOWN:
		return FAILING_PEER;
	default:
		return FAILING_REQUEST;
	}
}

static bool hazard_of(const struct io_model *m, const struct io_failure_row *f, struct hazard *h)
{
	bool fixed = IO_WHO_FIXED(f->key.what);

	*h = (struct hazard){ .first = f, .nr = f->failure.count, .fixed = fixed ? f->failure.count : 0 };
	switch (f->key.kind) {
	case IO_LATE:
		h->tag = CQ_OVERFLOW;
		return true;
	case IO_FAILED:
		h->tag = FAILING_IO;
		h->cause = failing_of(f);
		/* a link that broke, or the program's wish */
		return fixed && f->key.result != -ECANCELED;
	case IO_PUNTED:
		h->tag = PUNTED;
		h->cause = f->failure.seen.sqe_flags & (IOSQE_ASYNC | IOSQE_IO_DRAIN) ? PUNTED_FORCED : PUNTED_TO_WAIT;
		/* then it is a failure, and told as one */
		return fixed && !io_punt_is_refused(m, f);
	default:
		return false;
	}
}

/* About whom it is, as the counters and the ledger have it. */
static struct finding finding_of(const struct hazard *h, const struct io_model *m, const struct ring *r)
{
	const struct io_failure_row *row = h->first;
	const struct io_counts *c = io_model_whose(m, row->key.ring, row->born_ns, row->key.pid);
	struct finding f = {
		.error = h->tag == FAILING_IO ? -row->key.result : 0,
		.tag = h->tag, .cause = h->cause, .ring = row->key.ring, .pid = row->key.pid, .fd = -1, .index = -1,
	};

	finding_take_holder(&f, r);
	if (c && IO_WHO_TGID(c->who) == f.pid) {
		f.fd = c->fd < 0 ? f.fd : c->fd;
		f.uid = c->uid;
		f.comm = c->comm;
	}
	return f;
}

/* " of 101", where that many are known to be of the same ring: of a full table some count elsewhere. */
static const char *of_all(char text[32], const struct hazard *h, const struct done *d, __u64 nr)
{
	*text = '\0';
	if (d->by_ring && h->nr <= nr)
		snprintf(text, 32, " of %llu", nr);
	return text;
}

static void tell_overflow(const struct hazard *h, const struct done *d, struct finding f, struct findings *out)
{
	__u32 entries = h->first->failure.seen.cq_entries;
	char places[64] = "", name[NAME_LEN], all[32];

	if (entries)
		snprintf(places, sizeof(places), " of %u place%s", entries, plural(entries));
	finding_add(out, f, "%s: %llu%s completions found the completion ring%s full, %llu of them of I/O over registered buffers",
		    finding_ring_name(name, &f), h->nr, of_all(all, h, d, d->ops), places, h->fixed);
}

/* .d->fixed are those that ended, as all that failed did. */
static void tell_failing(const struct hazard *h, const struct done *d, struct finding f, struct findings *out)
{
	const struct io_evidence *e = &h->first->failure.seen;
	char first[64] = "", name[NAME_LEN], all[32];

	/* older recordings hold no more than the error */
	if (e->opcode == IO_WHO_OP(h->first->key.what))
		snprintf(first, sizeof(first), ", the first with user_data 0x%llx", e->user_data);
	finding_add(out, f, "%s: %llu%s I/Os over registered buffers failed with %s%s",
		    finding_ring_name(name, &f), h->nr, of_all(all, h, d, d->fixed),
		    fact_errno_name(h->first->key.result), first);
}

static void tell_punted(const struct hazard *h, const struct done *d, struct finding f, struct findings *out)
{
	char ended[48] = "", name[NAME_LEN];

	if (h->nr < (d->fixed + PUNTED_SHARE - 1) / PUNTED_SHARE)
		return;
	if (d->by_ring)
		snprintf(ended, sizeof(ended), "; %llu ended", d->fixed);
	finding_add(out, f, "%s: %llu I/Os over registered buffers were handed to a worker, %s%s",
		    finding_ring_name(name, &f), h->nr, h->cause == PUNTED_FORCED ?
		    "as IOSQE_ASYNC or IOSQE_IO_DRAIN says" : "as they had to wait", ended);
}

/* Of a row that is nobody's it is not known how much that process did, nor whether that was over registered buffers. */
static bool is_unjudged(const struct hazard *h, const struct done *d)
{
	return d->fixed && !d->by_process && (!h->fixed || h->tag == PUNTED);
}

static void tell(const struct hazard *h, const struct io_model *m, const struct ledger *l,
		 struct findings *out)
{
	const struct ring *r = ledger_ring_born(l, h->first->key.ring, h->first->born_ns);
	struct done d = done_by(m, h->first);
	struct finding f = finding_of(h, m, r);

	if (!d.fixed || is_unjudged(h, &d))
		return;
	if (h->tag == CQ_OVERFLOW)
		tell_overflow(h, &d, f, out);
	else if (h->tag == PUNTED)
		tell_punted(h, &d, f, out);
	else
		tell_failing(h, &d, f, out);
}

/* 0, or which comes first. */
static int same(const struct hazard *a, const struct hazard *b)
{
	const struct io_failure_row *x = a->first, *y = b->first;

	if (a->tag != b->tag)
		return a->tag < b->tag ? -1 : 1;
	if (x->key.pid != y->key.pid)
		return x->key.pid < y->key.pid ? -1 : 1;
	if (x->key.ring != y->key.ring)
		return x->key.ring < y->key.ring ? -1 : 1;
	if (x->born_ns != y->born_ns)
		return x->born_ns < y->born_ns ? -1 : 1;
	if (a->cause != b->cause)
		return a->cause < b->cause ? -1 : 1;
	return x->key.result < y->key.result ? -1 : x->key.result > y->key.result;
}

/* Together what belongs together, the first of it first. */
static int in_order(const void *va, const void *vb)
{
	const struct hazard *a = va, *b = vb;
	const struct io_failure *x = &a->first->failure, *y = &b->first->failure;
	int n = same(a, b);

	return n ? n : x->first_ns < y->first_ns ? -1 : x->first_ns > y->first_ns;
}

/* Into an array of .m->nr_failures. */
static size_t find(const struct io_model *m, struct hazard *list)
{
	size_t nr = 0, kinds = 0;

	for (size_t i = 0; i < m->nr_failures; i++)
		nr += hazard_of(m, &m->failures[i], &list[nr]);
	qsort(list, nr, sizeof(*list), in_order);
	for (size_t i = 0, n; i < nr; i += n) {
		struct hazard h = list[i];

		for (n = 1; i + n < nr && !same(&h, &list[i + n]); n++) {
			h.nr += list[i + n].nr;
			h.fixed += list[i + n].fixed;
		}
		list[kinds++] = h;
	}
	return kinds;
}

void check_io_hazards(const struct io_model *m, const struct ledger *l, struct findings *out)
{
	struct hazard *list = must_alloc(m->nr_failures, sizeof(*list));
	size_t nr = find(m, list);

	for (size_t i = 0; i < nr; i++)
		tell(&list[i], m, l, out);
	free(list);
}

__u64 io_hazards_unjudged(const struct io_model *m, enum severity least)
{
	struct hazard *list = must_alloc(m->nr_failures, sizeof(*list));
	size_t nr = find(m, list);
	__u64 sum = 0;

	for (size_t i = 0; i < nr; i++) {
		struct done d = done_by(m, list[i].first);

		if (is_unjudged(&list[i], &d) && finding_traits(list[i].tag)->severity >= least)
			sum += list[i].nr;
	}
	free(list);
	return sum;
}
