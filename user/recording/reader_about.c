// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include "base/page_size.h"
#include "base/untrusted.h"
#include "recording/reader_about.h"
#include "recording/reader_fact.h"

/* A sentence or word of ours, or so the file says: views print it as it is. */
#define TAKE_TEXT(to, from) \
	tame(to, sizeof(to), (struct untrusted){ from, strnlen(from, sizeof(from)) })

const char *recording_about(struct origin *a, const struct rec *rec, const void *data)
{
	struct rec_about f;

	record_take(&f, sizeof(f), rec, data);
	if (!page_size_set(f.page_bytes))
		return "a size of pages that no system has";
	a->start_ns = f.start_ns;
	a->realtime_ns = f.realtime_ns;
	a->interval_ns = f.interval_ns;
	a->memory_bytes = f.memory_bytes;
	a->cpus = f.cpus;
	a->page_bytes = f.page_bytes;
	a->tier = f.tier <= TIER_PATCHED ? (enum tier)f.tier : TIER_UNKNOWN;
	a->sample = f.sample;
	a->not_seen = f.not_seen;
	a->stacks = f.flags & REC_ABOUT_STACKS;
	a->snapshot = f.flags & REC_ABOUT_SNAPSHOT;
	a->fixed_only = f.flags & REC_ABOUT_FIXED_ONLY;
	a->by_user_data = f.flags & REC_ABOUT_BY_USER_DATA;
	a->pid_ns = f.flags & REC_ABOUT_PID_NS;
	a->goes_on = f.flags & REC_ABOUT_GOES_ON;
	TAKE_TEXT(a->kernel, f.kernel);
	TAKE_TEXT(a->machine, f.machine);
	TAKE_TEXT(a->command, f.command);
	TAKE_TEXT(a->host, f.host);
	TAKE_TEXT(a->boot_id, f.boot_id);
	return NULL;
}

void recording_look(const struct rec *rec, const void *data, struct event *out)
{
	struct rec_look look;

	record_take(&look, sizeof(look), rec, data);
	out->kind = EVENT_LOOK;
	out->t_ns = look.t_ns;
	out->after_loss = look.after_loss;
}
