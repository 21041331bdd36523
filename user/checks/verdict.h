/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a verification concludes: found, unsettled or nothing found, and the exit status that says
 * so. What could not be looked at is listed: nobody is vouched for who was not looked at.
 */
#ifndef FIXBUF_CHECKS_VERDICT_H
#define FIXBUF_CHECKS_VERDICT_H

#include "checks/finding.h"
#include "model/event.h"
#include "model/selection.h"

enum verdict { VERDICT_NOTHING_FOUND, VERDICT_UNSETTLED, VERDICT_FOUND };

enum unsettled_what {
	UNSETTLED_SELECTION,	/* nothing was selected although something was asked for */
	UNSETTLED_RINGS,	/* changed faster than they can be read */
	UNSETTLED_BUFFERS,	/* the same */
	UNSETTLED_ENDING,	/* rings of a process that ends and waits for requests in flight */
	UNSETTLED_DENIED,	/* buffers whose addresses we may not look into */
	UNSETTLED_PAGES,	/* their addresses could not be looked into for another reason */
	UNSETTLED_CONTESTED,	/* buffers on whose pages processes differ, and it cannot be told whose they are */
	UNSETTLED_ORPHANS,	/* buffers of processes that have ended, on rings that others have and do not use */
	UNSETTLED_BEYOND,	/* buffers beyond what is read of one user */
	UNSETTLED_MAPPINGS,	/* of processes: too many to look through for rings */
	UNSETTLED_OUTSIDE,	/* processes outside of the pid namespace in which we are */
	UNSETTLED_FINDINGS,	/* were suspected and could not be confirmed */
	UNSETTLED_EVENTS,	/* were lost */
	UNSETTLED_SKIPPED,	/* runs of our programs, by the kernel */
	UNSETTLED_TIME,		/* the look at the end was cut short */
	UNSETTLED_MISSED,	/* buffers that were gone before a watch came to look at them */
	UNSETTLED_CALLS,	/* what they did was undone before a watch had checked it */
	UNSETTLED_UNRECORDED,	/* as UNSETTLED_SELECTION, in a recording */
	UNSETTLED_UNCALLED,	/* the same of a program that was watched from its start */
	UNSETTLED_CUT,		/* the end of a recording is missing */
	UNSETTLED_FULL,		/* events for which a recording had no room: all after its last */
	UNSETTLED_SLOTS,	/* as UNSETTLED_BEYOND, of tables that were not read at all */
	UNSETTLED_CHILDREN,	/* of selected processes: they could not be followed */
	UNSETTLED_REQUESTS,	/* of I/O that stat counts: how they went was not seen */
	UNSETTLED_MUTED,	/* requests whose success the kernel tells nobody: what stat knows of others is not known */
	UNSETTLED_UNJUDGED,	/* requests of processes that ended and are counted together */
	UNSETTLED_UNCOUNTED,	/* slots with stale pages: what goes over those */
	UNSETTLED_UNCOMPARED,	/* requests: whether others were over the same memory is not known */
	UNSETTLED_PAUSES,	/* of a run whose files do not follow each other */
	NR_UNSETTLED
};

#define UNSETTLED_TEXT	400

struct unsettled {
	enum unsettled_what what;
	bool has_uid;
	__u32 uid;
	__u32 pid, ns_pid;	/* .pid 0 = none */
	__u32 ending, in_flight; /* UNSETTLED_ENDING: as in facts */
	__u64 count;		/* of rings, buffers, pages, findings or events */
	bool recorded;		/* a walk of record left it out */
	bool alone;		/* its process is the only one that was named */
	/* UNSETTLED_SELECTION, _UNRECORDED: what else was asked for, as in the selection; not owned */
	const char **comms;
	size_t nr_comms;
	const char *cgroup;
	enum cgroup_by cgroup_by;
};

struct unsettled_list {
	struct unsettled *list;	/* owned; a row per .what, .uid, .pid and .comms */
	size_t nr;
};

/* Adds .count to the row of that kind and owner. */
void unsettled_add(struct unsettled_list *u, struct unsettled one);
bool unsettled_has(const struct unsettled_list *u, struct unsettled one);
/* Takes .count back from it; a row of nothing goes. */
void unsettled_take(struct unsettled_list *u, struct unsettled one);
/* The row that a finding which is not confirmed counts in. */
struct unsettled suspicion_row(const struct finding *f);
/*
 * Adds what was asked for and is not there, as UNSETTLED_SELECTION or _UNRECORDED: .seen(part) tells
 * whether a ring or event of that part of the selection is.
 */
void unsettled_selection(struct unsettled_list *u, enum unsettled_what what,
			 const struct selection *s,
			 bool (*seen)(size_t part, const void *arg), const void *arg);
/*
 * So many events were lost; of them .skipped are runs of programs that the kernel left out. By user,
 * as far as .losers say whose they were: no user makes the verdict on another unsettled.
 */
void unsettled_losses(struct unsettled_list *u, __u64 lost, __u64 skipped,
		      const struct user_loss *losers, size_t nr, const struct selection *select);
void unsettled_free(struct unsettled_list *u);

#define ENDING_TEXT	64
/* "being killed, waits for 3 requests in flight": of a process that ends. Returns buf. */
const char *ending_text(char buf[ENDING_TEXT], __u32 ending, __u32 in_flight);
/* "waits for 1 request in flight". Returns buf. */
const char *waiting_text(char buf[ENDING_TEXT], __u32 in_flight);

/* A stable name, as a person and a metric say it. */
const char *unsettled_name(enum unsettled_what what);
/* One sentence; returns buf. */
const char *unsettled_why(char buf[UNSETTLED_TEXT], const struct unsettled *u);
const char *unsettled_remedy(const struct unsettled *u);

/* .worst: the highest severity that was confirmed, -1 = none. */
enum verdict verdict_of(int worst, enum severity fail_on, const struct unsettled_list *u);
const char *verdict_name(enum verdict v);
/*
 * The exit status: .status (a refusal, or that of a program that was run) unless it is 0, then
 * what was found, then what is unsettled unless that is allowed.
 */
int verdict_status(enum verdict v, bool allow_unsettled, int status);

#endif
