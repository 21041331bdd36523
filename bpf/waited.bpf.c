// SPDX-License-Identifier: GPL-2.0
/*
 * The rings that a task sleeps in a call of: the call has the ring's file, whoever closes the
 * descriptor meanwhile. Nothing lists such calls; the file stands in the frames of the task's stack.
 */
#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi/fact.h"
#include "kernel/ring.h"
#include "kernel/task_stack.h"

#define WORDS	512	/* of a stack: poll(2) has the files of its first descriptors there */
#define ROUND	32

extern __u64 ring_fops;

__u64 stack_words[WORDS];
__u64 waited_ring;	/* the last that was found */

__noinline int find_file(__u32 i)
{
	struct file *file;
	__u64 ring;

	if (i >= WORDS || !(stack_words[i] >> 63))
		return 0;
	file = file_of_word(stack_words[i]);
	if ((__u64)BPF_CORE_READ(file, f_op) != ring_fops || !file_lives(file))
		return 0;
	ring = (__u64)BPF_CORE_READ(file, private_data);
	if (ring && !ring_is_dying(ring))
		waited_ring = ring;
	return 0;
}

/* Rounds of a loop that the verifier has looked at are quick to look at. */
__noinline int find_files(__u32 i, __u32 n)
{
	for (int k = 0; k < ROUND && i < n; k++, i++)
		find_file(i);
	return 0;
}

SEC("?iter/task")
int find_waited(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct fact_holder out;
	__u64 sp;
	__u32 n;

	if (!task || !BPF_CORE_READ(task, mm))
		return 0;
	sp = stack_pointer(task);
	n = (STACK_BYTES - (sp & (STACK_BYTES - 1))) / sizeof(__u64);
	if (n > WORDS)
		n = WORDS;
	if (!sp || bpf_probe_read_kernel(stack_words, n * sizeof(__u64), (void *)sp))
		return 0;
	waited_ring = 0;
	for (__u32 i = 0; i < WORDS && i < n; i += ROUND)
		find_files(i, n);
	if (!waited_ring)
		return 0;
	/* the rest is known of its process */
	__builtin_memset(&out, 0, sizeof(out));
	out.h.ring = waited_ring;
	out.h.pid = BPF_CORE_READ(task, tgid);
	out.h.tid = BPF_CORE_READ(task, pid);
	out.whose = ring_whose(waited_ring);
	bpf_seq_write(ctx->meta->seq, &out, sizeof(out));
	return 0;
}
