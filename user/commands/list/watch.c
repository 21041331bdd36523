// SPDX-License-Identifier: GPL-2.0
/* list --watch: what changed since the look before. */
#include <stdlib.h>
#include "base/clock.h"
#include "base/err.h"
#include "base/signals.h"
#include "commands/list/list.h"
#include "views/ring_changes.h"

struct watch {
	const struct list_options *o;
	struct run *run;
	struct ledger *last;
	__u64 next_ns;
	int err;
};

static int look(struct watch *w)
{
	const struct list_options *o = w->o;
	struct walk *walk = w->run->capture.walk;
	struct ledger *now = ledger_new();
	int err = o->output.json ? list_look(o, walk, now) : walk_rings(walk, now);
	struct ring_change *list;
	size_t nr;

	if (!err && !o->output.json) {
		list = ring_changes(w->last, now, &o->select, o->min_bytes, &nr);
		view_ring_changes(&o->output, list, nr, clock_today_ns());
		free(list);
	}
	ledger_free(err ? now : w->last);
	w->last = err ? w->last : now;
	fflush(o->output.out);
	return err;
}

static bool step(void *arg)
{
	struct watch *w = arg;
	__u64 now = clock_now_ns();

	if (now < w->next_ns)
		return false;
	w->err = look(w);
	w->next_ns = clock_now_ns() + w->o->interval_ns;
	return false;
}

static unsigned int pause_ms(void *arg)
{
	const struct watch *w = arg;
	__u64 now = clock_now_ns(), left = w->next_ns > now ? w->next_ns - now : 0;

	return left > NS_PER_S ? 1000 : left / NS_PER_MS + 1;
}

static bool has_enough(void *arg)
{
	return ((struct watch *)arg)->err;
}

int list_watch(const struct list_options *o, struct run *r, struct ledger *l)
{
	struct watch w = { .o = o, .run = r, .last = l, .next_ns = clock_now_ns() + o->interval_ns };
	const struct run_steps steps = {
		.step = step, .pause_ms = pause_ms, .enough = has_enough, .arg = &w,
	};
	int status;

	if (!o->output.json) {
		fputc('\n', o->output.out);
		view_ring_changes_titles(&o->output);
	}
	fflush(o->output.out);
	status = run_begin(r);
	if (!status)
		run_until(r, &steps);
	/* a signal that ends a look ends the watch, as between two */
	if (w.err && !interrupted)
		status = run_cannot();
	ledger_free(w.last);
	return status;
}
