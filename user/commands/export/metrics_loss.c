// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include "commands/export/metrics_private.h"
#include "views/stat.h"

static void put_io_loss(const char *name, const char *text, __u64 count, void *arg)
{
	struct view *v = arg;

	(void)text;
	metric_begin(v, "");
	fprintf(v->out, "reason=\"%s\"", name);
	metric_value(v, "%llu", count);
}

/* Of each of these losses, whose it was; several tables may have one reason. */
static void put_io_losers(const char *name, const char *text, __u64 count, void *arg)
{
	struct view *v = arg;
	const struct io_loser *all = v->m->io_losers;

	(void)text;
	(void)count;
	for (size_t i = 0; i < v->m->nr_io_losers; i++) {
		__u64 sum = 0;
		bool told = false;

		for (size_t k = 0; k < v->m->nr_io_losers; k++) {
			if (all[k].uid != all[i].uid || strcmp(view_stat_loss_in(all[k].table), name))
				continue;
			told |= k < i;
			sum += all[k].count;
		}
		if (told || strcmp(view_stat_loss_in(all[i].table), name))
			continue;
		metric_begin(v, "");
		fprintf(v->out, "uid=\"%u\",reason=\"%s\"", all[i].uid, name);
		metric_value(v, "%llu", sum);
	}
}

void metrics_loss(struct view *v)
{
	const struct io_model io = { .loss = v->m->io_loss, .missed = v->m->io_missed };

	metric_family(v, "fixbuf_events_lost", "counter", NULL,
		      "Events about rings and calls that were dropped on their way.");
	metric_plain(v, v->m->lost);
	metric_family(v, "fixbuf_user_events_lost", "counter", NULL,
		      "The same by the user whose they were; kernel: of rings that are nobody's any more.");
	for (size_t i = 0; i < v->m->nr_losers; i++) {
		const struct user_loss *u = &v->m->losers[i];

		metric_begin(v, "");
		if (u->uid == SENDER_KERNEL)
			fputs("uid=\"kernel\"", v->out);
		else
			fprintf(v->out, "uid=\"%u\"", u->uid);
		metric_value(v, "%llu", u->count);
	}
	if (v->m->lost_by_others) {
		metric_begin(v, "");
		fputs("uid=\"other\"", v->out);
		metric_value(v, "%llu", v->m->lost_by_others);
	}
	/* the name of the first release, kept beside the new one in the second */
	metric_family(v, "fixbuf_facts_lost", "counter", NULL, "The same, by its old name.");
	metric_plain(v, v->m->lost);
	metric_family(v, "fixbuf_io_lost", "counter", NULL, "I/O that was not measured in full, or was told late, by reason.");
	view_stat_losses(&io, put_io_loss, v);
	metric_family(v, "fixbuf_user_io_lost", "counter", NULL,
		      "Of that what was lost as the user whose it is had its share of a table.");
	view_stat_losses(&io, put_io_losers, v);
	metric_family(v, "fixbuf_folded_series", "counter", NULL,
		      "Label sets beyond --max-series, which count as other.");
	metric_plain(v, v->m->folded);
}
