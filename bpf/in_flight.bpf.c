// SPDX-License-Identifier: GPL-2.0
/*
 * How many requests a task that ends waits for. Each CPU has a part of the number, and where that
 * lies is learnt from a map of ours that each CPU has a part of, too: no symbol is needed. Two
 * programs that are never attached answer to capture/in_flight.c.
 */
#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi/fact.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} in_each_cpu SEC(".maps");

__u64 out_part_at;	/* this CPU's part of the map's only value */
__u64 out_parts;	/* what the kernel makes that of, by adding what the CPU has its parts at */
__u64 map_at;
__u64 in_cpu_offsets[IN_FLIGHT_CPUS]; /* what to add for some of the CPUs, 0 = it is not there */
__s64 out_in_flight;

/* Run on the CPU that is asked about. */
SEC("?raw_tp")
int peek_cpu(struct bpf_raw_tracepoint_args *ctx)
{
	struct bpf_array *map;
	__u32 zero = 0;

	(void)ctx;
	out_part_at = (__u64)bpf_map_lookup_elem(&in_each_cpu, &zero);
	/* through memory: the address of a map may not be added to */
	*(volatile __u64 *)&map_at = (__u64)&in_each_cpu;
	map = (void *)*(volatile __u64 *)&map_at;
	out_parts = (__u64)BPF_CORE_READ(map, pptrs[0]);
	return 0;
}

/* A function of its own, which is not static: the verifier goes through it once. */
__noinline int add_part(__u64 parts, __u32 i)
{
	__s32 part = 0;

	if (i >= IN_FLIGHT_CPUS || !in_cpu_offsets[i])
		return 0;
	bpf_probe_read_kernel(&part, sizeof(part), (void *)(parts + in_cpu_offsets[i]));
	out_in_flight += part;
	return 0;
}

/*
 * Takes a struct io_uring_task, and whether to begin with what no CPU has; answers in out_in_flight,
 * a part of the sum. The number is kept so from d8a6df10aac9 ("io_uring: use percpu counters to
 * track inflight requests"), 5.10, on. Where it has .cached_refs it counts so many ahead, until it ends.
 */
SEC("?raw_tp")
int peek_in_flight(struct bpf_raw_tracepoint_args *ctx)
{
	struct io_uring_task *t = (void *)ctx->args[0];
	__u64 parts;

	out_in_flight = IN_FLIGHT_UNKNOWN;
	if (!bpf_core_field_exists(struct io_uring_task, inflight))
		return 0;
	out_in_flight = 0;
	if (ctx->args[1]) {
		out_in_flight = BPF_CORE_READ(t, inflight.count);
		if (bpf_core_field_exists(t->cached_refs))
			out_in_flight -= BPF_CORE_READ(t, cached_refs);
	}
	parts = (__u64)BPF_CORE_READ(t, inflight.counters);
	for (__u32 i = 0; i < IN_FLIGHT_CPUS; i++)
		add_part(parts, i);
	return 0;
}
