// SPDX-License-Identifier: GPL-2.0
/*
 * One ring buffer carries the facts of all CPUs in the order in which they
 * found room; each CPU numbers its own. A gap in the numbers is a loss when
 * the kernel side counted one there: a task that was preempted between number
 * and room makes a gap that closes by itself.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "base/array.h"
#include "base/clock.h"
#include "base/err.h"
#include "capture/fact_reader.h"
#include "capture/targets.h"
#include "fixbuf.skel.h"

#define ENOUGH		4096	/* facts in one go: its reader has signals and deadlines to look at */
#define SETTLE_NS	NS_PER_S

struct arrivals {
	__u64 seq;		/* the highest that arrived */
	__u64 lost;		/* reported */
};

struct facts {
	struct fixbuf_bpf *skel;
	struct ring_buffer *rb;
	struct facts_handler on;
	unsigned int handled;	/* in this go */
	bool quiet;		/* nothing came for so long that the next one wakes us */
	__u64 read_ns;		/* when something was read last */
	__u64 settled_ns;	/* when losses that no fact shows were looked for last */
	__u64 skipped;		/* runs that were reported */
	bool begins_skipped;	/* some of them of the program that sees calls begin */
	struct user_loss *losses;
	const struct bpf_program **left_out;
	size_t nr_left_out;
	struct arrivals seen[FACT_LANES];
};

struct facts *facts_prepare(struct fixbuf_bpf *skel, unsigned int ring_buffer_kib)
{
	struct facts *f = calloc(1, sizeof(*f));

	if (!f) {
		err_set(ENOMEM, "out of memory");
		return NULL;
	}
	f->skel = skel;
	bpf_map__set_autocreate(skel->maps.facts, true);
	bpf_map__set_max_entries(skel->maps.facts, ring_buffer_kib * 1024);
	bpf_map__set_autocreate(skel->maps.senders, true);
	skel->rodata->facts_told = 1;
	skel->rodata->facts_wake_bytes = ring_buffer_kib * 1024 / FACT_WAKE_PART;
	return f;
}

static void tell_loss(struct facts *f, __u32 cpu, __u64 after, __u64 before)
{
	struct arrivals *s = &f->seen[cpu & (FACT_LANES - 1)];
	__u64 lost = f->skel->bss->lanes[cpu & (FACT_LANES - 1)].lost;
	__u64 count = lost - s->lost;

	if (!count)
		return;
	if (before && count > before - after - 1)
		count = before - after - 1;
	s->lost += count;
	f->on.lost(&(struct lost_events){ count, cpu, after, before }, f->on.arg);
}

/*
 * A call that was not seen to begin was refused before, unless the kernel left out the program that
 * sees it: from the first time on that it did, who looks at a call must know. Counted after the
 * call's end, so that what was left out for it is in the count.
 */
static bool may_be_skipped(struct facts *f, __u32 call_flags)
{
	if (call_flags & CALL_F_UNENTERED && !f->begins_skipped)
		f->begins_skipped = targets_missed_runs(f->skel->progs.call_begins, NULL) > 0;
	return call_flags & CALL_F_UNENTERED && f->begins_skipped;
}

static void hand_over(struct facts *f, const struct fact *fact)
{
	union {
		struct fact h;
		struct fact_call call;
		struct fact_setup setup;
	} u;

	if (fact->kind == FACT_CALL) {
		u.call = *(const struct fact_call *)fact;
		/* of an enter its error tells that it did not arrive, and not its begin */
		if (u.call.op != CALL_ENTER && may_be_skipped(f, u.call.call_flags)) {
			u.call.seen |= SEEN_SKIPPED;
			fact = &u.h;
		}
	} else if (fact->kind == FACT_SETUP) {
		u.setup = *(const struct fact_setup *)fact;
		if (may_be_skipped(f, u.setup.call_flags)) {
			u.setup.seen |= SEEN_SKIPPED;
			fact = &u.h;
		}
	}
	f->on.fact(fact, f->on.arg);
}

static int on_record(void *arg, void *data, size_t size)
{
	struct facts *f = arg;
	const struct fact *fact = data;
	struct arrivals *s = &f->seen[fact->cpu & (FACT_LANES - 1)];

	if (size < sizeof(*fact))
		return 0;
	if (fact->seq > s->seq + 1)
		tell_loss(f, fact->cpu, s->seq, fact->seq);
	if (fact->seq > s->seq)
		s->seq = fact->seq;
	hand_over(f, fact);
	return ++f->handled < ENOUGH ? 0 : -EAGAIN;
}

int facts_start(struct facts *f, const struct facts_handler *handler)
{
	f->on = *handler;
	f->rb = ring_buffer__new(bpf_map__fd(f->skel->maps.facts), on_record, f, NULL);
	if (!f->rb)
		return err_set(errno, "cannot map the buffer of events: %s; a smaller --ring-buffer may help",
			       strerror(errno));
	return 0;
}

int facts_fd(const struct facts *f)
{
	return bpf_map__fd(f->skel->maps.facts);
}

/* What the kernel left out shows in its counts alone: who waits for it need not wait for long. */
static void settle_when_due(struct facts *f, __u64 now)
{
	if (now - f->settled_ns < SETTLE_NS)
		return;
	f->settled_ns = now;
	facts_settle(f);
}

bool facts_read(struct facts *f)
{
	bool more;
	__u64 now;

	f->handled = 0;
	more = ring_buffer__consume(f->rb) == -EAGAIN;
	now = clock_now_ns();
	/* twice: what began in time for us to look again may be handed over late */
	f->quiet = !f->handled && now - f->read_ns > 2 * FACT_WAIT_NS;
	if (f->handled)
		f->read_ns = now;
	if (!more)
		settle_when_due(f, now);
	return more;
}

unsigned int facts_pause_ms(const struct facts *f)
{
	return f->quiet ? UINT_MAX : FACT_WAIT_NS / NS_PER_MS;
}

void facts_leave_out(struct facts *f, const struct bpf_program *prog)
{
	array_grow(f->left_out, f->nr_left_out);
	f->left_out[f->nr_left_out++] = prog;
}

static bool tells_facts(const struct facts *f, const struct bpf_program *prog)
{
	for (size_t i = 0; i < f->nr_left_out; i++)
		if (f->left_out[i] == prog)
			return false;
	return true;
}

/*
 * A kernel that preempts programs does not run one on a cpu where another task
 * was preempted in it (5.12 counts that): whatever it would have told is missing.
 */
static __u64 skipped_runs(const struct facts *f)
{
	struct bpf_program *p;
	__u64 skipped = 0;

	bpf_object__for_each_program(p, f->skel->obj)
		if (tells_facts(f, p))
			skipped += targets_missed_runs(p, NULL);
	return skipped;
}

void facts_settle(struct facts *f)
{
	__u64 skipped = skipped_runs(f) - f->skipped;

	f->skipped += skipped;
	if (skipped)
		f->on.lost(&(struct lost_events){ skipped, SKIPPED_CPU, 0, 0 }, f->on.arg);
	for (__u32 cpu = 0; cpu < FACT_LANES; cpu++)
		tell_loss(f, cpu, f->seen[cpu].seq, 0);
}

static int by_count(const void *va, const void *vb)
{
	const struct user_loss *a = va, *b = vb;

	return a->count < b->count ? 1 : a->count > b->count ? -1 : 0;
}

static void add_loss(struct facts *f, size_t *nr, __u32 uid, __u64 count)
{
	if (!count)
		return;
	array_grow(f->losses, *nr);
	f->losses[(*nr)++] = (struct user_loss){ uid, count };
}

const struct user_loss *facts_losses(struct facts *f, size_t *nr)
{
	int senders = bpf_map__fd(f->skel->maps.senders);
	__u32 *last = NULL, uid;
	struct sender s;

	free(f->losses);
	f->losses = NULL;
	*nr = 0;
	for (int i = 0; i < FACT_SENDERS && !bpf_map_get_next_key(senders, last, &uid); i++) {
		last = &uid;
		if (!bpf_map_lookup_elem(senders, &uid, &s))
			add_loss(f, nr, uid, s.lost);
	}
	add_loss(f, nr, LOSS_OF_REST, f->skel->bss->other_senders.lost);
	if (*nr)
		qsort(f->losses, *nr, sizeof(*f->losses), by_count);
	return f->losses;
}

void facts_free(struct facts *f)
{
	if (!f)
		return;
	ring_buffer__free(f->rb);
	free(f->losses);
	free(f->left_out);
	free(f);
}
