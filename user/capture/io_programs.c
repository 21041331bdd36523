// SPDX-License-Identifier: GPL-2.0
#include <abi/io_types.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/clock.h"
#include "base/err.h"
#include "capture/fact_reader.h"
#include "capture/io_maps.h"
#include "capture/io_overlap.h"
#include "capture/io_programs.h"
#include "capture/io_stale.h"
#include "capture/io_under_way.h"
#include "capture/kernel.h"
#include "capture/prototype.h"
#include "capture/targets.h"
#include "fixbuf.skel.h"

#define MAX_PROGS 16

static const char *const type_names[NR_IO_TYPES] = IO_TYPE_NAMES;

struct io_stat {
	struct fixbuf_bpf *skel;
	struct io_reader *reader;
	struct bpf_program *progs[MAX_PROGS];
	struct bpf_link *links[MAX_PROGS];
	size_t nr;
	bool twin[MAX_PROGS];	/* does the same as that before it */
	bool tells[MAX_PROGS];	/* events, and does not only count */
	bool by_user_data;
	bool overflow_unseen;	/* a completion that finds the ring full is not traced as one */
	bool peeks;		/* at requests under way */
	__u64 reused;		/* whose end was not seen, and did not overflow */
	struct io_model last;	/* losses and time when .since was asked for last */
};

/* Arguments of a tracepoint's probes without the first, which is none; -1 when there is no such. */
static int tracepoint_args(const char *name)
{
	struct prototype p;

	return prototype_find_tracepoint(&p, name) ? (int)p.nr_args - 1 : -1;
}

static void use(struct io_stat *s, struct bpf_program *prog)
{
	bpf_program__set_autoload(prog, true);
	s->progs[s->nr++] = prog;
}

static void use_fact(struct io_stat *s, struct bpf_program *prog)
{
	s->tells[s->nr] = true;
	use(s, prog);
}

/* The one for who wants all, or that for who selects. */
#define PROGRAM(skel, name) \
	((skel)->rodata->select_by ? (skel)->progs.name##_some : (skel)->progs.name)

static struct bpf_program *end_program(struct fixbuf_bpf *skel, const struct io_how *how, bool cqe)
{
	if (how->by_buffer || how->by_address || how->stale)
		return cqe ? PROGRAM(skel, io_detail_cqe) : PROGRAM(skel, io_detail_res);
	if (how->latency)
		return cqe ? PROGRAM(skel, io_time_cqe) : PROGRAM(skel, io_time_res);
	return cqe ? PROGRAM(skel, io_count_cqe) : PROGRAM(skel, io_count_res);
}

/* Requests that are refused at submission, with their sqe. */
static bool tells_refusals(const struct io_stat *s)
{
	return !s->by_user_data && tracepoint_args("io_uring_req_failed") == 3;
}

static struct bpf_program *punt_program(const struct io_stat *s)
{
	return s->by_user_data ? s->skel->progs.io_punt_ud : s->skel->progs.io_punt;
}

/* .start: where plain I/O is counted, too, else NULL. .cqe: completions bear one, as from 6.13 on. */
static void use_fact_programs(struct io_stat *s, struct bpf_program *start, bool submit_req, bool cqe)
{
	use_fact(s, start ? start : s->by_user_data ? s->skel->progs.io_submit_ud :
		    submit_req ? s->skel->progs.io_fact_submit_req : s->skel->progs.io_fact_submit_sqe);
	if (tells_refusals(s))
		use_fact(s, s->skel->progs.io_fact_failed);
	use_fact(s, start ? punt_program(s) : s->by_user_data ? s->skel->progs.io_fact_punt_ud :
		    s->skel->progs.io_fact_punt);
	use_fact(s, s->by_user_data ? s->skel->progs.io_fact_ud :
		    cqe ? s->skel->progs.io_fact_cqe : s->skel->progs.io_fact_res);
}

static void use_twice(struct io_stat *s, struct bpf_program *prog, struct bpf_program *again)
{
	use(s, prog);
	if (!targets_may_be_missed())
		return;
	s->twin[s->nr] = true;
	use(s, again);
}

/*
 * What tells rings and processes apart that have one address or number after the
 * other: last in the list, which is the first to be attached and the last to go.
 */
static void use_identity(struct io_stat *s)
{
	struct fixbuf_bpf *skel = s->skel;

	use_twice(s, skel->progs.io_ring_create, skel->progs.io_ring_create_again);
	use_twice(s, skel->progs.io_owner_exit, skel->progs.io_owner_exit_again);
	if (!s->by_user_data)
		use_twice(s, skel->progs.io_owner_exec, skel->progs.io_owner_exec_again);
}

/* For advice, and for failures of what was unregistered. */
static void use_calls(struct io_stat *s, const struct io_how *how)
{
	use(s, how->costs ? s->skel->progs.io_calls_cost : s->skel->progs.io_calls);
}

/* What the prototypes look like by version stands in bpf/io.bpf.c. */
static int choose_programs(struct io_stat *s, const struct io_how *how)
{
	int complete = tracepoint_args("io_uring_complete");
	int submit_req = tracepoint_args("io_uring_submit_req");
	int submit_sqe = tracepoint_args("io_uring_submit_sqe");
	struct bpf_program *start = NULL;

	s->by_user_data = complete == 4;
	if (s->by_user_data && submit_sqe == 7)
		start = s->skel->progs.io_submit_ud;
	else if (submit_req == 1)
		start = complete == 3 ? PROGRAM(s->skel, io_submit_cast) :
					PROGRAM(s->skel, io_submit_req);
	else if (submit_sqe == 2)
		start = PROGRAM(s->skel, io_submit_sqe);
	if (complete < 3 || !start)
		return err_set(ENOTSUP, "this kernel's io_uring tracepoints have an unknown form; 'doctor' says what else works here");
	/* to 5.17 a completion that overflows is traced as one, too */
	s->overflow_unseen = !s->by_user_data && tracepoint_args("io_uring_cqe_overflow") > 0;
	if (s->overflow_unseen)
		use(s, s->skel->progs.io_overflow);
	if (!s->by_user_data && tracepoint_args("io_uring_fail_link") == 2)
		use(s, s->skel->progs.io_fail_link);
	if (how->sample) {
		use_fact_programs(s, how->by_address ? start : NULL, submit_req == 1, complete == 3);
		if (how->by_address)
			use_calls(s, how);
		use_identity(s);
		return 0;
	}
	/* without a request at the end, its start says what it was */
	if (how->latency || how->by_address || how->enters || how->overlap || s->by_user_data)
		use(s, start);
	/* paid for by failures: counted or timed, each is told with its cause */
	if (tells_refusals(s))
		use(s, s->skel->progs.io_req_failed);
	use(s, s->by_user_data ? s->skel->progs.io_complete_ud :
	       end_program(s->skel, how, complete == 3));
	use(s, punt_program(s));
	use_calls(s, how);
	s->peeks = how->under_way && how->latency && !s->by_user_data;
	if (s->peeks)
		bpf_program__set_autoload(s->skel->progs.io_peek, true);
	use_identity(s);
	return 0;
}

/* 0 where it is in none of the 32 bits that are looked at. */
static __u32 flag_of(__s64 bit)
{
	return bit >= 0 && bit < 32 ? 1U << bit : 0;
}

/* Flags of a request that other kernels have elsewhere, and how many operations this one has. */
static void learn_flags(struct fixbuf_bpf *skel)
{
	static const char *const names[] = { "REQ_F_LINK_TIMEOUT_BIT", "REQ_F_POLLED_BIT", "REQ_F_REISSUE_BIT",
					      "REQ_F_SKIP_LINK_CQES_BIT" };
	__s64 bits[4], ops = kern_enumerator("io_uring_op", "IORING_OP_LAST");

	skel->rodata->io_nr_ops = ops > 0 ? ops : 0;
	kern_enumerators("REQ_F_FIXED_FILE_BIT", names, bits, 4);
	skel->rodata->io_link_timeout = flag_of(bits[0]);
	skel->rodata->io_polled = flag_of(bits[1]);
	skel->rodata->io_reissue = flag_of(bits[2]);
	skel->rodata->io_mutes_links = flag_of(bits[3]);
}

struct io_stat *io_stat_prepare(struct fixbuf_bpf *skel, const struct io_how *how)
{
	struct io_stat *s = must_alloc(1, sizeof(*s));

	s->skel = skel;
	if (choose_programs(s, how)) {
		free(s);
		return NULL;
	}
	for (int i = 0; i < NR_IO_TYPES; i++)
		skel->rodata->io_types[i] = kern_type(type_names[i], BTF_KIND_STRUCT);
	learn_flags(skel);
	skel->rodata->io_latency = how->latency;
	skel->rodata->io_share_starts = how->share_starts;
	skel->rodata->io_sample = how->sample;
	skel->rodata->io_by_buffer = how->by_buffer;
	skel->rodata->io_by_address = how->by_address;
	skel->rodata->io_by_enter = how->enters && tells_refusals(s);
	io_stale_prepare(skel, how->stale);
	io_overlap_prepare(skel, how->overlap);
	s->reader = io_reader_prepare(skel, s->by_user_data, !how->only_ended, how->intervals,
				      how->rows_since);
	return s;
}

/* Ends first: what was started before them would look like never ended. */
int io_stat_start(struct io_stat *s)
{
	int err = io_reader_start(s->reader);

	/* the first reading of what was gained is of the time from here on */
	s->last.t_ns = clock_now_ns();
	if (err)
		return err;
	for (size_t i = s->nr; i--;) {
		s->links[i] = targets_attach(s->progs[i]);
		if (!s->links[i])
			return err_set(errno, "cannot attach %s: %s; 'doctor' says what this kernel offers",
				       bpf_program__name(s->progs[i]), strerror(errno));
	}
	return 0;
}

/* Starts first, so that none is left over. */
void io_stat_stop(struct io_stat *s)
{
	for (size_t i = 0; i < s->nr; i++) {
		bpf_link__destroy(s->links[i]);
		s->links[i] = NULL;
	}
}

static __u64 missed_runs(const struct io_stat *s)
{
	__u64 sum = 0;

	for (size_t i = 0; i < s->nr; i++) {
		bool twice = i + 1 < s->nr && s->twin[i + 1];

		sum += targets_missed_runs(s->progs[i], twice ? s->progs[i + 1] : NULL);
		i += twice;
	}
	return sum;
}

/* What overflowed left its start until the request is used again: neither lost twice nor under way. */
static void settle_overflow(struct io_stat *s, struct io_model *m)
{
	struct io_loss *l = &m->loss;
	__u64 left = l->overflowed > l->reused ? l->overflowed - l->reused : 0;

	if (!s->peeks)
		m->in_flight -= left < m->in_flight ? left : m->in_flight;
	if (l->reused > l->overflowed && l->reused - l->overflowed > s->reused)
		s->reused = l->reused - l->overflowed;
	l->reused = s->reused;
}

int io_stat_read(struct io_stat *s, struct io_model *all, struct io_model *since)
{
	int err = io_reader_read(s->reader, all, since);

	all->missed = missed_runs(s);
	/* only what was not seen leaves a start */
	if (!err && s->peeks && all->in_flight && (all->loss.overflowed || all->loss.late || all->missed))
		err = io_under_way_count(s->skel, &all->in_flight);
	if (s->overflow_unseen)
		settle_overflow(s, all);
	if (since) {
		since->in_flight = all->in_flight;
		io_model_losses_between(&s->last, all, since);
		s->last.loss = all->loss;
		s->last.missed = all->missed;
		s->last.calls_lost = all->calls_lost;
		s->last.t_ns = all->t_ns;
	}
	return err;
}

__u64 io_stat_since_ns(const struct io_stat *s)
{
	return s->last.t_ns;
}

int io_stat_see_under_way(struct io_stat *s, struct io_model *m, __u64 least_age_ns)
{
	if (s->by_user_data)
		return io_under_way_named(s->skel, m, least_age_ns);
	return s->skel->rodata->io_latency ? io_under_way_find(s->skel, m, least_age_ns) : 0;
}

void io_stat_only_counts(const struct io_stat *s, struct facts *facts)
{
	for (size_t i = 0; i < s->nr; i++)
		if (!s->tells[i])
			facts_leave_out(facts, s->progs[i]);
}

bool io_stat_crowded(const struct io_stat *s)
{
	return io_reader_crowded(s->reader);
}

void io_stat_forget_gone(struct io_stat *s)
{
	io_reader_forget_gone(s->reader);
}

int io_stat_tidy(struct io_stat *s, const struct ledger *l)
{
	return io_reader_tidy(s->reader, l);
}

size_t io_stat_losers(const struct io_stat *s, struct io_loser **list)
{
	return io_reader_losers(s->reader, list);
}

const char *io_stat_starts_by(const struct io_stat *s)
{
	return s->by_user_data ? "user_data" : "request";
}

unsigned int io_stat_starts_shared(const struct io_stat *s)
{
	/* kept by user_data each has its own */
	return s->skel->rodata->io_share_starts && !s->by_user_data ? IO_START_SHARED : 1;
}

void io_stat_free(struct io_stat *s)
{
	if (!s)
		return;
	io_stat_stop(s);
	io_reader_free(s->reader);
	free(s);
}
