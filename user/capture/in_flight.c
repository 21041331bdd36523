// SPDX-License-Identifier: GPL-2.0
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/array.h"
#include "capture/in_flight.h"
#include "capture/peek.h"
#include "walk.skel.h"

/* A process that ends, and the requests that its tasks wait for. */
struct waiting {
	__u32 pid, in_flight;
};

struct all_waiting {
	struct waiting *list;
	size_t nr;
};

struct cpus {
	__u64 *offsets;		/* what to add to the address of a number for the CPU's part, 0 = it is off */
	size_t nr;
};

void in_flight_prepare(struct walk_bpf *skel)
{
	bpf_map__set_autocreate(skel->maps.in_each_cpu, true);
	bpf_program__set_autoload(skel->progs.peek_cpu, true);
	bpf_program__set_autoload(skel->progs.peek_in_flight, true);
}

/*
 * Only once a process ends that waits, which is rare, and once per walk. A CPU that is off cannot be
 * asked: its part was added to the sum when it went.
 */
static void learn_cpus(struct walk_bpf *skel, struct cpus *c)
{
	int nr = libbpf_num_possible_cpus();

	c->nr = nr > 0 ? nr : 0;
	c->offsets = must_alloc(c->nr + 1, sizeof(*c->offsets));
	for (size_t i = 0; i < c->nr; i++) {
		LIBBPF_OPTS(bpf_test_run_opts, opts, .flags = BPF_F_TEST_RUN_ON_CPU, .cpu = i);

		if (!bpf_prog_test_run_opts(bpf_program__fd(skel->progs.peek_cpu), &opts))
			c->offsets[i] = skel->bss->out_part_at - skel->bss->out_parts;
	}
}

static int by_pid(const void *a, const void *b)
{
	const struct waiting *x = a, *y = b;

	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

/* Of a struct io_uring_task, into *nr. */
static int add_cpus(struct walk_bpf *skel, __u64 task, const struct cpus *c, __u32 *nr)
{
	__s64 sum = 0;

	for (size_t first = 0; first < c->nr; first += IN_FLIGHT_CPUS) {
		int err;

		for (size_t i = 0; i < IN_FLIGHT_CPUS; i++)
			skel->bss->in_cpu_offsets[i] = first + i < c->nr ? c->offsets[first + i] : 0;
		err = peek(skel->progs.peek_in_flight, task, !first, 0);
		if (err)
			return err;
		sum += skel->bss->out_in_flight;
	}
	*nr = c->nr && sum >= 0 && sum < IN_FLIGHT_UNKNOWN ? sum : IN_FLIGHT_UNKNOWN;
	return 0;
}

static int count(const struct peek *p, const struct fact_holder *f, const struct cpus *c,
		 struct all_waiting *w)
{
	__u32 nr;
	int err;

	if (peek_is_over(p))
		return peek_end();
	err = add_cpus(p->skel, f->h.ring, c, &nr);
	if (err)
		return err;
	array_grow(w->list, w->nr);
	w->list[w->nr++] = (struct waiting){ f->h.pid, nr };
	return 0;
}

/* The sum of what is known, IN_FLIGHT_UNKNOWN with one that is not. */
static __u32 plus(__u32 a, __u32 b)
{
	return a < IN_FLIGHT_UNKNOWN && b < IN_FLIGHT_UNKNOWN - a ? a + b : IN_FLIGHT_UNKNOWN;
}

__u32 in_flight_of_submitters(struct walk_bpf *skel, __u64 ring)
{
	__u64 tasks[PEEK_SUBMITTERS + 1];
	struct cpus c = { 0 };
	__u32 nr, one, sum = 0;

	if (peek(skel->progs.peek_submitters, ring, 1, 0) || skel->bss->out_nr > PEEK_SUBMITTERS)
		return IN_FLIGHT_UNKNOWN;
	nr = skel->bss->out_nr;
	memcpy(tasks, skel->bss->out_submitters, nr * sizeof(*tasks));
	tasks[nr++] = skel->bss->out_polling;
	learn_cpus(skel, &c);
	for (__u32 i = 0; i < nr; i++)
		if (tasks[i])
			sum = plus(sum, add_cpus(skel, tasks[i], &c, &one) ? IN_FLIGHT_UNKNOWN : one);
	free(c.offsets);
	return sum;
}

/* A process may have several tasks. */
static void add_up(struct all_waiting *w)
{
	size_t nr = 0;

	qsort(w->list, w->nr, sizeof(*w->list), by_pid);
	for (size_t i = 1; i < w->nr; i++) {
		struct waiting *last = &w->list[nr], *one = &w->list[i];

		if (one->pid != last->pid)
			w->list[++nr] = *one;
		else
			last->in_flight = plus(last->in_flight, one->in_flight);
	}
	w->nr = nr + 1;
}

int in_flight_find(const struct peek *p, struct holders *h)
{
	struct all_waiting w = { 0 };
	struct cpus c = { 0 };
	size_t left = 0;
	int err = 0;

	for (size_t i = 0; i < h->nr && !err; i++) {
		if (h->list[i].how != HOLDER_ENDING) {
			h->list[left++] = h->list[i];
			continue;
		}
		if (!c.offsets)
			learn_cpus(p->skel, &c);
		err = count(p, &h->list[i], &c, &w);
	}
	h->nr = left;
	if (w.nr)
		add_up(&w);
	for (size_t i = 0; i < h->nr && w.nr; i++) {
		struct fact_holder *f = &h->list[i];
		const struct waiting *found = !f->ending ? NULL :
			bsearch(&(struct waiting){ .pid = f->h.pid }, w.list, w.nr,
				sizeof(*w.list), by_pid);

		if (found)
			f->in_flight = found->in_flight;
	}
	free(c.offsets);
	free(w.list);
	return err;
}
