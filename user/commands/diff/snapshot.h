/* SPDX-License-Identifier: GPL-2.0 */
/* What diff takes of a document as list --json, verify --json and report --json print it. */
#ifndef FIXBUF_COMMANDS_DIFF_SNAPSHOT_H
#define FIXBUF_COMMANDS_DIFF_SNAPSHOT_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include "base/untrusted.h"
#include "commands/diff/run_report.h"
#include "model/asked.h"
#include "model/selection.h"

struct slot {
	__u64 addr, len_bytes;
	__u64 charged_bytes;
	__u32 index, refs;
	bool charge_known;
};

struct listed_ring {
	__u64 pid, start_ns;	/* of its first holder; 0 = it has none, it is not known */
	__u64 uid;
	__s64 ns_pid;		/* the same: 0 = as .pid, -1 = not seen there */
	struct untrusted comm;
	/* How it is held, which tells it from other rings of the process: a descriptor, an index or a thread. */
	enum held { HELD_BY_FD, HELD_BY_INDEX, HELD_OTHERWISE } held;
	__s64 number;
	__u64 creator_pid, pinned_bytes;
	__u64 setup_flags, sq_entries, cq_entries;
	struct slot *slots;	/* owned; by index */
	size_t nr_slots;
	size_t place;		/* in the document */
};

struct listed_finding {
	struct untrusted tag, severity, comm, detail;
	__u64 pid, uid;
	__s64 ns_pid, fd, index;
	struct untrusted whose;	/* of a recording, where another run has other ids: .comm */
	size_t place;
};

struct snapshot {
	const char *path;
	char *text;		/* owned; what is untrusted lies in it */
	struct untrusted boot_id, host; /* NULL = not told */
	__u64 page_bytes;
	__u64 missing;		/* slots, rings or events that it says it could not tell of */
	struct listed_ring *rings; /* owned; by process, then by how they are held */
	size_t nr_rings;
	struct listed_finding *findings; /* owned; by tag, then by whose they are */
	size_t nr_findings;
	bool has_rings, has_findings, is_unsettled;
	bool of_io;		/* stat printed it */
	bool recorded;		/* report --json or report --verify --json printed it */
	struct run_report run;	/* of a recording */
	struct asked_whom asked;	/* the same; .comms are untrusted */
};

#define SNAPSHOT_WANTED "give a recording, or what list --json, verify --json or report --json printed"

/* Of a text, which it owns from then on: 0, or an exit status after a sentence. */
int snapshot_take(struct snapshot *s, const char *name, char *text, size_t len);
/* Leaves out what is of others than were asked for; counters are of all, and go. */
void snapshot_select(struct snapshot *s, const struct selection *select);
void snapshot_free(struct snapshot *s);

/* The order of .rings, without that of the document: 0 = the same place. */
int ring_place(const struct listed_ring *a, const struct listed_ring *b);
int text_order(struct untrusted a, struct untrusted b);
int finding_place(const struct listed_finding *a, const struct listed_finding *b);

#endif
