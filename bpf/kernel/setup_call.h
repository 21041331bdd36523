/* SPDX-License-Identifier: GPL-2.0 */
/* The io_uring_setup() that the current task is in: no tracepoint tells of one that fails. */
#ifndef FIXBUF_BPF_KERNEL_SETUP_CALL_H
#define FIXBUF_BPF_KERNEL_SETUP_CALL_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi/fact.h"
#include "kernel/pid.h"
#include "kernel/regs.h"
#include "kernel/ring.h"

#define NR_IO_URING_SETUP	425
#define RLIMIT_NOFILE		7
#define CAP_IPC_LOCK		14
#define CAP_SYS_ADMIN		21

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/*
 * A structure of two words before f122a08b197d ("capability: just use a 'u64' instead of a
 * 'u32[2]' array"), 6.3, and of one from then on.
 */
struct caps {
	__u32 words[2];
};

struct cred___caps {
	struct caps cap_effective;
};

#pragma clang attribute pop

/* The kernel's io_uring_params up to where its answers begin; the layout is ABI. */
struct setup_params {
	__u32 sq_entries, cq_entries, flags, sq_thread_cpu, sq_thread_idle, features, wq_fd;
	__u32 resv[3];
};

/* In the first user namespace, where alone it counts. */
static __always_inline bool task_capable(struct task_struct *task, __u32 cap)
{
	struct cred___caps *cred = (void *)BPF_CORE_READ(task, cred);
	__u64 caps = 0;

	if (BPF_CORE_READ(task, cred, user_ns, level) > 0)
		return false;
	bpf_core_read(&caps, sizeof(caps), &cred->cap_effective);
	return caps >> cap & 1;
}

/* Whom a ring of this task is charged to. */
static __always_inline void fill_setup_account(struct fact_setup *out, struct task_struct *task)
{
	struct user_struct *user = BPF_CORE_READ(task, cred, user);

	out->mm = (__u64)BPF_CORE_READ(task, mm);
	out->limit_bytes = BPF_CORE_READ(task, signal, rlim[RLIMIT_MEMLOCK].rlim_cur);
	out->hard_limit_bytes = BPF_CORE_READ(task, signal, rlim[RLIMIT_MEMLOCK].rlim_max);
	out->files_limit = BPF_CORE_READ(task, signal, rlim[RLIMIT_NOFILE].rlim_cur);
	if (task_capable(task, CAP_IPC_LOCK))
		user = NULL;
	out->user = (__u64)user;
	out->user_pages = user_locked((__u64)user);
	out->charged_uid = user ? BPF_CORE_READ(user, uid.val) : ~0U;
	out->seen |= charges_ring_memory() ? SETUP_CHARGED : 0;
	if (bpf_core_field_exists(struct io_ring_ctx___limit_mem, limit_mem))
		out->seen |= SETUP_CHARGED_POWER;
	out->seen |= task_capable(task, CAP_SYS_ADMIN) ? SETUP_ADMIN : 0;
	out->seen |= BPF_CORE_READ(task, cred, user_ns, level) > 0 ? SEEN_USER_NS : 0;
}

/* What it asked for; a call that failed has left the structure as it was. */
static __always_inline void fill_setup_args(struct fact_setup *out)
{
	bool narrow = called_as_32_bit();
	struct setup_params p;

	out->entries = 0;
	out->setup_flags = 0;
	out->cq_entries = 0;
	out->sq_thread_cpu = 0;
	out->wq_fd = 0;
	out->seen |= SEEN_ARGS;
	out->entries = syscall_arg(user_regs(), 0, narrow);
	if (bpf_probe_read_user(&p, sizeof(p), (void *)syscall_arg(user_regs(), 1, narrow)))
		return;
	out->seen |= SEEN_STRUCT | (p.resv[0] || p.resv[1] || p.resv[2] ? SEEN_RESERVED : 0);
	out->setup_flags = p.flags;
	out->cq_entries = p.cq_entries;
	out->sq_thread_cpu = p.sq_thread_cpu;
	out->wq_fd = p.wq_fd;
}

/* Fills all of .out but its head, .result, .start_ns, .call_flags and .stacks. */
static __always_inline void read_setup(struct fact_setup *out)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	out->seen = 0;
	fill_setup_account(out, task);
	fill_setup_args(out);
	out->unknown_flags = 0;
	out->disabled = 0;
	out->group = -1;
	out->ns_pid = ns_tgid(task);
}

#endif
