/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a fleet is told: counters since the start and gauges of now, by owner.
 * The number of owners is bounded. Who is gone, and was told, gives its place to
 * who comes; who finds no room is folded into one more, "other"; of those that are
 * there the largest have a place. Knows nothing of BPF or HTTP: every rule is testable offline.
 */
#ifndef FIXBUF_COMMANDS_EXPORT_MODEL_H
#define FIXBUF_COMMANDS_EXPORT_MODEL_H

#include <abi/fact.h>
#include "base/address_key.h"
#include "checks/finding.h"
#include "checks/verdict.h"
#include "commands/export/cgroups.h"
#include "model/io_counters.h"
#include "model/io_loss.h"
#include "model/selection.h"

struct capture;

/* Powers of two of nanoseconds, the histograms' own edges: nothing is split by folding. */
#define BOUNDS		24	/* 1 us to 8.6 s */
#define BOUND_NS(i)	((1ULL << (10 + (i))) - 1)	/* the largest value within */

#define IDLE_NS		300000000000ULL	/* who was not seen for so long gives its place away */

enum export_by { EXPORT_BY_COMM, EXPORT_BY_PID, EXPORT_BY_RING, EXPORT_BY_CGROUP };

struct bounded {
	__u64 count[BOUNDS + 1];	/* the last: above all bounds */
	__u64 sum_ns;
};

struct owner_key {
	__u32 uid;
	__u32 pid;		/* 0 unless told apart by it */
	__u64 ring;		/* likewise */
	__u64 cgroup;		/* likewise: of cgroups_id(), 0 also where it is not known */
	struct comm comm;
};

/* What failed of one cause. */
struct cause_told {
	int error;
	__u64 key;		/* cause_key(); 0: of those that found no room */
	char *text;		/* owned: cause_text() up to the remedy, NULL with .key 0 */
	__u64 count;
};

struct causes_told {
	struct cause_told *list; /* owned */
	size_t nr;
};

struct call_count {
	__u32 op;		/* enum call_op */
	int error;		/* 0 = done */
	__u64 count;
	struct causes_told causes;
};

struct io_count {
	__u8 opcode;
	bool fixed;
	__u64 ops, bytes, errors, shorts, punts;
	struct causes_told causes;
	struct bounded latency, notices;
};

struct owner {
	struct owner_key key;
	struct owner_user *user; /* as seats.h has it */
	bool other;		/* stands for all that found no room */
	char *cgroup;		/* owned: path of .key.cgroup, NULL unless told apart by it */
	__u64 seen_ns;
	bool told, ever_told;	/* what it counts: all of it, or some */
	__u64 weight_bytes;	/* of what it had registered when it was last looked at */
	struct call_count *calls; /* owned, as all lists */
	size_t nr_calls;
	struct causes_told setups; /* rings that were not made */
	struct io_count *ios;
	size_t nr_ios;
	bool now;		/* the gauges below are of something */
	bool charge_known;	/* the kernel keeps it by buffer */
	__u64 rings, buffers, bytes, pinned_pages, charged_pages;
	bool has_account;
	__s64 account_pages;	/* pinned_vm of address spaces that rings are charged to */
	__u64 finding_pages[NR_FINDING_TAGS][NR_SEVERITIES];
	bool has_finding[NR_FINDING_TAGS][NR_SEVERITIES];
	UT_hash_handle hh;
};

struct user_gauge {
	__u32 uid;
	bool other, limited;
	__s64 locked_pages;
	__u64 limit_bytes;
};

/* What a pass over all pages found, by who, tag and severity, which differ by the cause. */
struct pass_finding {
	struct owner_key key;
	__u32 pid;		/* by cgroup, which who looks at pages does not read */
	__u32 tag;		/* enum finding_tag */
	__u32 severity;		/* enum severity: the finding's own */
	__u32 count;
	__u64 pages;
};

/* What a pass could not look at or confirm, by reason and user. */
struct pass_unsettled {
	__u32 what;		/* enum unsettled_what */
	__u32 uid;		/* PASS_NO_UID: of no user in particular */
	__u64 count;
};

#define PASS_NO_UID	(~0U)
#define PASS_MOST	(1U << 20)	/* of either: each stands for an owner or a user */

struct pass {
	__u32 failed;		/* could not look: nothing else is valid */
	__u32 nr, nr_unsettled;	/* of what follows it */
	__u32 unsteady_rings, unsteady_buffers, denied_buffers;
	__u32 ignored;		/* findings, by --ignore: not among .nr */
	__u64 pages, took_ns, realtime_ns;
};

#define EXPORT_LOSERS	64

struct export_model {
	enum export_by by;
	size_t max_owners;
	struct cgroups cgroups;
	const struct selection *select;	/* whose rings are told; not owned */
	struct owner *owners, *other; /* .other is NULL until something is folded */
	struct owner_user *owner_users;	/* owned: users that have owners */
	__u64 folded;		/* different keys that were, nearly: see is_known_fold() */
	__u8 *folds;		/* owned */
	struct user_gauge *users;
	size_t nr_users;
	struct bounded call_time[CALL_CLONE + 1];
	__u64 lost;
	struct user_loss losers[EXPORT_LOSERS]; /* .nr_losers of them; who came first stays */
	size_t nr_losers;
	__u64 lost_by_others;	/* than those */
	struct io_loss io_loss;	/* as the kernel side counts */
	struct io_loser *io_losers; /* .nr_io_losers of them, owned: whose of that is known */
	size_t nr_io_losers;
	__u64 io_missed;
	bool verifying, has_pass;
	struct pass pass;
	struct pass_unsettled *unsettled; /* .pass.nr_unsettled of them, owned */
	__u64 unsettled_others[NR_UNSETTLED]; /* of users that found no room there */
	__u64 passes, failed_passes;
	__u64 findings[NR_FINDING_TAGS][NR_SEVERITIES];
	struct address_key own_key;
	const struct address_key *key;	/* hides the kernel's addresses in labels, NULL = they are told */
	__u32 own_pids[2];	/* processes of ours: their rings are not told */
	__u64 realtime_ns, collect_ns, walk_ns;	/* of the last collection */
};

void export_model_init(struct export_model *m, enum export_by by, size_t max_owners,
		       const struct selection *select);
void export_model_free(struct export_model *m);

/* What it holds was told: who is gone may now give its place away. */
void export_told(struct export_model *m);

/* The owner of this key, or who stands for those without room; good until the next call. */
struct owner *export_owner(struct export_model *m, const struct owner_key *key, __u64 now_ns);
/* .explain: why it failed, if it did. */
void export_call(struct export_model *m, const struct fact_call *c, const char *explain);
void export_setup(struct export_model *m, const struct fact_setup *s, const char *explain);

/* ---- keys.c ---- */

/* The next two are without the cgroup, which those after them add: it takes a model to look it up. */
struct owner_key export_key(enum export_by by, __u32 uid, const struct comm *comm, __u32 pid, __u64 ring);
/* Whose this ring is. */
struct owner_key export_ring_key(enum export_by by, const struct ring *r);
void export_key_place(struct export_model *m, struct owner_key *key, __u32 pid);
struct owner_key export_process_key(struct export_model *m, __u32 uid, const struct comm *comm, __u32 pid,
				    __u64 ring);
struct owner_key export_placed_ring_key(struct export_model *m, const struct ring *r);

/* ---- causes.c ---- */

void export_cause(struct causes_told *c, int error, const char *explain, __u64 count);
void export_causes_merge(struct causes_told *to, const struct causes_told *from);
void export_causes_free(struct causes_told *c);

/* ---- io.c ---- */

/* .all: losses since the start; .since: rows of what is new since the last time, which is added. */
void export_io(struct export_model *m, const struct io_model *all, const struct io_model *since,
	       __u64 now_ns);
/* Adds one owner's I/O to another's. */
void export_io_merge(struct owner *to, const struct owner *from);
void export_io_free(struct owner *o);


void export_rings(struct export_model *m, const struct ledger *l, __u64 now_ns);

/* ---- losers.c ---- */

/* Whose events were lost since the start. */
void export_losers(struct export_model *m, const struct user_loss *losers, size_t nr);
/* That, and whose I/O. */
void export_losses(struct export_model *m, const struct capture *c);

/* ---- found.c ---- */

void export_pass(struct export_model *m, const struct pass *p, const struct pass_finding *list,
		 const struct pass_unsettled *unsettled, __u64 now_ns);
/* No one looks at pages any more: what was found once is not told on. */
void export_no_passes(struct export_model *m);

#endif
