// SPDX-License-Identifier: GPL-2.0
#include "base/clock.h"
#include "base/pid.h"
#include "checks/io_hazards.h"
#include "commands/stat/told.h"

#define LOOK_NS	(9 * NS_PER_S / 10)	/* who is called once a second shall not miss every other by a little */

static void add(struct told *t, const struct findings *fs)
{
	if (findings_worst(fs) > t->worst)
		t->worst = findings_worst(fs);
	for (size_t i = 0; t->keeps && i < fs->nr; i++) {
		if (finding_index_find(t->index, &fs->list[i]) >= 0)
			continue;
		finding_index_add(&t->index, &fs->list[i], t->list.nr);
		finding_add(&t->list, fs->list[i], "%s", fs->list[i].detail);
	}
}

static void find_stuck(struct told *t, const struct io_model *m, const struct io_model *whole,
		       const struct ledger *l, bool told, struct findings *out)
{
	struct stuck_list now = { 0 };

	stuck_find(m, whole, l, pid_has_ended, &now);
	for (size_t i = 0; i < now.nr; i++)
		stuck_tell(&now.list[i], NULL, out);
	stuck_past_add(&t->past, &now, whole, told);
	stuck_list_free(&now);
}

int told_look(struct told *t, struct io_stat *io, struct io_model *m, const struct ledger *l)
{
	struct findings fs = { 0 };
	int err;

	if (!m->in_flight || clock_now_ns() < t->look_ns)
		return 0;
	t->look_ns = clock_now_ns() + LOOK_NS;
	err = io_stat_see_under_way(io, m, STUCK_NS);
	if (err)
		return err;
	find_stuck(t, m, m, l, false, &fs);
	add(t, &fs);
	findings_free(&fs);
	return 0;
}

void told_find(struct told *t, const struct io_model *m, const struct io_model *whole, const struct ledger *l,
	       struct findings *out)
{
	find_stuck(t, m, whole, l, true, out);
	stuck_past_tell(&t->past, m, whole, out);
	check_io_hazards(m, l, out);
	findings_sort(out);
	add(t, out);
}

void told_free(struct told *t)
{
	findings_free(&t->list);
	finding_index_free(&t->index);
	stuck_past_free(&t->past);
}
