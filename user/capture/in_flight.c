// SPDX-License-Identifier: GPL-2.0
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdlib.h>
#include "base/array.h"
#include "capture/in_flight.h"
#include "capture/ring_walk.h"
#include "fixbuf.skel.h"

/* A process that ends, and the requests that its tasks wait for. */
struct waiting {
	__u32 pid, in_flight;
};

struct all_waiting {
	struct waiting *list;
	size_t nr;
};

void in_flight_prepare(struct fixbuf_bpf *skel)
{
	bpf_map__set_autocreate(skel->maps.in_each_cpu, true);
	bpf_program__set_autoload(skel->progs.peek_cpu, true);
	bpf_program__set_autoload(skel->progs.peek_in_flight, true);
}

/*
 * Only once a process ends that waits, which is rare. A CPU that is off cannot be asked: its part
 * was added to the sum when it went. False where there are more than are added up.
 */
static bool learn_cpus(struct fixbuf_bpf *skel)
{
	int nr = libbpf_num_possible_cpus();

	for (int cpu = 0; cpu < nr && nr <= IN_FLIGHT_CPUS; cpu++) {
		LIBBPF_OPTS(bpf_test_run_opts, opts, .flags = BPF_F_TEST_RUN_ON_CPU, .cpu = cpu);

		if (skel->bss->in_cpu_offsets[cpu] ||
		    bpf_prog_test_run_opts(bpf_program__fd(skel->progs.peek_cpu), &opts))
			continue;
		skel->bss->in_cpu_offsets[cpu] = skel->bss->out_part_at - skel->bss->out_parts;
	}
	return nr > 0 && nr <= IN_FLIGHT_CPUS;
}

static int by_pid(const void *a, const void *b)
{
	const struct waiting *x = a, *y = b;

	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

static int count(struct fixbuf_bpf *skel, const struct fact_holder *f, struct all_waiting *w)
{
	struct waiting one = { f->h.pid, IN_FLIGHT_UNKNOWN };
	int err = 0;

	if (learn_cpus(skel)) {
		err = walk_peek(skel->progs.peek_in_flight, f->h.ring, 0, 0);
		one.in_flight = skel->bss->out_in_flight;
	}
	array_grow(w->list, w->nr);
	w->list[w->nr++] = one;
	return err;
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
		else if (one->in_flight < IN_FLIGHT_UNKNOWN - last->in_flight)
			last->in_flight += one->in_flight;
		else
			last->in_flight = IN_FLIGHT_UNKNOWN;
	}
	w->nr = nr + 1;
}

int in_flight_find(struct walk *walk, struct holders *h)
{
	struct fixbuf_bpf *skel = walk_skel(walk);
	struct all_waiting w = { 0 };
	size_t left = 0;
	int err = 0;

	for (size_t i = 0; i < h->nr && !err; i++) {
		if (h->list[i].how == HOLDER_ENDING)
			err = count(skel, &h->list[i], &w);
		else
			h->list[left++] = h->list[i];
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
	free(w.list);
	return err;
}
