// SPDX-License-Identifier: GPL-2.0
#include <linux/bpf.h>
#include <stdbool.h>
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
	while (!syscall(SYS_bpf, next, &attr, sizeof(attr))) {
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

/* Tracepoints that each request passes, or some. */
static bool is_of_io(const char *point)
{
	static const char *const names[] = {
		"io_uring_submit_req", "io_uring_submit_sqe", "io_uring_complete",
		"io_uring_req_failed", "io_uring_queue_async_work", "io_uring_cqe_overflow",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(point, names[i]))
			return true;
	return false;
}

static bool is_on(int link, bool (*is_meant)(const char *name))
{
	struct bpf_link_info info = { 0 };
	union bpf_attr of = { 0 };
	char name[64] = "";

	info.raw_tracepoint.tp_name = (uintptr_t)name;
	info.raw_tracepoint.tp_name_len = sizeof(name);
	of.info.bpf_fd = link;
	of.info.info = (uintptr_t)&info;
	of.info.info_len = sizeof(info);
	return !syscall(SYS_bpf, BPF_OBJ_GET_INFO_BY_FD, &of, sizeof(of)) &&
	       info.type == BPF_LINK_TYPE_RAW_TRACEPOINT && is_meant(name);
}

static unsigned int count_on(bool (*is_meant)(const char *name))
{
	union bpf_attr a = { 0 };
	unsigned int n = 0;

	while (!syscall(SYS_bpf, BPF_LINK_GET_NEXT_ID, &a, sizeof(a))) {
		union bpf_attr by_id = { .link_id = a.next_id };
		int fd = syscall(SYS_bpf, BPF_LINK_GET_FD_BY_ID, &by_id, sizeof(by_id));

		a.start_id = a.next_id;
		if (fd < 0)
			continue;
		n += is_on(fd, is_meant);
		close(fd);
	}
	return n;
}

unsigned int bpf_objects_on_io(void)
{
	return count_on(is_of_io);
}

static bool is_of_calls(const char *name)
{
	return !strcmp(name, "io_uring_register");
}

unsigned int bpf_objects_on_calls(void)
{
	return count_on(is_of_calls);
}
