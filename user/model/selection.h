/* SPDX-License-Identifier: GPL-2.0 */
/* Whose rings, calls and I/O a command is about. */
#ifndef FIXBUF_MODEL_SELECTION_H
#define FIXBUF_MODEL_SELECTION_H

#include <abi/names.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

struct fact;
struct holder;
struct ring;

enum cgroup_by { CGROUP_BY_PATH, CGROUP_BY_UNIT, CGROUP_BY_CONTAINER };

struct selection {
	__u32 *pids;		/* owned; ids in the initial pid namespace once the kernel is asked */
	__u32 *ns_pids;		/* owned: of each as it was given; NULL = the same */
	size_t nr_pids;		/* 0 = any process */
	bool no_follow;		/* what they start was not asked for */
	bool follow;		/* it is selected, too: the kernel side knows what that is */
	bool has_uid;
	__u32 uid;
	const char **comms;	/* owned: globs, of which one must match */
	size_t nr_comms;	/* 0 = any name */
	enum cgroup_by cgroup_by;
	const char *cgroup;	/* as it was asked for, NULL = any; below here once it is found */
	char *cgroup_path;	/* owned; from the root of the hierarchy on, "/" = that */
	__u64 cgroup_id;	/* 0 = any */
	__u32 cgroup_level;	/* 0 = the root */
	bool found;		/* what it names was there: it may end since */
	bool tree;		/* a program that we start, and its descendants */
	__u32 awaited;		/* that program until it begins, as our /proc shows it: nobody else was asked for */
};

bool comm_matches(const char *glob, const struct comm *comm);

void selection_free(struct selection *s);
/* Of what is watched live: .program is started, or else processes are followed. */
void selection_go_live(struct selection *s, bool program);
/* Whether only some were asked for, by process, user or name. */
bool selection_asks(const struct selection *s);
/*
 * What was asked for, each by itself: the processes, or the names where there are none, or the whole
 * where it is by neither. The part borrows of .s.
 */
size_t selection_nr_parts(const struct selection *s);
struct selection selection_part(const struct selection *s, size_t i);
/* Whether the process is among those that were asked for, if any were. */
bool selection_has_pid(const struct selection *s, __u32 pid);
/*
 * Whether the filters let a task of that process, user and name through, of whatever cgroup, and of
 * whatever process where those are followed: by these the kernel side has chosen whose events come.
 */
bool selection_has(const struct selection *s, __u32 pid, __u32 uid, const struct comm *comm);
/* Whether what the event tells is by such a task, and of the cgroup: not by others with its ring. */
bool selection_has_event(const struct selection *s, const struct fact *f);
/* Of tasks that a walk found, all of them: .chosen as FACT_F_CHOSEN says. */
bool selection_has_found(const struct selection *s, bool chosen, __u32 pid, __u32 uid,
			 const struct comm *comm);
/* .h is the head of a FACT_HOLDER. */
bool selection_has_task(const struct selection *s, const struct fact *h);
bool selection_has_holder(const struct selection *s, const struct holder *h);
/* The first of the ring's holders that they let through, by which it is named; NULL = none. */
const struct holder *selection_holder(const struct selection *s, const struct ring *r);
/* Whether they let one of the ring's holders through. */
bool selection_has_ring(const struct selection *s, const struct ring *r);

#endif
