/* SPDX-License-Identifier: GPL-2.0 */
/* Findings: what a check concludes from the ledger. */
#ifndef FIXBUF_CHECKS_FINDING_H
#define FIXBUF_CHECKS_FINDING_H

#include "model/ledger.h"
#include "model/tier.h"

enum severity { SEVERITY_INFO, SEVERITY_WARNING, SEVERITY_ERROR, NR_SEVERITIES };

#define FINDING(name, ...) name,
enum finding_tag {
#include "checks/finding_table.h"
	NR_FINDING_TAGS
};
#undef FINDING

/* What a finding is about: what tells it from others of its tag. */
enum finding_scope {
	SCOPE_SLOT,	/* a buffer in a slot of a ring */
	SCOPE_RING,	/* memory that a ring pinned, which may be gone itself */
	SCOPE_MM,	/* an account: an address space's, or single buffers of one */
	SCOPE_USER,	/* a user's account, whichever of the user's processes is named with it */
};

/* Why memory is overcharged, where that is known: each cause has a remedy. */
enum overcharged_cause {
	OVERCHARGED_SOMEHOW, OVERCHARGED_BY_OVERLAP, OVERCHARGED_BY_RINGS, OVERCHARGED_BY_EDGES,
	OVERCHARGED_BY_ALIASES,
};

/* What became of a stale page, and of one that is not mapped at its address. */
enum stale_cause {
	STALE_REPLACED, STALE_COPIED, STALE_DROPPED, STALE_TRUNCATED, STALE_PUNCHED, STALE_GUARDED,
	STALE_POISONED,
};
enum unmapped_cause { UNMAPPED_GONE, UNMAPPED_MOVED, UNMAPPED_KEPT, UNMAPPED_OTHERS };

/* How much of an account nothing explains. */
enum unexplained_cause { UNEXPLAINED_MUCH, UNEXPLAINED_LITTLE };

/* What a request that does not end waits for. */
enum stuck_cause { STUCK_ON_DEVICE, STUCK_ON_PROGRAM, STUCK_BY_DESIGN, STUCK_SOMEHOW, STUCK_BY_END };

/* Whom the error of an I/O tells of. */
enum failing_cause { FAILING_REQUEST, FAILING_DEVICE, FAILING_PEER };

/* How reads were lost. */
enum lost_cause { LOST_SINCE_SEEN, LOST_WITH_A_SLOT };

/* Whether requests over the same memory were under way together. */
enum overlap_cause { OVERLAP_CERTAIN, OVERLAP_POSSIBLE, OVERLAP_PLAIN };

/* Why a worker does an I/O. */
enum punted_cause { PUNTED_FORCED, PUNTED_TO_WAIT };

#define MAX_REMEDIES 7

/* .replayed_from of what only a look at pages shows: a recording holds none. */
#define TIER_NEVER (TIER_PATCHED + 1)

struct finding_traits {
	const char *tag;
	enum severity severity;
	unsigned int info_causes; /* bits of the causes that make it an info */
	enum finding_scope scope;
	__u64 rest_ns;		/* its account must rest for so long before it is sure, 0 = it is sure */
	bool by_level;		/* one account's level alone says so: sure even while a call is under way */
	bool by_cause;		/* one for an address space and cause, whatever buffers there are */
	bool of_io;		/* counters or events of I/O show it, and no look at memory and accounts */
	bool by_verify;		/* nobody looks for it but verify, once */
	bool by_program;	/* the program did it to its own memory, between calls */
	enum tier replayed_from; /* the least tier whose recordings show it */
	const char *remedies[MAX_REMEDIES]; /* by finding.cause */
};

struct finding {
	enum finding_tag tag;
	unsigned int cause;	/* an index into .remedies of its traits */
	__u64 ring;		/* 0: about a user or mm as a whole */
	__u32 pid, ns_pid;	/* .pid 0 = none */
	__u32 seen_by;		/* another process, as in /proc, whose view of the pages it is; 0 = none */
	__s32 fd;		/* -1 = none */
	__s32 index;		/* slot, -1 = not about one slot */
	__u32 uid;
	struct comm comm;	/* of .pid, empty when not known */
	__u64 addr;
	__u64 pages;
	__u64 buf;		/* SCOPE_SLOT: struct io_mapped_ubuf *, whichever rings hold it; else 0 */
	__u64 mm;		/* struct mm_struct *: whose addresses, or whose account; 0 = a user's */
	__u32 error;		/* failing I/O: errno that they end with, else 0 */
	__u64 requests;		/* of those that are counted while they come: so many so far; else 0 */
	__u64 call_ns;		/* the last call on the rings whose buffers it adds up, 0 = none */
	bool moving;		/* a call may have been half done on one of them, or one was not seen */
	bool beside;		/* calls on other rings of the account came in between the looks */
	unsigned int looks;	/* looks in a row that had it, each while what it adds up rested */
	bool minor;		/* it is so little that it is an info, whatever its tag */
	bool unconfirmed;	/* a suspicion: it did not stand still for long enough */
	__s64 since_ns;		/* in a recording: when it was first so, since the begin */
	char *detail;		/* owned: evidence in one sentence */
	const char *remedy;	/* what a person can do; set by finding_add() */
};

struct findings {
	struct finding *list;	/* owned */
	size_t nr;
};

/*
 * Equal bytes: the same finding, seen again. It has no padding. What is about a buffer is told by
 * that and its pages: a clone in another ring is the same.
 */
struct finding_key {
	__u64 ring, buf, mm, addr;
	__u32 tag, pid, uid, cause;
	__s32 index;
	__u32 error;
};

/* The tags, as text: by enum finding_tag, and as words that end with NULL. */
extern const union finding_tag_list {
	struct { const char *tag; } of[NR_FINDING_TAGS + 1];
	const char *words[NR_FINDING_TAGS + 1];
} finding_tag_list;

const struct finding_traits *finding_traits(enum finding_tag tag);
const char *finding_tag_name(enum finding_tag tag);
/* Whether looks at memory and accounts, as passes of export are, look for it, of this severity mostly. */
bool finding_is_sought(enum finding_tag tag, enum severity s);
/* That of this cause; the highest is in the tag's traits. */
enum severity severity_of_finding(const struct finding *f);
const char *severity_name(enum severity s);

struct finding_key finding_key(const struct finding *f);

/* Appends; .detail is formatted and owned by the list. */
void finding_add(struct findings *fs, struct finding f, const char *detail_fmt, ...)
	__attribute__((format(printf, 3, 4)));
void findings_free(struct findings *fs);
/* Moves all of .from behind those of .to. */
void findings_append(struct findings *to, struct findings *from);
/* Drops those for which keep() is false. */
void findings_keep(struct findings *fs, bool (*keep)(const struct finding *f, const void *arg),
		   const void *arg);
/* The worst first; those of one severity keep their order. */
void findings_sort(struct findings *fs);
/* How many are confirmed, of each severity. */
struct finding_counts { unsigned int nr[NR_SEVERITIES]; };
struct finding_counts findings_count(const struct findings *fs);
/* The highest severity that is confirmed, or -1 when there is none. */
int findings_worst(const struct findings *fs);

#endif
