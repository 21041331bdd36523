// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include "base/fmt.h"
#include "checks/overlap.h"
#include "checks/places.h"
#include "model/fact.h"
#include "model/io_counters.h"

#define PLAIN (~0U)	/* index of what is over no registered buffer */

static bool is_plain(const struct io_overlap_key *of)
{
	return of->newer.index == PLAIN || of->older.index == PLAIN;
}

static enum overlap_cause overlap_cause(const struct io_overlap_key *of)
{
	return of->certain ? OVERLAP_CERTAIN : is_plain(of) ? OVERLAP_PLAIN : OVERLAP_POSSIBLE;
}

/* The slot that it is told of: that of the later one, unless it has none. */
static const struct io_overlap_side *slot_of(const struct io_overlap_key *of)
{
	return of->newer.index == PLAIN ? &of->older : &of->newer;
}

/* 0 for what makes one finding. */
static int same(const struct io_overlap_key *a, const struct io_overlap_key *b)
{
	const struct io_overlap_side *x = slot_of(a), *y = slot_of(b);
	enum overlap_cause i = overlap_cause(a), j = overlap_cause(b);

	if (a->pid != b->pid)
		return a->pid < b->pid ? -1 : 1;
	if (x->ring != y->ring)
		return x->ring < y->ring ? -1 : 1;
	if (x->index != y->index)
		return x->index < y->index ? -1 : 1;
	return i < j ? -1 : i > j;
}

/* The same kinds in the same order at each reading. */
static int in_order(const void *va, const void *vb)
{
	const struct overlap *a = va, *b = vb;
	int n = same(&a->of, &b->of);

	if (n)
		return n;
	return a->what.addr < b->what.addr ? -1 : a->what.addr > b->what.addr;
}

/* " of buffer 3", and of which ring where that is another one. */
static const char *place(char buf[64], const struct io_overlap_side *s, __u64 ring)
{
	int n = s->index == PLAIN ? snprintf(buf, 64, " without a buffer") : snprintf(buf, 64, " of buffer %u", s->index);

	if (s->ring != ring)
		snprintf(buf + n, 64 - n, " of ring 0x%llx", s->ring);
	return buf;
}

static void tell(const struct overlap *o, __u64 requests, const struct ledger *l, struct findings *out)
{
	static const char *const doubts[] = {
		[OVERLAP_CERTAIN] = "",
		[OVERLAP_POSSIBLE] = "; the earlier one may have ended by then without having been told, or one of them waits for others first, or two slots have other memory at that address",
		[OVERLAP_PLAIN] = "; which pages I/O without a registered buffer uses is not seen",
	};
	const struct io_overlap_key *of = &o->of;
	const struct io_overlap_side *slot = slot_of(of);
	struct finding f = {
		.tag = OVERLAP, .cause = overlap_cause(of), .ring = slot->ring, .pid = of->pid, .fd = -1,
		.index = slot->index, .requests = requests,
	};
	char newer[64], older[64], range[64] = "";

	/* else the earlier one ended while it was noted */
	if (o->what.addr < o->what.end)
		snprintf(range, sizeof(range), ", from 0x%llx to 0x%llx", o->what.addr, o->what.end);
	finding_take_holder(&f, ledger_ring(l, f.ring));
	finding_add(out, f, "pid %u ring 0x%llx buffer %d: %llu request%s submitted while another over some of the same bytes was under way, and one of both writes them; the first: %s%s (user_data 0x%llx) beside %s%s (user_data 0x%llx)%s%s",
		    f.pid, f.ring, f.index, requests, requests == 1 ? " was" : "s were", io_op_name(of->newer.op),
		    place(newer, &of->newer, f.ring), o->what.user_data[0], io_op_name(of->older.op),
		    place(older, &of->older, f.ring), o->what.user_data[1], range, doubts[f.cause]);
}

void check_overlaps(struct overlap *list, size_t nr, const struct ledger *l, struct findings *out)
{
	qsort(list, nr, sizeof(*list), in_order);
	for (size_t i = 0, n; i < nr; i += n) {
		const struct overlap *first = NULL;
		__u64 requests = 0;

		for (n = 0; i + n < nr && !same(&list[i].of, &list[i + n].of); n++) {
			requests += list[i + n].what.requests;
			/* one whose every request failed as it began is none */
			if (!first && list[i + n].what.requests)
				first = &list[i + n];
		}
		if (first)
			tell(first, requests, l, out);
	}
}
