// SPDX-License-Identifier: GPL-2.0
#include <abi/fact.h>
#include <stdio.h>
#include "base/page_size.h"
#include "checks/failure_setup.h"
#include "checks/plan.h"
#include "model/setup_flags.h"

#define GIB		(1ULL << 30)

bool kernel_version_parse(struct kernel_version *v, const char *text)
{
	/* %u takes a sign, too, and wraps around */
	return sscanf(text, "%u.%u", &v->major, &v->minor) == 2 && v->major < 1000 && v->minor < 1000;
}

/* "io_uring: import 5.15-stable io_uring": 5.10 has had the rules of 5.15 since 5.10.162. */
static bool from(const struct plan *p, __u32 major, __u32 minor)
{
	__u32 has = p->kernel.major == 5 && p->kernel.minor == 10 ? 15 : p->kernel.minor;

	return p->kernel.major > major || (p->kernel.major == major && has >= minor);
}

/*
 * The memory of rings is charged to the user by 5.11 and from 6.14 to 7.1. As versions, not as
 * the types of a kernel say it (bpf/kernel/ring.h): a plan is for a machine that is not here.
 */
static bool charged_by_power(const struct plan *p)
{
	return !from(p, 5, 12);
}

static bool charges_rings(const struct plan *p)
{
	return charged_by_power(p) || (from(p, 6, 14) && !from(p, 7, 2));
}

static __u64 up(__u64 bytes, __u64 to)
{
	return (bytes + to - 1) / to * to;
}

/* Why no ring of such queues can be had; NULL = it can. */
static const char *wrong_queues(const struct plan *p, const struct fact_setup *ring)
{
	if ((p->sqe128 || p->cqe32) && !from(p, 5, 19))
		return "IORING_SETUP_SQE128 and CQE32 are there from Linux 5.19 on; leave --sqe128 and --cqe32 out, or plan for a later --kernel";
	if (setup_own_pages(ring))
		return setup_cq_is_short(ring) ?
			"a completion queue has at least as many entries as the submission queue; give more --cq-entries" : NULL;
	return p->entries <= 32768 ? "a completion queue has at most 65536 entries; give fewer --cq-entries" :
		"a ring has at most 32768 entries; use more rings";
}

const char *plan_compute(const struct plan *p, struct plan_need *need)
{
	const struct fact_setup ring = {
		.entries = p->entries, .cq_entries = p->cq_entries,
		.setup_flags = (p->cq_entries ? SETUP_CQSIZE : 0) | (p->sqe128 ? SETUP_SQE128 : 0) |
			       (p->cqe32 ? SETUP_CQE32 : 0),
		.seen = SEEN_STRUCT | (charged_by_power(p) ? SETUP_CHARGED_POWER : 0),
	};
	const char *wrong;
	__u64 one;

	*need = (struct plan_need){ 0 };
	if (!from(p, 5, 10))
		return "kernels before 5.10 are not known here";
	if (p->buffers > (from(p, 5, 13) ? 16384U : 1024U))
		return from(p, 5, 13) ? "a table has at most 16384 buffers; use more rings, or larger buffers" :
			"a table has at most 1024 buffers before Linux 5.13; use more rings, or larger buffers";
	if (p->buffer_bytes > (from(p, 7, 2) ? 1024 * GIB : GIB))
		return from(p, 7, 2) ? "a buffer has at most 1 TiB; use more of them" :
			"a buffer has at most 1 GiB before Linux 7.2; use more of them";
	wrong = wrong_queues(p, &ring);
	if (wrong)
		return wrong;
	need->ring_bytes = setup_own_pages(&ring) * PAGE_BYTES;
	need->ring_charged = charges_rings(p);
	/* a huge page is charged whole, once for a ring, however many of its buffers lie in it */
	need->buffers_bytes = p->huge ? up(p->buffers * p->buffer_bytes, HUGE_BYTES) :
					p->buffers * up(p->buffer_bytes, PAGE_BYTES);
	one = need->buffers_bytes + (need->ring_charged ? need->ring_bytes : 0);
	if (__builtin_mul_overflow(one, p->rings, &need->total_bytes))
		return "that is more than any machine has";
	return NULL;
}
