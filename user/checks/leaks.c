// SPDX-License-Identifier: GPL-2.0
/* Pages that stay pinned though every ring that ever held them is gone. */
#include "base/page_size.h"
#include "base/pid.h"
#include "base/untrusted.h"
#include "checks/checks.h"
#include "checks/places.h"
#include "model/ledger_buffers.h"

/*
 * Two rings that drop a shared buffer at the same instant each look as if the
 * other kept it, and its end is told by neither.
 */
#define SAME_TIME_NS 1000000000ULL

/*
 * A ring that was made while programs were being attached or detached, or whose creator was not
 * selected, is not in the ledger, and may well live.
 */
static bool all_rings_seen(const struct pin *p)
{
	for (size_t i = 0; i < p->nr_rings; i++)
		if (!p->rings[i].seen)
			return false;
	return true;
}

static bool is_owned(const struct ledger *l, const struct pin *p)
{
	if (ledger_buffer(l, p->buf))
		return true;
	for (size_t i = 0; i < p->nr_rings; i++)
		if (ledger_ring(l, p->rings[i].id))
			return true;
	return false;
}

static bool end_may_be_missed(const struct pin *p)
{
	__u64 last = 0, before = 0;

	for (size_t i = 0; i < p->nr_rings; i++) {
		__u64 t = p->rings[i].dropped_ns;

		if (t >= last) {
			before = last;
			last = t;
		} else if (t > before) {
			before = t;
		}
	}
	return p->nr_rings > 1 && last - before < SAME_TIME_NS;
}

void check_leaks(const struct ledger *l, const struct ledger *now, struct findings *out)
{
	char size[FMT_LEN];

	for (const struct pin *p = l->exact ? l->pins : NULL; p; p = p->hh.next) {
		struct finding f = {
			.tag = LEAKED_PIN, .ring = p->rings[0].id, .pid = p->pid, .ns_pid = p->ns_pid, .fd = -1,
			.index = -1, .uid = p->uid, .comm = p->comm, .addr = p->addr, .pages = p->pages,
		};

		if (p->others || !all_rings_seen(p) || is_owned(l, p) || end_may_be_missed(p) ||
		    (now && ledger_buffer(now, p->buf)))
			continue;
		finding_add(out, f, "pid %s: %llu page%s (%s) from 0x%llx on %s pinned and "
			    "never unpinned, and every ring that was seen to hold the buffer is "
			    "gone", WHO_TEXT(p->pid, p->ns_pid, p->comm), p->pages, plural(p->pages),
			    fmt_bytes_long(size, p->pages * PAGE_BYTES), p->addr,
			    p->pages == 1 ? "was" : "were");
	}
}
