// SPDX-License-Identifier: GPL-2.0
/*
 * Calls that take pages away from addresses at which buffers are registered: who broke a buffer,
 * for verify --watch. Hung in by capture/unmaps.c, where the kernel has kprobes.
 */
#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi/unmap.h"
#include "awaited_mms.h"
#include "kernel/pid.h"
#include "kernel/regs.h"
#include "stack.h"

#define MAX_ERRNO	4095
#define MAP_FIXED	0x10
/* include/uapi/asm-generic/mman-common.h: the advice after which another page, or none, is there */
#define MADV_DONTNEED	4
#define MADV_FREE	8
#define MADV_REMOVE	9
#define MADV_DONTNEED_LOCKED	24
#define MADV_GUARD_INSTALL	102

/* A call that finds no room is looked for, but nobody is named. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} unmap_calls SEC(".maps");

__u64 unmaps_lost;

static __always_inline bool takes_away(__u32 how, __u32 third, __u32 fourth)
{
	if (how == UNMAP_MMAP)
		return fourth & MAP_FIXED;
	return how != UNMAP_MADVISE || third == MADV_DONTNEED || third == MADV_FREE ||
	       third == MADV_REMOVE || third == MADV_DONTNEED_LOCKED ||
	       third == MADV_GUARD_INSTALL;
}

static __always_inline void note_unmap(void *ctx, __u32 how, __s64 result)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u64 mm = (__u64)BPF_CORE_READ(task, mm), id = bpf_get_current_pid_tgid();
	struct pt_regs *regs = user_regs();
	struct stack_ids stacks;
	struct unmap_call *out;
	__u32 third;

	if ((result < 0 && result >= -MAX_ERRNO) || !bpf_map_lookup_elem(&awaited_mms, &mm))
		return;
	third = syscall_arg(regs, 2, false);
	if (!takes_away(how, third, syscall_arg(regs, 3, false)))
		return;
	take_stacks(ctx, &stacks);
	out = bpf_ringbuf_reserve(&unmap_calls, sizeof(*out), 0);
	if (!out) {
		__sync_fetch_and_add(&unmaps_lost, 1);
		return;
	}
	__builtin_memset(out, 0, sizeof(*out));
	out->call.h.kind = FACT_CALL;
	out->call.h.size = sizeof(out->call);
	out->call.h.t_ns = bpf_ktime_get_ns();
	out->call.h.pid = id >> 32;
	out->call.h.tid = id;
	out->call.h.uid = bpf_get_current_uid_gid();
	bpf_get_current_comm(&out->call.h.comm, sizeof(out->call.h.comm));
	out->call.mm = mm;
	out->call.ns_pid = current_ns_tgid();
	out->call.stacks = stacks;
	out->addr = untagged(syscall_arg(regs, 0, false));
	out->len_bytes = syscall_arg(regs, 1, false);
	out->how = how;
	out->advice = third;
	bpf_ringbuf_submit(out, 0);
}

/* The functions are those of system calls, whose names differ by architecture. */
#define UNMAP(name, how)						\
SEC("?kretprobe")							\
int unmap_##name(struct pt_regs *ctx)					\
{									\
	note_unmap(ctx, how, function_result(ctx));			\
	return 0;							\
}

UNMAP(munmap, UNMAP_MUNMAP)
UNMAP(mremap, UNMAP_MREMAP)
UNMAP(mmap, UNMAP_MMAP)
UNMAP(madvise, UNMAP_MADVISE)
