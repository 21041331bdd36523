// SPDX-License-Identifier: GPL-2.0
/*
 * Is what is pinned charged, once? By components where each buffer knows its
 * charge (to 7.1): buffers that share a folio, directly or through others.
 * By address space in any case.
 */
#include <stdio.h>
#include <stdlib.h>
#include "base/alloc.h"
#include "base/fmt.h"
#include "base/page_size.h"
#include "checks/checks.h"
#include "checks/folios.h"
#include "checks/overcharge.h"
#include "checks/places.h"
#include "model/ledger_buffers.h"

/* An address space with the places of its rings' buffers, in order of user and arrival. */
struct account {
	const struct ledger *l;
	const struct ledger_mm *mm;
	const struct place *places;
	size_t nr;
	__s64 excess;		/* pages charged beyond what its buffers say, where they say it */
	struct findings *out;
};

static int by_account(const void *va, const void *vb)
{
	const struct place *a = va, *b = vb;
	const void *ma = a->ring->mm, *mb = b->ring->mm;
	const void *ua = a->ring->user, *ub = b->ring->user;

	if (ma != mb)
		return ma < mb ? -1 : 1;
	if (ua != ub)
		return ua < ub ? -1 : 1;
	return (a->order > b->order) - (a->order < b->order);
}

static const char *pages_text(char buf[FMT_LEN], __u64 pages)
{
	return fmt_bytes_long(buf, pages * PAGE_BYTES);
}

/* ---- components ---------------------------------------------------------------- */

static void report_uncharged(const struct account *a, const struct place *list,
			     const size_t *members, size_t nr, __u64 pinned, __u64 charged)
{
	const struct place *first = &list[members[0]], *named[NAMED_BUFFERS];
	struct finding f = place_finding(UNCHARGED_PIN, first);
	char names[(NAMED_BUFFERS + 1) * NAME_LEN], diff[FMT_LEN], held[FMT_LEN], count[FMT_LEN];

	for (size_t i = 0; i < nr; i++) {
		const struct ring *r = list[members[i]].ring;

		if (i < NAMED_BUFFERS)
			named[i] = &list[members[i]];
		f.moving |= r->ring_flags & RING_F_LOCKED;
		if (r->last_call_ns > f.call_ns)
			f.call_ns = r->last_call_ns;
	}
	name_places(names, sizeof(names), named, nr);
	f.pages = pinned - charged;
	/* a buffer of a ring that was not seen may bear the charge */
	f.moving |= a->excess >= (__s64)f.pages;
	pages_text(diff, f.pages);
	pages_text(held, pinned);
	fmt_count_pages(count, pinned);
	if (first->ring->user)
		finding_add(a->out, f, "%s: %s (%s, whole folios) %s pinned, %llu %s charged; "
			    "user %u bypasses RLIMIT_MEMLOCK by %s", names, count, held,
			    is_or_are(pinned), charged, is_or_are(charged), f.uid, diff);
	else
		finding_add(a->out, f, "%s: %s (%s, whole folios) %s pinned, %llu %s charged; "
			    "VmPin shows %s too little", names, count, held, is_or_are(pinned),
			    charged, is_or_are(charged), diff);
}

/* One user's buffers in one address space. Returns the pages found uncharged. */
static __u64 check_components(const struct account *a, const struct place *list, size_t nr,
			      struct overcharges *over)
{
	struct components c;
	bool all_known = true;
	__u64 uncharged = 0;

	for (size_t i = 0; i < nr; i++)
		all_known &= folios_known(list[i].buffer);
	components_find(&c, list, nr);
	for (size_t k = 0; k < c.nr; k++) {
		const size_t *members = c.members + c.begin[k];
		size_t nr_members = c.begin[k + 1] - c.begin[k];
		__u64 charged = 0;

		if (!folios_known(list[members[0]].buffer))
			continue;
		for (size_t i = 0; i < nr_members; i++)
			charged += list[members[i]].buffer->charged_pages;
		/* a buffer whose pages are not known may bear the charge of a shared folio */
		if (charged == c.pages[k] || (charged < c.pages[k] && !all_known))
			continue;
		if (charged > c.pages[k]) {
			overcharge_add(over, list, members, nr_members, c.pages[k], charged);
			continue;
		}
		uncharged += c.pages[k] - charged;
		report_uncharged(a, list, members, nr_members, c.pages[k], charged);
	}
	components_free(&c);
	return uncharged;
}

/* ---- address spaces ------------------------------------------------------------- */

static const struct ring *ring_of(const struct account *a)
{
	const struct ring *r = a->l->rings;

	while (r && r->mm != a->mm)
		r = r->hh.next;
	return r;
}

static struct finding mm_finding(const struct account *a, enum finding_tag tag, __u64 pages)
{
	const struct ring *r = ring_of(a);

	return (struct finding){
		.tag = tag,
		.pid = a->mm->pid ? a->mm->pid : r ? ring_pid(r) : 0,
		.ns_pid = a->mm->pid ? a->mm->ns_pid : r ? ring_ns_pid(r) : 0,
		.fd = -1,
		.index = -1,
		.uid = r ? ring_uid(r) : 0,
		.comm = a->mm->pid ? a->mm->comm : r ? ring_comm(r) : (struct comm){ "" },
		.mm = a->mm->id,
		.pages = pages,
	};
}

static void report_ghost(const struct account *a, __u64 pages)
{
	char name[NAME_LEN], size[FMT_LEN], count[FMT_LEN];

	finding_add(a->out, mm_finding(a, GHOST_PIN, pages), "%s (%s) %s charged to %s, and no "
		    "buffer table explains that: a buffer that left its slot is not yet released "
		    "(I/O in flight holds it; to 6.3 that takes a second anyway), a ring that "
		    "nothing shows has it (closed and not yet released, or kept by a poll of "
		    "thousands of descriptors), or perf, RDMA, vDPA or zero-copy receive pins "
		    "memory too",
		    fmt_count_pages(count, pages), pages_text(size, pages), is_or_are(pages),
		    mm_name(name, a->mm));
}

/* To 7.1: every buffer says what was charged for it. */
static void check_known(struct account *a)
{
	__u64 charged = 0, uncharged = 0;
	char name[NAME_LEN], size[FMT_LEN];
	struct overcharges over = { 0 };
	__s64 excess;

	for (size_t i = 0; i < a->nr; i++)
		charged += a->places[i].buffer->charged_pages;
	a->excess = excess = a->mm->pinned_pages - charged;
	for (size_t i = 0, n; i < a->nr; i += n) {
		const struct place *list = a->places + i;

		for (n = 0; i + n < a->nr && list[n].ring->user == list[0].ring->user;)
			n++;
		uncharged += check_components(a, list, n, &over);
	}
	overcharge_report(&over, a->out);
	if (excess > 0)
		report_ghost(a, excess);
	else if (excess < 0 && uncharged < (__u64)-excess)
		finding_add(a->out, mm_finding(a, UNCHARGED_PIN, -excess), "the buffers of %s were "
			    "charged %llu pages, but its pinned_vm is %lld: %s stay pinned without "
			    "a charge", mm_name(name, a->mm), charged, a->mm->pinned_pages,
			    pages_text(size, -excess));
}

/* Buffers that share pages, and what the kernel charges for those. */
static void find_shared(const struct place *list, size_t nr, bool per_ring, struct overcharges *over)
{
	struct place *some = must_alloc(nr, sizeof(*some));
	struct components c;

	components_find(&c, list, nr);
	for (size_t k = 0; k < c.nr; k++) {
		const size_t *members = c.members + c.begin[k];
		size_t n = c.begin[k + 1] - c.begin[k];
		__u64 pinned, expected;

		for (size_t i = 0; i < n; i++)
			some[i] = list[members[i]];
		folios_count(some, n, per_ring, &pinned, &expected);
		if (expected > pinned)
			overcharge_add(over, list, members, n, pinned, expected);
	}
	components_free(&c);
	free(some);
}

/* Buffers do not say what was charged for them: from 7.2 the ring does, ours keeps it per user and mm. */
static void check_unknown(const struct account *a)
{
	struct place *list = must_alloc(a->nr, sizeof(*list));
	char name[NAME_LEN], size[FMT_LEN];
	struct overcharges over = { 0 };
	__u64 pinned, expected, excess;
	size_t nr = 0;
	bool all_known = true, per_ring = false, limited = false;

	for (size_t i = 0; i < a->nr; i++) {
		if (!ring_is_charged(a->places[i].ring))
			continue;
		all_known &= folios_known(a->places[i].buffer);
		per_ring |= !(a->places[i].ring->ring_flags & RING_F_ACCT_SHARED);
		limited |= a->places[i].ring->user != NULL;
		list[nr++] = a->places[i];
	}
	folios_count(list, nr, per_ring, &pinned, &expected);
	if (expected > pinned)
		find_shared(list, nr, per_ring, &over);
	if (a->mm->pinned_pages < (__s64)pinned) {
		__u64 pages = pinned - a->mm->pinned_pages;

		finding_add(a->out, mm_finding(a, UNCHARGED_PIN, pages), "the buffers of %s hold "
			    "%llu pages (whole folios), %lld are charged: %s by %s",
			    mm_name(name, a->mm), pinned, a->mm->pinned_pages,
			    limited ? "RLIMIT_MEMLOCK is bypassed" : "VmPin is too low",
			    pages_text(size, pages));
	} else if (all_known) { /* else what looks too much may be of a buffer that was not read */
		excess = a->mm->pinned_pages - pinned;
		if (expected > pinned && excess >= expected - pinned) {
			overcharge_report(&over, a->out);
			excess -= expected - pinned;
		}
		if (excess)
			report_ghost(a, excess);
	}
	free(list);
}

static bool says_charge(const struct account *a)
{
	for (size_t i = 0; i < a->nr; i++)
		if (a->places[i].ring->ring_flags & RING_F_ACCT_PER_RING ||
		    a->places[i].buffer->charged_pages == ACCT_UNKNOWN)
			return false;
	return true;
}

/* ---- underflow ------------------------------------------------------------------- */

static void check_underflow(const struct ledger *l, struct findings *out)
{
	struct account a = { .l = l, .out = out };
	char name[NAME_LEN];

	for (const struct ledger_user *u = l->users; u; u = u->hh.next) {
		struct finding f = {
			.tag = CHARGE_UNDERFLOW, .fd = -1, .index = -1, .uid = u->uid,
			.pages = -u->locked_pages,
		};

		if (u->locked_pages < 0)
			finding_add(out, f, "user %u: locked_vm is %lld pages: the kernel gave back more "
				    "than it had charged; registrations of this user fail with ENOMEM, "
				    "or pass any limit", u->uid, u->locked_pages);
	}
	for (a.mm = l->mms; a.mm; a.mm = a.mm->hh.next)
		if (a.mm->pinned_pages < 0)
			finding_add(out, mm_finding(&a, CHARGE_UNDERFLOW, -a.mm->pinned_pages),
				    "%s: pinned_vm is %lld pages (VmPin: %llu kB): the kernel gave back "
				    "more than it had charged", mm_name(name, a.mm), a.mm->pinned_pages,
				    (__u64)a.mm->pinned_pages << (PAGE_SHIFT - 10));
}

/* No difference means anything once a counter is below zero. */
static bool is_broken(const struct ledger *l, const struct ledger_mm *mm, bool any_user_broken)
{
	if (mm->pinned_pages < 0)
		return true;
	for (const struct ring *r = l->rings; any_user_broken && r; r = r->hh.next)
		if (r->mm == mm && r->user && r->user->locked_pages < 0)
			return true;
	return false;
}

/* The first place of .mm, or of what follows it, in the sorted array. */
static size_t find_account(const struct place *places, size_t nr, const struct ledger_mm *mm)
{
	size_t low = 0, high = nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (places[mid].ring->mm < mm)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

void check_charges(const struct ledger *l, const struct check_options *o, struct findings *out)
{
	struct place *places;
	size_t nr = places_collect(l, &places);
	bool any_user_broken = false;

	for (const struct ledger_user *u = l->users; u; u = u->hh.next)
		any_user_broken |= u->locked_pages < 0;
	check_underflow(l, out);
	qsort(places, nr, sizeof(*places), by_account);
	for (const struct ledger_mm *mm = l->mms; mm; mm = mm->hh.next) {
		size_t first = find_account(places, nr, mm);
		struct account a = { .l = l, .mm = mm, .places = places + first, .out = out };

		if (!mm->rings || mm->partial || is_broken(l, mm, any_user_broken))
			continue;
		while (first + a.nr < nr && a.places[a.nr].ring->mm == mm)
			a.nr++;
		if (says_charge(&a))
			check_known(&a);
		else
			check_unknown(&a);
	}
	check_limits(l, o, out);
	free(places);
}
