// SPDX-License-Identifier: GPL-2.0
/*
 * Where the probes of hook_table.c are hung in. A probe that does nothing shows
 * whether the kernel lets us, buffers of our own show whether it ever fires.
 */
#include <abi/fact.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/err.h"
#include "capture/hook_proof.h"
#include "capture/hook_table.h"
#include "capture/hook_trial.h"
#include "capture/kernel.h"
#include "capture/pin_hooks.h"
#include "capture/targets.h"
#include "fixbuf.skel.h"

#define TRIES 3

/* one for each tier that was refused, all of the next */
_Static_assert(NR_PROBES + 2 <= EXACT_MAX_HOOKS, "EXACT_MAX_HOOKS");

struct placed {
	const struct probe *probe;
	struct hook *hook;
	struct bpf_program *programs[2];
	struct bpf_link *links[2];
};

struct exact {
	struct fixbuf_bpf *skel;
	enum tier tier;
	bool forced;
	struct bpf_link *note;
	struct placed placed[NR_PROBES];
	size_t nr_placed;
	struct hook hooks[EXACT_MAX_HOOKS];
	char points[EXACT_MAX_HOOKS][64];
	size_t nr_hooks;
};

static void __attribute__((format(printf, 2, 3))) say(struct hook *h, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(h->reason, sizeof(h->reason), fmt, ap);
	va_end(ap);
}

static struct hook *new_hook(struct exact *e, const struct probe *p, enum tier tier)
{
	struct hook *h = &e->hooks[e->nr_hooks];
	char *point = e->points[e->nr_hooks++];
	const char *how = p->tracepoint ? "raw_tp" :
			  tier == TIER_FUNCTIONS ? p->at_return ? "fentry, fexit" : "fentry" :
			  p->at_return ? "kprobe, kretprobe" : "kprobe";

	snprintf(point, sizeof(e->points[0]), "%s %s", how, p->func);
	h->fact = p->fact;
	h->point = point;
	return h;
}

static struct bpf_program *program(const struct exact *e, const struct probe *p, enum tier tier,
				   const char *suffix)
{
	char kind = p->tracepoint ? 'p' : tier == TIER_FUNCTIONS ? 'f' : 'k';
	char name[64];

	snprintf(name, sizeof(name), "%c_%s%s", kind, p->program, suffix);
	return bpf_object__find_program_by_name(e->skel->obj, name);
}

static bool is_placed(const struct exact *e, const char *program)
{
	for (size_t i = 0; i < e->nr_placed; i++)
		if (!strcmp(e->placed[i].probe->program, program))
			return true;
	return false;
}

/* Whether the kernel lets us; otherwise the hook says why not. */
static bool fits(struct exact *e, const struct probe *p, enum tier tier, struct hook *h)
{
	struct prototype proto;
	const char *no;

	if (!(p->tracepoint ? prototype_find_tracepoint : prototype_find)(&proto, p->func)) {
		say(h, "not a %s of this kernel", p->tracepoint ? "tracepoint" : "function");
		return false;
	}
	no = p->fits(&proto, e->skel);
	if (no) {
		say(h, "%s", no);
		return false;
	}
	if (p->with && !is_placed(e, p->with)) {
		say(h, "not useful alone");
		return false;
	}
	if (p->tracepoint)
		return true;
	/* once one could be attached, the others show it when they are */
	if (tier == TIER_FUNCTIONS)
		return !trial_fentry(&proto, p->need != NEED_NONE, h->reason, sizeof(h->reason));
	return p->need == NEED_NONE || !trial_kprobe(p->func, h->reason, sizeof(h->reason));
}

static void place(struct exact *e, const struct probe *p, enum tier tier, struct hook *h)
{
	struct placed *l = &e->placed[e->nr_placed++];

	l->probe = p;
	l->hook = h;
	l->programs[0] = program(e, p, tier, "");
	l->programs[1] = p->at_return ? program(e, p, tier, "_end") : NULL;
	say(h, "%s", p->good);
}

/* Finds a place for each need; NULL, or the hook that says what cannot be had. */
static const struct hook *choose(struct exact *e, enum tier tier)
{
	const struct hook *missing = NULL;
	bool met[NR_NEEDS + 1] = { false };

	for (size_t i = 0; i < NR_PROBES; i++) {
		const struct probe *p = &exact_probes[i];
		struct hook *h;

		if (p->tracepoint != (tier == TIER_PATCHED) || (p->need != NEED_NONE && met[p->need]))
			continue;
		/* without pins the rest says nothing */
		if (p->need != NEED_PIN && !met[NEED_PIN])
			break;
		h = new_hook(e, p, tier);
		if (fits(e, p, tier, h)) {
			met[p->need] = true;
			place(e, p, tier, h);
			continue;
		}
		if (p->need != NEED_NONE)
			missing = h;
	}
	return met[NEED_PIN] && met[NEED_UNPIN] ? NULL : missing;
}

static int cannot_have(const struct exact *e, enum tier tier, const struct hook *missing)
{
	return err_set(EOPNOTSUPP, "tier '%s' is unavailable: %s: %s%s", tier_name(tier),
		       missing->point, missing->reason,
		       e->forced ? "; omit --tier to use the best available" : "");
}

/* Of a tier that is not taken only what speaks against it is of interest. */
static void keep_only(struct exact *e, size_t first, const struct hook *missing)
{
	size_t from = missing - e->hooks;

	e->hooks[first] = *missing;
	memmove(e->points[first], e->points[from], sizeof(e->points[0]));
	e->hooks[first].point = e->points[first];
	e->nr_hooks = first + 1;
	e->nr_placed = 0;
}

static void switch_on(struct exact *e)
{
	struct fixbuf_bpf *skel = e->skel;

	bpf_map__set_autocreate(skel->maps.pending, true);
	bpf_map__set_autocreate(skel->maps.rings, true);
	bpf_map__set_autocreate(skel->maps.regions, true);
	bpf_program__set_autoload(skel->progs.note_ring, true);
	for (size_t i = 0; i < e->nr_placed; i++)
		for (int j = 0; j < 2; j++)
			if (e->placed[i].programs[j])
				bpf_program__set_autoload(e->placed[i].programs[j], true);
}

struct exact *exact_prepare(struct fixbuf_bpf *skel, enum tier tier)
{
	static const enum tier order[] = { TIER_PATCHED, TIER_FUNCTIONS, TIER_KPROBES };
	struct exact *e = calloc(1, sizeof(*e));

	if (!e) {
		err_set(ENOMEM, "out of memory");
		return NULL;
	}
	e->skel = skel;
	e->forced = tier != TIER_BEST;
	e->tier = TIER_TRACEPOINTS;
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		const struct hook *missing;
		size_t first = e->nr_hooks;

		if (e->forced && tier != order[i])
			continue;
		missing = choose(e, order[i]);
		if (!missing) {
			e->tier = order[i];
			switch_on(e);
			return e;
		}
		cannot_have(e, order[i], missing);
		keep_only(e, first, missing);
		/* what no stock kernel has is not missed */
		if (order[i] == TIER_PATCHED)
			e->nr_hooks = first;
	}
	if (!e->forced || tier == TIER_TRACEPOINTS)
		return e;
	free(e);
	return NULL;
}

static void detach(struct placed *l)
{
	for (int j = 0; j < 2; j++) {
		bpf_link__destroy(l->links[j]);
		l->links[j] = NULL;
	}
}

static void __attribute__((format(printf, 2, 3))) give_up(struct placed *l, const char *fmt, ...)
{
	va_list ap;

	detach(l);
	l->hook->attached = false;
	va_start(ap, fmt);
	vsnprintf(l->hook->reason, sizeof(l->hook->reason), fmt, ap);
	va_end(ap);
}

static void attach(struct placed *l)
{
	int err = 0;

	/* the return first: what entered is to be seen leaving */
	for (int j = 1; j >= 0 && !err; j--) {
		if (!l->programs[j])
			continue;
		l->links[j] = targets_attach(l->programs[j]);
		if (!l->links[j])
			err = -errno;
	}
	l->hook->attached = !err;
	if (err)
		give_up(l, "refused: %s", strerror(-err));
}

/*
 * Times that the kernel left out a program of the probe since another task was
 * preempted in it (5.12 counts that): under load ours do not all arrive.
 */
static __u64 left_out(const struct placed *l)
{
	__u64 sum = 0;

	for (int j = 0; j < 2; j++) {
		struct bpf_prog_info info = { 0 };
		__u32 len = sizeof(info);

		if (l->links[j] &&
		    !bpf_obj_get_info_by_fd(bpf_program__fd(l->programs[j]), &info, &len))
			sum += info.recursion_misses;
	}
	return sum;
}

/* One that fired, and would have as often as it must. */
static bool is_proven(const struct exact *e, const struct placed *l, __u64 want)
{
	__u64 hits = e->skel->bss->hits[l->probe->hit];

	return hits >= want || (hits && hits + left_out(l) >= want);
}

static __u64 wanted(const struct placed *l, const struct calibration *c)
{
	return l->probe->need == NEED_PIN ? c->registered :
	       l->probe->need == NEED_UNPIN ? c->released : 1;
}

static bool are_needs_proven(const struct exact *e, const struct calibration *c)
{
	for (size_t i = 0; i < e->nr_placed; i++) {
		const struct placed *l = &e->placed[i];

		if (l->probe->need != NEED_NONE && l->hook->attached &&
		    !is_proven(e, l, wanted(l, c)))
			return false;
	}
	return true;
}

static bool settled(const struct calibration *c, void *arg)
{
	const struct exact *e = arg;
	const __u64 *hits = e->skel->bss->hits;

	return are_needs_proven(e, c) && hits[HIT_REGION_FREED] == hits[HIT_REGION];
}

/* A hook that our own buffers did not bring to fire will not fire for others. */
static void judge(struct exact *e, const struct calibration *c)
{
	const __u64 *hits = e->skel->bss->hits;

	for (size_t i = 0; i < e->nr_placed; i++) {
		struct placed *l = &e->placed[i];
		__u64 want = wanted(l, c);

		if (!l->hook->attached || l->probe->hit == HIT_NONE || is_proven(e, l, want))
			continue;
		if (l->probe->need == NEED_NONE && !c->limited) {
			say(l->hook, "not proven: a ring of ours could not be charged to a user");
			continue;
		}
		/* the inner one serves the rings' memory too */
		if (l->probe->hit == HIT_AMOUNT_INNER && hits[HIT_REGION]) {
			say(l->hook, "for memory of rings; inlined where buffers are charged");
			continue;
		}
		give_up(l, hits[l->probe->hit] ? "fired for %llu of %llu buffers of ours only" :
			"exists but never fires: inlined, or nothing is charged there",
			hits[l->probe->hit], want);
	}
	e->skel->bss->amount_fires = hits[HIT_AMOUNT] || hits[HIT_AMOUNT_INNER];
}

static bool any_left_out(const struct exact *e)
{
	for (size_t i = 0; i < e->nr_placed; i++)
		if (left_out(&e->placed[i]))
			return true;
	return false;
}

/* Again when a need is not proven and runs were left out: all of ours may have been. */
static int try_them(struct exact *e, struct calibration *c)
{
	int err = calibrate(c, settled, e);

	for (int i = 1; i < TRIES && !err && !are_needs_proven(e, c) && any_left_out(e); i++) {
		memset(e->skel->bss->hits, 0, sizeof(e->skel->bss->hits));
		err = calibrate(c, settled, e);
	}
	return err;
}

static bool needs_met(const struct exact *e)
{
	bool met[NR_NEEDS + 1] = { false };

	for (size_t i = 0; i < e->nr_placed; i++)
		met[e->placed[i].probe->need] |= e->placed[i].hook->attached;
	return met[NEED_PIN] && met[NEED_UNPIN];
}

static int fall_back(struct exact *e, const char *why)
{
	const struct hook *missing = e->placed[0].hook;

	for (size_t i = 0; i < e->nr_placed; i++) {
		struct placed *l = &e->placed[i];

		if (why && l->probe->need != NEED_NONE)
			give_up(l, "%s", why);
		else if (l->hook->attached)
			give_up(l, "not useful alone");
		else if (l->probe->need != NEED_NONE)
			missing = l->hook;
	}
	cannot_have(e, e->tier, missing);
	e->tier = TIER_TRACEPOINTS;
	return e->forced ? -EOPNOTSUPP : 0;
}

int exact_start(struct exact *e)
{
	struct calibration c;

	if (e->tier == TIER_TRACEPOINTS)
		return 0;
	e->note = targets_attach(e->skel->progs.note_ring);
	for (size_t i = 0; i < e->nr_placed; i++)
		attach(&e->placed[i]);
	if (!needs_met(e))
		return fall_back(e, NULL);
	if (try_them(e, &c))
		return fall_back(e, err_text());
	judge(e, &c);
	return needs_met(e) ? 0 : fall_back(e, NULL);
}

enum tier exact_tier(const struct exact *e)
{
	return e->tier;
}

const struct hook *exact_hooks(const struct exact *e, size_t *nr)
{
	*nr = e->nr_hooks;
	return e->hooks;
}

void exact_want_ring(const struct exact *e, __u64 ring)
{
	__u8 wanted = RING_WANTED;

	if (e->tier != TIER_TRACEPOINTS)
		bpf_map__update_elem(e->skel->maps.rings, &ring, sizeof(ring), &wanted,
				     sizeof(wanted), BPF_ANY);
}

void exact_stop(struct exact *e)
{
	bpf_link__destroy(e->note);
	e->note = NULL;
	for (size_t i = 0; i < e->nr_placed; i++)
		detach(&e->placed[i]);
}

void exact_free(struct exact *e)
{
	if (!e)
		return;
	exact_stop(e);
	free(e);
}
