// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/array.h"
#include "base/err.h"
#include "base/pid.h"
#include "checks/verdict.h"

/* What is said of each: "3 buffers of pid 812 changed faster than ..." */
static const struct {
	const char *name, *one, *many, *why, *remedy;
} rows[NR_UNSETTLED] = {
	[UNSETTLED_SELECTION] = {
		.name = "nothing-to-check",
		.one = "no ring",
		.why = "was found: there was nothing to check",
		.remedy = "fixbuf-trace list shows whose rings there are",
	},
	[UNSETTLED_UNRECORDED] = {
		.name = "nothing-to-check",
		.one = "no event",
		.why = "was recorded: there was nothing to check",
		.remedy = "report without --verify names the processes of the recording",
	},
	[UNSETTLED_UNCALLED] = {
		.name = "nothing-to-check",
		.one = "no call that registers buffers",
		.why = "was seen: there was nothing to check",
		.remedy = "trace -- PROGRAM shows what it does, and which calls fail",
	},
	[UNSETTLED_CUT] = {
		.name = "cut-recording",
		.one = "what came after the last whole event",
		.why = "is not known: the end of the recording is missing",
		.remedy = "read it when it has ended, or record it again; SIGINT or SIGTERM ends a recording well, a full disk or SIGKILL does not",
	},
	[UNSETTLED_FULL] = {
		.name = "full-recording",
		.one = "waiting event",
		.why = "left out, and later ones were not recorded: what they broke or mended is not known",
		.remedy = "record it again with a larger --max-size, or record less (-p, -u, --comm)",
	},
	[UNSETTLED_RINGS] = {
		"changing-rings", "ring", "rings",
		"changed faster than it can be read: its buffers were not checked",
		"run it again; verify --watch sees each change",
	},
	[UNSETTLED_BUFFERS] = {
		"changing-buffers", "buffer", "buffers",
		"changed faster than it can be read: its pages were not checked",
		"run it again; verify --watch sees each change",
	},
	[UNSETTLED_ENDING] = {
		.name = "ending-processes",
		.remedy = "mend what its I/O waits for (thaw the file system, bring the device or the "
			"server back): until then its pages stay pinned and charged",
	},
	[UNSETTLED_DENIED] = {
		"denied-buffers", "buffer", "buffers",
		"may not be looked into by this user: its pages were not compared",
		"grant CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH, or run it as root",
	},
	[UNSETTLED_PAGES] = {
		"unseen-pages", "page", "pages",
		"could not be compared with what the program has at its address",
		"run it again; for a process that /proc does not show here (another pid namespace, "
		"hidepid) run it where it does; for memory of a file on overlayfs let the process "
		"touch it",
	},
	[UNSETTLED_CONTESTED] = {
		"contested-buffers", "buffer", "buffers",
		"has its pages at its address in one process that has its ring, and other memory "
		"there in another: which of them is right cannot be told, since the kernel does not "
		"keep who registered it",
		"close the ring in the processes that do not use it",
	},
	[UNSETTLED_ORPHANS] = {
		"orphaned-buffers", "buffer", "buffers",
		"was registered by a process that has ended, and who has its ring never used it: "
		"there is no memory that its pages could be compared with",
		"close the ring in the process that has it (list shows which; FD_CLOEXEC closes it at "
		"exec), or end that process: until then the pages stay pinned",
	},
	[UNSETTLED_BEYOND] = {
		"skipped-buffers", "buffer", "buffers",
		"was not checked: it is beyond what is read of one user at a time",
		"name one process with -p, whose rings are read first; where one alone has so much, "
		"let it register less",
	},
	[UNSETTLED_SLOTS] = {
		"skipped-slots", "slot of a table", "slots of tables",
		"was not read: it is beyond what is read of one user at a time",
		"name one process with -p, whose rings are read first; where one alone has so many "
		"slots, give it smaller tables, empty slots included",
	},
	[UNSETTLED_MAPPINGS] = {
		"unseen-mappings", "process", "processes",
		"has more descriptors, mappings, threads with more rings, groups of provided buffers, or "
		"a poll(2) of more descriptors, than are looked through: it may hold a ring, or memory that its user is "
		"charged for, that is not known",
		"end what the user does not need, and run it again",
	},
	[UNSETTLED_OUTSIDE] = {
		.name = "outside-processes",
		.one = "what processes outside of this pid namespace have registered",
		.why = "is not shown here, and was not checked",
		.remedy = "run it in the host's pid namespace, or select processes of this one with -p",
	},
	[UNSETTLED_FINDINGS] = {
		"unconfirmed-findings", "suspicion", "suspicions",
		"could not be confirmed, since buffers came and went meanwhile",
		"run it again, when fewer buffers come and go",
	},
	[UNSETTLED_TIME] = {
		"cut-look", "look at all rings at the end", "looks",
		"was cut short, since the time of -d was long over",
		"name the processes that matter with -p, or give it more time",
	},
	[UNSETTLED_EVENTS] = {
		"lost-events", "event", "events",
		"was lost: what it broke or mended is not known",
		"watch, or record, with a larger --ring-buffer",
	},
	[UNSETTLED_SKIPPED] = {
		"skipped-programs", "run of a BPF program", "runs of BPF programs",
		"was skipped by the kernel, since another task on the CPU was inside it: what it "
		"would have told is not known",
		"verify without --watch reads what there is now",
	},
	[UNSETTLED_MISSED] = {
		"missed-buffers", "buffer", "buffers",
		"was gone before its pages were compared, or compared again when they were to be",
		"run it again on a machine that does less, or with buffers that stay for longer",
	},
	[UNSETTLED_CHILDREN] = {
		"unfollowed-children", "process", "processes",
		"was started by a selected one and not followed, as more were alive at a time than there is room "
		"for: what it did is not known",
		"select by --cgroup, --unit, -u or --comm, which need no room",
	},
	[UNSETTLED_REQUESTS] = {
		"unseen-requests", "request", "requests",
		"was not followed from its begin to its end, as a table or its completion ring was full, or a program skipped",
		"select fewer processes, with -p; the losses say which table had no more room",
	},
	[UNSETTLED_MUTED] = {
		"muted-requests", "request over a registered buffer", "requests over registered buffers",
		"has IOSQE_CQE_SKIP_SUCCESS: a failure of it would have been seen; whether it ended, or a worker did it, was not",
		"run it without IOSQE_CQE_SKIP_SUCCESS, once, to see how long its requests take",
	},
	[UNSETTLED_UNJUDGED] = {
		"unjudged-requests", "request of an ended program", "requests of ended programs",
		"was handed to a worker, or found the completion ring full: of how many is not known, as there were too many programs for a row each",
		"watch a shorter part of it, with -d, or select fewer processes",
	},
	[UNSETTLED_UNCOUNTED] = {
		"uncounted-slots", "slot with stale pages", "slots with stale pages",
		"was not watched for I/O over them, as a user has a share of the room",
		"select fewer processes, with -p",
	},
	[UNSETTLED_UNCOMPARED] = {
		"uncompared-requests", "request", "requests",
		"was not compared with what else was under way, or with what its slot held later, as there was no room for it, as it has "
		"IOSQE_CQE_SKIP_SUCCESS, or, up to 5.17, as another had its user_data, or its ring is polled",
		"select fewer processes, with -p; up to 5.17 give each request a user_data of its own",
	},
	[UNSETTLED_PAUSES] = {
		"unrecorded-time", "stretch of a run of record", "stretches of a run of record",
		"is in none of these files: what it broke or mended is not known",
		"name the files that lie between, where they are kept; record keeps more with a larger --keep-time or --keep-size",
	},
	[UNSETTLED_CALLS] = {
		"unchecked-calls", "call", "calls",
		"was followed by others before what it did could be checked",
		"run it again on a machine that does less, or name the processes that matter with -p",
	},
};

static bool same_row(const struct unsettled *a, const struct unsettled *b)
{
	return a->what == b->what && a->has_uid == b->has_uid && a->uid == b->uid &&
	       a->pid == b->pid && a->comms == b->comms;
}

static struct unsettled *find(const struct unsettled_list *u, const struct unsettled *one)
{
	for (size_t i = 0; i < u->nr; i++)
		if (same_row(&u->list[i], one))
			return &u->list[i];
	return NULL;
}

bool unsettled_has(const struct unsettled_list *u, struct unsettled one)
{
	return find(u, &one);
}

void unsettled_add(struct unsettled_list *u, struct unsettled one)
{
	struct unsettled *row = find(u, &one);

	if (row) {
		row->count += one.count;
		return;
	}
	array_grow(u->list, u->nr);
	u->list[u->nr++] = one;
}

void unsettled_take(struct unsettled_list *u, struct unsettled one)
{
	for (size_t i = 0; i < u->nr; i++) {
		if (!same_row(&u->list[i], &one))
			continue;
		u->list[i].count -= one.count < u->list[i].count ? one.count : u->list[i].count;
		if (!u->list[i].count)
			u->list[i] = u->list[--u->nr];
		return;
	}
}

struct unsettled suspicion_row(const struct finding *f)
{
	return (struct unsettled){
		.what = UNSETTLED_FINDINGS, .has_uid = true, .uid = f->uid, .pid = f->pid,
		.ns_pid = f->ns_pid, .count = 1,
	};
}

void unsettled_selection(struct unsettled_list *u, enum unsettled_what what,
			 const struct selection *s,
			 bool (*seen)(size_t part, const void *arg), const void *arg)
{
	for (size_t i = 0; i < selection_nr_parts(s); i++) {
		const struct selection part = selection_part(s, i);

		if (!seen(i, arg))
			unsettled_add(u, (struct unsettled){
				.what = what, .has_uid = part.has_uid, .uid = part.uid, .count = 1,
				.pid = part.nr_pids ? part.pids[0] : 0,
				.ns_pid = part.nr_pids && part.ns_pids ? part.ns_pids[0] : 0,
				.comms = part.comms, .nr_comms = part.nr_comms,
				.cgroup = part.cgroup, .cgroup_by = part.cgroup_by,
			});
	}
}

void unsettled_losses(struct unsettled_list *u, __u64 lost, __u64 skipped,
		      const struct user_loss *losers, size_t nr, const struct selection *select)
{
	__u64 rest = lost > skipped ? lost - skipped : 0;

	for (size_t i = 0; i < nr; i++) {
		__u64 count = losers[i].count < rest ? losers[i].count : rest;

		if (losers[i].uid == SENDER_KERNEL || losers[i].uid == LOSS_OF_REST)
			continue;
		rest -= count;
		if (count && (!select->has_uid || select->uid == losers[i].uid))
			unsettled_add(u, (struct unsettled){
				.what = UNSETTLED_EVENTS, .has_uid = true, .uid = losers[i].uid,
				.count = count,
			});
	}
	if (rest)
		unsettled_add(u, (struct unsettled){ .what = UNSETTLED_EVENTS, .count = rest });
	if (skipped)
		unsettled_add(u, (struct unsettled){
			.what = UNSETTLED_SKIPPED, .count = skipped,
		});
}

void unsettled_free(struct unsettled_list *u)
{
	free(u->list);
	u->list = NULL;
	u->nr = 0;
}

const char *unsettled_name(enum unsettled_what what)
{
	return rows[what].name;
}

const char *unsettled_remedy(const struct unsettled *u)
{
	if (u->alone && u->what == UNSETTLED_BEYOND)
		return "let the process register less: it has more than is read of one user";
	if (u->alone && u->what == UNSETTLED_SLOTS)
		return "give the process smaller tables, empty slots included: it has more than are read of one user";
	if (u->recorded && u->what == UNSETTLED_SLOTS)
		return "record one process with -p, whose rings are read first; where one alone has so many "
		       "slots, give it smaller tables, empty slots included";
	if (u->recorded && u->what == UNSETTLED_RINGS)
		return "record it again; where the ring is made while record runs all of it is seen";
	return rows[u->what].remedy;
}

#define OWNER_TEXT 48

/* " of pid 812", " of user 1000" or nothing. */
static const char *owner(char buf[OWNER_TEXT], const struct unsettled *u)
{
	buf[0] = 0;
	if (u->pid)
		snprintf(buf, OWNER_TEXT, " of pid %s", PID_TEXT(u->pid, u->ns_pid));
	else if (u->has_uid)
		snprintf(buf, OWNER_TEXT, " of user %u", u->uid);
	return buf;
}

#define WAITING_TEXT 45	/* with ten digits */

const char *waiting_text(char buf[ENDING_TEXT], __u32 in_flight)
{
	if (in_flight == IN_FLIGHT_UNKNOWN)
		snprintf(buf, ENDING_TEXT, "waits for requests in flight");
	else
		snprintf(buf, ENDING_TEXT, "waits for %u request%s in flight", in_flight,
			 plural(in_flight));
	return buf;
}

const char *ending_text(char buf[ENDING_TEXT], __u32 ending, __u32 in_flight)
{
	char waits[ENDING_TEXT] = "";

	if (in_flight)
		waiting_text(waits, in_flight);
	snprintf(buf, ENDING_TEXT, "%s%s%.*s", ending == ENDING_KILLED ? "being killed" : "exiting",
		 in_flight ? ", " : "", WAITING_TEXT, waits);
	return buf;
}

#define ASKED_TEXT (UNSETTLED_TEXT - 80)	/* what is said of it follows */

static void and_asked(char buf[ASKED_TEXT], const char *before, const char *what)
{
	size_t len = strlen(buf);

	snprintf(buf + len, ASKED_TEXT - len, "%s%s", before, what);
}

/* " of pid 812, of user 1000": all that was asked for together. */
static void asked(char buf[ASKED_TEXT], const struct unsettled *u)
{
	static const char *const groups[] = {
		[CGROUP_BY_PATH] = " in cgroup ", [CGROUP_BY_UNIT] = " in unit ",
		[CGROUP_BY_CONTAINER] = " in container ",
	};
	char uid[16];

	buf[0] = 0;
	if (u->pid)
		and_asked(buf, " of pid ", PID_TEXT(u->pid, u->ns_pid));
	snprintf(uid, sizeof(uid), "%u", u->uid);
	if (u->has_uid)
		and_asked(buf, *buf ? ", of user " : " of user ", uid);
	for (size_t i = 0; i < u->nr_comms; i++) {
		and_asked(buf, i ? "' or '" : *buf ? ", of processes named '" : " of processes named '",
			  u->comms[i]);
		if (i + 1 == u->nr_comms)
			and_asked(buf, "'", "");
	}
	if (u->cgroup) {
		and_asked(buf, *buf ? "," : "", groups[u->cgroup_by]);
		and_asked(buf, u->cgroup, "");
	}
}

const char *unsettled_why(char buf[UNSETTLED_TEXT], const struct unsettled *u)
{
	char whose[OWNER_TEXT], ends[ENDING_TEXT], who[ASKED_TEXT];

	if (u->what == UNSETTLED_SELECTION || u->what == UNSETTLED_UNRECORDED) {
		asked(who, u);
		snprintf(buf, UNSETTLED_TEXT, "%s%s %s", rows[u->what].one, who, rows[u->what].why);
	} else if (u->what == UNSETTLED_ENDING)
		snprintf(buf, UNSETTLED_TEXT, "%llu ring%s%s, which is %s", u->count, plural(u->count),
			 owner(whose, u), ending_text(ends, u->ending, u->in_flight));
	else if (u->what == UNSETTLED_OUTSIDE || u->what == UNSETTLED_UNCALLED || u->what == UNSETTLED_CUT)
		snprintf(buf, UNSETTLED_TEXT, "%s %s", rows[u->what].one, rows[u->what].why);
	else if (u->what == UNSETTLED_FULL)
		snprintf(buf, UNSETTLED_TEXT, "the recording ended at --max-size: %llu %s%s %s %s", u->count,
			 rows[u->what].one, plural(u->count), u->count == 1 ? "was" : "were", rows[u->what].why);
	else if (u->what == UNSETTLED_CHILDREN && !u->has_uid)
		snprintf(buf, UNSETTLED_TEXT, "what some processes did that the selected ones started is not known: the kernel skipped a program, or more users had more of them than there is room for");
	else if (u->count == 1)
		snprintf(buf, UNSETTLED_TEXT, "1 %s%s %s", rows[u->what].one, owner(whose, u),
			 rows[u->what].why);
	else
		snprintf(buf, UNSETTLED_TEXT, "%llu %s%s: each %s", u->count, rows[u->what].many,
			 owner(whose, u), rows[u->what].why);
	return buf;
}

enum verdict verdict_of(int worst, enum severity fail_on, const struct unsettled_list *u)
{
	if (worst >= (int)fail_on)
		return VERDICT_FOUND;
	return u->nr ? VERDICT_UNSETTLED : VERDICT_NOTHING_FOUND;
}

const char *verdict_name(enum verdict v)
{
	static const char *const names[] = { "nothing-found", "unsettled", "found" };

	return names[v];
}

int verdict_status(enum verdict v, bool allow_unsettled, int status)
{
	if (status || v == VERDICT_NOTHING_FOUND)
		return status;
	if (v == VERDICT_FOUND)
		return EXIT_FINDINGS;
	return allow_unsettled ? EXIT_DONE : EXIT_UNSETTLED;
}
