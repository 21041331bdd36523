// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include "base/array.h"
#include "base/hash_table.h"
#include "commands/diff/compare.h"

/* ---- sums -------------------------------------------------------------------------------- */

/* A buffer in several tables: which it is, is told by what all of them show of it. */
struct shared {
	struct {
		__u64 addr, len_bytes, charged_bytes;
		__u64 refs;
	} key;
	__u32 seen;
	UT_hash_handle hh;
};

/* Of as many tables as it has references, the first counts. */
static bool counts(struct shared **all, const struct slot *s)
{
	struct shared want = { .key = { s->addr, s->len_bytes, s->charged_bytes, s->refs } }, *found;

	if (s->refs < 2)
		return true;
	HASH_FIND(hh, *all, &want.key, sizeof(want.key), found);
	if (!found) {
		found = must_alloc(1, sizeof(*found));
		found->key = want.key;
		HASH_ADD(hh, *all, key, sizeof(found->key), found);
	}
	return found->seen++ % s->refs == 0;
}

static void add_slot(struct sums *to, const struct slot *s)
{
	to->buffers++;
	to->registered_bytes += s->len_bytes;
	if (s->charge_known)
		to->charged_bytes += s->charged_bytes;
	else
		to->unknown++;
}

static struct sums sums_of(const struct listed_ring *list, size_t nr)
{
	struct shared *shared = NULL, *s, *next;
	struct sums sums = { .rings = nr };
	__u64 pid = 0;

	for (size_t i = 0; i < nr; i++) {
		const struct listed_ring *r = &list[i];

		for (size_t k = 0; k < r->nr_slots; k++)
			if (counts(&shared, &r->slots[k]))
				add_slot(&sums, &r->slots[k]);
		/* they are in the order of processes: each counts once */
		if (r->pid && r->creator_pid == r->pid && pid != r->pid) {
			sums.pinned_bytes += r->pinned_bytes;
			pid = r->pid;
		}
	}
	HASH_ITER(hh, shared, s, next) {
		HASH_DEL(shared, s);
		free(s);
	}
	return sums;
}

static bool are_alike(const struct sums *a, const struct sums *b)
{
	return !memcmp(a, b, sizeof(*a));
}

/* ---- changes ----------------------------------------------------------------------------- */

static struct change *add(struct difference *d, int what, const struct listed_ring *was,
			  const struct listed_ring *is)
{
	array_grow(d->changes, d->nr_changes);
	d->changes[d->nr_changes] = (struct change){ .what = what, .was = was, .is = is };
	return &d->changes[d->nr_changes++];
}

static bool slots_differ(const struct slot *a, const struct slot *b)
{
	return a->addr != b->addr || a->len_bytes != b->len_bytes || a->charge_known != b->charge_known ||
	       a->charged_bytes != b->charged_bytes;
}

/* Neighbours that are alike in what they had and have become one change. */
static void compare_slots(struct difference *d, const struct listed_ring *was, const struct listed_ring *is)
{
	struct { struct sums had, has; } last = { 0 };
	size_t i = 0, k = 0, first = d->nr_changes;

	while (i < was->nr_slots || k < is->nr_slots) {
		const struct slot *a = i < was->nr_slots ? &was->slots[i] : NULL;
		const struct slot *b = k < is->nr_slots ? &is->slots[k] : NULL;
		typeof(last) now = { 0 };
		struct change *c;

		if (a && b && a->index != b->index)
			*(a->index < b->index ? &b : &a) = NULL;
		i += a != NULL;
		k += b != NULL;
		if (a && b && !slots_differ(a, b))
			continue;
		if (a)
			add_slot(&now.had, a);
		if (b)
			add_slot(&now.has, b);
		c = &d->changes[d->nr_changes - 1];
		if (d->nr_changes == first || c->last + 1 != (a ?: b)->index || memcmp(&last, &now, sizeof(now))) {
			c = add(d, CHANGED_SLOTS, a ? was : NULL, b ? is : NULL);
			c->first = (a ?: b)->index;
			last = now;
		}
		c->last = (a ?: b)->index;
		if (a)
			add_slot(&c->had, a);
		if (b)
			add_slot(&c->has, b);
	}
}

static void add_ring(struct difference *d, const struct listed_ring *was, const struct listed_ring *is)
{
	size_t at = d->nr_changes;

	add(d, CHANGED_RING, was, is);
	if (was && is) {
		compare_slots(d, was, is);
		if (d->nr_changes == at + 1) {
			d->nr_changes = at;
			return;
		}
	}
	d->changes[at].had = was ? sums_of(was, 1) : (struct sums){ 0 };
	d->changes[at].has = is ? sums_of(is, 1) : (struct sums){ 0 };
}

static bool made_alike(const struct listed_ring *a, const struct listed_ring *b)
{
	return a->sq_entries == b->sq_entries && a->cq_entries == b->cq_entries && a->setup_flags == b->setup_flags;
}

/* Those of one process: a descriptor is the same ring's as long as the ring could be. */
static void compare_rings(struct difference *d, const struct listed_ring *was, size_t nr_was,
			  const struct listed_ring *is, size_t nr_is)
{
	size_t i = 0, k = 0;

	while (i < nr_was || k < nr_is) {
		int order = i == nr_was ? 1 : k == nr_is ? -1 : ring_place(&was[i], &is[k]);

		if (!order && made_alike(&was[i], &is[k])) {
			add_ring(d, &was[i++], &is[k++]);
			continue;
		}
		if (order <= 0)
			add_ring(d, &was[i++], NULL);
		if (order >= 0)
			add_ring(d, NULL, &is[k++]);
	}
}

static void add_process(struct difference *d, const struct listed_ring *was, size_t nr_was,
			const struct listed_ring *is, size_t nr_is)
{
	struct sums had = sums_of(was, nr_was), has = sums_of(is, nr_is);
	size_t at = d->nr_changes;

	add(d, CHANGED_PROCESS, nr_was ? was : NULL, nr_is ? is : NULL);
	d->changes[at].had = had;
	d->changes[at].has = has;
	compare_rings(d, was, nr_was, is, nr_is);
	if (d->nr_changes == at + 1 && are_alike(&had, &has))
		d->nr_changes = at;
}

static size_t nr_of_process(const struct snapshot *s, size_t at)
{
	size_t nr = 1;

	while (at + nr < s->nr_rings && s->rings[at + nr].pid == s->rings[at].pid)
		nr++;
	return nr;
}

static bool are_one(const struct difference *d, const struct listed_ring *a, const struct listed_ring *b)
{
	return !d->other_boot && (!a->start_ns || !b->start_ns || a->start_ns == b->start_ns);
}

static void compare_processes(struct difference *d, const struct snapshot *a, const struct snapshot *b)
{
	size_t i = 0, k = 0;

	while (i < a->nr_rings || k < b->nr_rings) {
		const struct listed_ring *was = i < a->nr_rings ? &a->rings[i] : NULL;
		const struct listed_ring *is = k < b->nr_rings ? &b->rings[k] : NULL;
		size_t nr_was, nr_is;

		if (was && is && was->pid != is->pid)
			*(was->pid < is->pid ? &is : &was) = NULL;
		nr_was = was ? nr_of_process(a, i) : 0;
		nr_is = is ? nr_of_process(b, k) : 0;
		i += nr_was;
		k += nr_is;
		if (was && is && !are_one(d, was, is)) {
			add_process(d, was, nr_was, NULL, 0);
			add_process(d, NULL, 0, is, nr_is);
		} else {
			add_process(d, was, nr_was, is, nr_is);
		}
	}
}

/* ---- findings ---------------------------------------------------------------------------- */

static const struct listed_ring *ring_of(const struct snapshot *s, __u64 pid)
{
	size_t low = 0, high = s->nr_rings;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (s->rings[middle].pid < pid)
			low = middle + 1;
		else
			high = middle;
	}
	return low < s->nr_rings && s->rings[low].pid == pid ? &s->rings[low] : NULL;
}

/* Whether what has that number is the same process in both. */
static bool is_same(const struct difference *d, const struct snapshot *a, const struct snapshot *b, __u64 pid)
{
	const struct listed_ring *x = ring_of(a, pid), *y = ring_of(b, pid);

	return !d->other_boot && (!x || !y || are_one(d, x, y));
}

static void add_finding(struct difference *d, const struct listed_finding *was, const struct listed_finding *is)
{
	array_grow(d->findings, d->nr_findings);
	d->findings[d->nr_findings++] = (struct finding_change){ was, is };
}

static void compare_findings(struct difference *d, const struct snapshot *a, const struct snapshot *b)
{
	size_t i = 0, k = 0;

	while (i < a->nr_findings || k < b->nr_findings) {
		const struct listed_finding *was = i < a->nr_findings ? &a->findings[i] : NULL;
		const struct listed_finding *is = k < b->nr_findings ? &b->findings[k] : NULL;
		int order = !was ? 1 : !is ? -1 : finding_place(was, is);

		i += order <= 0;
		k += order >= 0;
		if (!order && (was->whose.bytes || is_same(d, a, b, was->pid)))
			continue;
		if (order <= 0)
			add_finding(d, was, NULL);
		if (order >= 0)
			add_finding(d, NULL, is);
	}
}

/* ---- names ------------------------------------------------------------------------------- */

static int name_order(const void *a, const void *b)
{
	const struct listed_ring *x = a, *y = b;

	return text_order(x->comm, y->comm) ?: ring_place(x, y);
}

/* The same rings by the names of their processes; borrows of them. */
static struct listed_ring *by_name(const struct snapshot *s)
{
	struct listed_ring *list = must_alloc(s->nr_rings, sizeof(*list));

	if (s->nr_rings) {
		memcpy(list, s->rings, s->nr_rings * sizeof(*list));
		qsort(list, s->nr_rings, sizeof(*list), name_order);
	}
	return list;
}

static size_t nr_of_name(const struct listed_ring *list, size_t nr, size_t at)
{
	size_t n = at < nr;

	while (at + n < nr && !text_order(list[at + n].comm, list[at].comm))
		n++;
	return n;
}

static void compare_names(struct difference *d, const struct snapshot *a, const struct snapshot *b)
{
	struct listed_ring *was = by_name(a), *is = by_name(b);
	size_t i = 0, k = 0;

	while (i < a->nr_rings || k < b->nr_rings) {
		int order = i == a->nr_rings ? 1 : k == b->nr_rings ? -1 : text_order(was[i].comm, is[k].comm);
		size_t nr_was = order <= 0 ? nr_of_name(was, a->nr_rings, i) : 0;
		size_t nr_is = order >= 0 ? nr_of_name(is, b->nr_rings, k) : 0;

		array_grow(d->names, d->nr_names);
		d->names[d->nr_names++] = (struct name_change){
			order <= 0 ? was[i].comm : is[k].comm, sums_of(was + i, nr_was), sums_of(is + k, nr_is),
		};
		i += nr_was;
		k += nr_is;
	}
	free(was);
	free(is);
}

static bool differ(struct untrusted a, struct untrusted b)
{
	return a.bytes && b.bytes && text_order(a, b);
}

void compare(struct difference *d, const struct snapshot *a, const struct snapshot *b)
{
	*d = (struct difference){
		.had = sums_of(a->rings, a->nr_rings), .has = sums_of(b->rings, b->nr_rings),
		.other_boot = differ(a->boot_id, b->boot_id) || differ(a->host, b->host),
	};
	if (a->has_rings && b->has_rings)
		compare_processes(d, a, b);
	if (a->has_rings && b->has_rings)
		compare_names(d, a, b);
	d->compared_findings = a->has_findings && b->has_findings && a->recorded == b->recorded;
	if (d->compared_findings)
		compare_findings(d, a, b);
}

void difference_free(struct difference *d)
{
	free(d->changes);
	free(d->names);
	free(d->findings);
}
