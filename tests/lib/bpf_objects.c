// SPDX-License-Identifier: GPL-2.0
#include <linux/bpf.h>
#include <stdint.h>
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

unsigned int bpf_objects_on_rings(void)
{
	union bpf_attr a = { 0 };
	unsigned int n = 0;

	while (!syscall(__NR_bpf, BPF_LINK_GET_NEXT_ID, &a, sizeof(a))) {
		struct bpf_link_info info = { 0 };
		union bpf_attr by_id = { .link_id = a.next_id }, of = { 0 };
		char name[64] = "";
		int fd = syscall(__NR_bpf, BPF_LINK_GET_FD_BY_ID, &by_id, sizeof(by_id));

		a.start_id = a.next_id;
		if (fd < 0)
			continue;
		info.raw_tracepoint.tp_name = (uintptr_t)name;
		info.raw_tracepoint.tp_name_len = sizeof(name);
		of.info.bpf_fd = fd;
		of.info.info = (uintptr_t)&info;
		of.info.info_len = sizeof(info);
		if (!syscall(__NR_bpf, BPF_OBJ_GET_INFO_BY_FD, &of, sizeof(of)) &&
		    info.type == BPF_LINK_TYPE_RAW_TRACEPOINT)
			n += !strncmp(name, "io_uring_", 9);
		close(fd);
	}
	return n;
}
