// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/fmt.h"
#include "base/signals.h"
#include "commands/record/flight.h"
#include "commands/record/folder.h"

#define USUAL_BYTES	(1ULL << 30)	/* are kept where --keep-size does not say */
#define USUAL_NS	(60 * NS_PER_S)	/* the same of a trigger without --keep-time and --before */
#define LEAST_BYTES	(8ULL << 20)	/* a segment is more than the frame that waits to be written */
#define SEGMENTS	8		/* of the time that is kept; twice as many of its size */
#define LONGEST_NS	(600 * NS_PER_S) /* a segment, whatever is kept */
#define PATIENCE_NS	NS_PER_S	/* with which an end waits until all was taken */

struct flight {
	const struct flight_options *o;
	const struct output *to;
	struct folder *folder;
	struct triggers *triggers;
	__u64 segment_ns, segment_bytes;
	__u64 begin_ns;		/* of the segment */
	__u64 room;		/* bytes that were made free for it */
	enum trigger why;	/* something happened, and is to be saved at .due_ns */
	__u64 happened_ns, due_ns;
	__u64 saved_ns;		/* up to then all is in what was saved last */
	char who[128];
	__u64 facts, lost;	/* of segments that are complete */
	bool told_full;
};

bool flight_is_asked(const struct flight_options *o)
{
	return o->keep_ns || o->keep_bytes || o->triggers.any;
}

static __u64 least(__u64 a, __u64 b)
{
	return a < b ? a : b;
}

struct flight *flight_new(const struct flight_options *o, const struct output *to,
			  const struct selection *select)
{
	__u64 bytes = o->keep_bytes ? o->keep_bytes : USUAL_BYTES;
	__u64 keep_ns = o->keep_ns;
	struct flight *f;

	if (!keep_ns && o->triggers.any && !o->keep_bytes)
		keep_ns = o->before_ns ? o->before_ns : USUAL_NS;
	if (keep_ns && keep_ns < o->before_ns) {
		err_set(EINVAL, "--before asks for more than --keep-time keeps; keep as much at least");
		return NULL;
	}
	if (bytes < LEAST_BYTES) {
		err_set(EINVAL, "a --keep-size of less than 8M keeps too little; give more");
		return NULL;
	}
	f = must_alloc(1, sizeof(*f));
	f->o = o;
	f->to = to;
	/* what happened is saved when .after has passed */
	if (keep_ns)
		keep_ns += PATIENCE_NS + (o->triggers.any ? o->after_ns : 0);
	f->folder = folder_open(to->path, keep_ns, bytes);
	if (!f->folder) {
		free(f);
		return NULL;
	}
	f->triggers = triggers_new(&o->triggers, select);
	f->segment_ns = least(LONGEST_NS, keep_ns ? keep_ns / SEGMENTS : LONGEST_NS);
	if (o->before_ns)
		f->segment_ns = least(f->segment_ns, o->before_ns / 2);
	return f;
}

FILE *flight_next(struct flight *f)
{
	__u64 bytes = folder_room(f->folder);

	/* of a disk that has less than is to be kept several segments fit, too: the first can go */
	f->segment_bytes = (bytes < LEAST_BYTES ? LEAST_BYTES : bytes) / (2 * SEGMENTS);
	f->begin_ns = clock_now_ns();
	f->room = f->segment_bytes;
	folder_bound(f->folder, f->begin_ns, f->room);
	return folder_next(f->folder);
}

/* ---- what happens ------------------------------------------------------------------------ */

static void happened(struct flight *f, enum trigger why, __u64 at_ns, __u64 after_ns)
{
	f->why = why;
	f->happened_ns = at_ns;
	f->due_ns = at_ns + after_ns;
}

void flight_event(struct flight *f, const struct live *l, const struct event *e)
{
	char who[sizeof(f->who)] = "";
	enum trigger why = triggers_event(f->triggers, l, e, who, sizeof(who));

	/* what follows until then is saved with it */
	if (!why || f->why)
		return;
	memcpy(f->who, who, sizeof(f->who));
	happened(f, why, e->t_ns, f->o->after_ns);
}

void flight_failed_io(struct flight *f, __u64 nr, __u64 now_ns)
{
	if (!nr || f->why || !f->o->triggers.on[TRIGGER_FAILURE])
		return;
	snprintf(f->who, sizeof(f->who), "%llu I/O%s", nr, plural(nr));
	happened(f, TRIGGER_FAILURE, now_ns, f->o->after_ns);
}

void flight_grows(struct flight *f, __u64 now_ns, __u64 bytes)
{
	/* what is there, and counters, come at once */
	if (bytes + f->segment_bytes / 2 <= f->room)
		return;
	f->room = bytes + f->segment_bytes;
	folder_bound(f->folder, now_ns, f->room);
}

bool flight_make_room(void *flight)
{
	struct flight *f = flight;

	if (!folder_give_way(f->folder))
		return false;
	if (!f->told_full)
		fprintf(stderr, PROGRAM_NAME ": the disk of %s is full: from now on the oldest segments go to make room\n",
			f->to->path);
	f->told_full = true;
	return true;
}

size_t flight_given(const struct flight *f, __u64 *bytes)
{
	return folder_given(f->folder, bytes);
}

/* What is kept is asked for now: what waits to be saved is saved with it. */
static void on_signal(struct flight *f, __u64 now_ns)
{
	size_t len = strlen(f->who);

	if (!f->why) {
		snprintf(f->who, sizeof(f->who), "SIGUSR1");
		happened(f, TRIGGER_SIGNAL, now_ns, 0);
		return;
	}
	if (f->due_ns > now_ns)
		snprintf(f->who + len, sizeof(f->who) - len, ", and SIGUSR1");
	f->due_ns = now_ns;
}

bool flight_is_due(struct flight *f, __u64 now_ns, __u64 bytes, bool more)
{
	__u64 due = f->begin_ns + f->segment_ns;

	folder_bound(f->folder, now_ns, f->room);
	flight_grows(f, now_ns, bytes);
	if (asked) {
		asked = 0;
		on_signal(f, now_ns);
	}
	if (f->why && f->due_ns < due)
		due = f->due_ns;
	/* a call that was told to the end is read better */
	if (more)
		return bytes > 2 * f->segment_bytes || now_ns > due + PATIENCE_NS;
	return bytes > f->segment_bytes || now_ns >= due;
}

/* ---- what is kept and saved ---------------------------------------------------------------- */

static void save(struct flight *f, __u64 end_ns)
{
	__u64 since = f->o->before_ns && f->o->before_ns < f->happened_ns ? f->happened_ns - f->o->before_ns : 0;
	char path[FOLDER_NAME];
	bool goes_on, failed;

	/* where something fails all the time each minute would be saved many times */
	if (f->why != TRIGGER_SIGNAL && f->saved_ns > since)
		since = f->saved_ns;
	failed = folder_save(f->folder, trigger_name(f->why), since, end_ns, path, &goes_on);
	goes_on &= since && since == f->saved_ns;
	if (failed)
		fprintf(stderr, PROGRAM_NAME ": %s (%s): %s\n", trigger_name(f->why), f->who, err_text());
	else if (!f->to->quiet)
		fprintf(stderr, "%s (%s): saved to %s%s\n", trigger_name(f->why), f->who, path,
			goes_on ? ", which begins where what was saved last ends" : "");
	if (!failed)
		f->saved_ns = end_ns;
	f->why = TRIGGER_NONE;
}

void flight_close_segment(struct flight *f, const struct writer_told *told, __u64 end_ns, bool last)
{
	f->facts += told->facts;
	f->lost += told->lost;
	folder_close_segment(f->folder, told->bytes, end_ns);
	/* .end_ns is earlier where more waits than is taken */
	if (f->why && (last || clock_now_ns() >= f->due_ns))
		save(f, end_ns);
}

void flight_end_segment(struct flight *f)
{
	folder_end_segment(f->folder);
	if (f->why)
		fprintf(stderr, PROGRAM_NAME ": %s (%s): was not saved\n", trigger_name(f->why), f->who);
	f->why = TRIGGER_NONE;
}

struct writer_told flight_told(const struct flight *f)
{
	return (struct writer_told){ .facts = f->facts, .lost = f->lost };
}

void flight_free(struct flight *f)
{
	if (!f)
		return;
	triggers_free(f->triggers);
	folder_free(f->folder);
	free(f);
}
