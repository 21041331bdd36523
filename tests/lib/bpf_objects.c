// SPDX-License-Identifier: GPL-2.0
#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "bpf_objects.h"
#include "tap.h"

static const struct {
	int next;
	const char *what;
} kinds[NR_BPF_KINDS] = {
	{ BPF_PROG_GET_NEXT_ID, "BPF program" }, { BPF_MAP_GET_NEXT_ID, "BPF map" },
	{ BPF_LINK_GET_NEXT_ID, "BPF link" },
};

static unsigned int nr_of(int next)
{
	union bpf_attr attr;
	unsigned int nr = 0;

	memset(&attr, 0, sizeof(attr));
	while (!syscall(__NR_bpf, next, &attr, sizeof(attr))) {
		attr.start_id = attr.next_id;
		nr++;
	}
	return nr;
}

void bpf_objects_count(unsigned int nr[NR_BPF_KINDS])
{
	for (int i = 0; i < NR_BPF_KINDS; i++)
		nr[i] = nr_of(kinds[i].next);
}

/* The kernel frees an object a moment after the last reference to it is gone. */
void bpf_objects_are_gone(const unsigned int before[NR_BPF_KINDS])
{
	for (int i = 0; i < NR_BPF_KINDS; i++) {
		unsigned int now;

		for (int ms = 0; (now = nr_of(kinds[i].next)) > before[i] && ms < 10000; ms += 100)
			usleep(100000);
		ok(now <= before[i], "and leaves no %s (%u now, %u before)", kinds[i].what, now,
		   before[i]);
	}
}
