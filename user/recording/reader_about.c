// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>
#include "base/page_size.h"
#include "base/untrusted.h"
#include "recording/reader_about.h"
#include "recording/reader_fact.h"

/* A sentence or word of ours, or so the file says: views print it as it is. */
#define TAKE_TEXT(to, from) \
	tame(to, sizeof(to), (struct untrusted){ from, strnlen(from, sizeof(from)) })

static void take_asked(struct asked_whom *a, const struct rec_about *f)
{
	char glob[ASKED_COMM_LEN];

	*a = (struct asked_whom){
		.cut = f->asked & REC_ASKED_CUT, .program = f->asked & REC_ASKED_PROGRAM,
		.cgroup = f->asked & REC_ASKED_CGROUP, .has_uid = f->asked & REC_ASKED_UID, .uid = f->asked_uid,
	};
	for (size_t i = 0; i < REC_ASKED_PIDS && f->asked_pids[i]; i++)
		asked_add_pid(a, f->asked_pids[i], f->asked_ns_pids[i]);
	for (size_t i = 0; i < REC_ASKED_COMMS && f->asked_comms[i][0]; i++) {
		TAKE_TEXT(glob, f->asked_comms[i]);
		asked_add_comm(a, glob, strlen(glob));
		/* what is no plain text is another glob by now */
		a->cut |= strlen(glob) != strnlen(f->asked_comms[i], sizeof(f->asked_comms[i]));
	}
}

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
	take_asked(&a->asked, &f);
	TAKE_TEXT(a->kernel, f.kernel);
	TAKE_TEXT(a->machine, f.machine);
	TAKE_TEXT(a->command, f.command);
	TAKE_TEXT(a->host, f.host);
	TAKE_TEXT(a->boot_id, f.boot_id);
	return NULL;
}

void recording_ends(struct recording_hosts *h, const struct origin *of, __u64 t_ns)
{
	h->last = *of;
	h->end_ns = t_ns;
}

/* A run that goes on does so at the very moment; other clocks have only the time of day in common. */
static void note_unrecorded(const struct recording_hosts *h, struct origin *of)
{
	const bool same_clock = of->goes_on && !strcmp(of->boot_id, h->last.boot_id);
	const __u64 from = h->end_ns + (same_clock ? 0 : (__u64)h->last.realtime_ns);
	const __u64 to = of->start_ns + (same_clock ? 0 : (__u64)of->realtime_ns);

	if (!h->end_ns || strcmp(of->host, h->last.host) || to <= from)
		return;
	of->unrecorded_ns = to - from;
	of->resumes = of->goes_on;
	of->goes_on = false;
}

void recording_hosts(struct recording_hosts *h, struct origin *of)
{
	size_t i = 0, len = 0;

	h->differ |= h->begun && (strcmp(h->last.host, of->host) || strcmp(h->last.kernel, of->kernel) ||
				  strcmp(h->last.command, of->command));
	h->begun = true;
	of->differs = h->differ;
	note_unrecorded(h, of);
	while (i < h->nr && strcmp(h->list[i], of->host))
		i++;
	h->more |= *of->host && i == HOSTS_MAX;
	if (*of->host && i == h->nr && i < HOSTS_MAX)
		memcpy(h->list[h->nr++], of->host, sizeof(of->host));
	of->hosts[0] = 0;
	for (i = 0; i < h->nr; i++)
		len += snprintf(of->hosts + len, sizeof(of->hosts) - len, "%s%s",
				!i ? "" : i + 1 < h->nr || h->more ? ", " : " and ", h->list[i]);
	if (h->more)
		snprintf(of->hosts + len, sizeof(of->hosts) - len, " and others");
}

void recording_look(const struct rec *rec, const void *data, struct event *out)
{
	struct rec_look look;

	record_take(&look, sizeof(look), rec, data);
	out->kind = EVENT_LOOK;
	out->t_ns = look.t_ns;
	out->after_loss = look.after_loss;
}
