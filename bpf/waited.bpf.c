// SPDX-License-Identifier: GPL-2.0
/*
 * The rings that a task sleeps in a call of: the call has the ring's file, whoever closes the
 * descriptor meanwhile. Nothing lists such calls; the file stands in the frames of the task's stack,
 * or, where poll(2) has many, in pages that the stack leads to.
 */
#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi/fact.h"
#include "kernel/poll_table.h"
#include "kernel/ring.h"
#include "kernel/task_stack.h"
#include "loop.h"
#include "tasks.h"

#define WORDS	512	/* of a stack: poll(2) has the files of its first descriptors there */
#define ROUND	32
#define ENTRIES	256	/* of a page of 16 KiB; the smallest has 63 */
#define PAGES	64	/* 4,032 descriptors: a user may poll more, at little cost */
#define RINGS	(TASK_HOLDERS - 1U)	/* of a task */

/*
 * Loops here are NOT_UNROLLED: for the depth of the stack the kernel follows each call of a function through
 * all that this calls, and 64 x 8 x 32 of them took longer than all else that it does with these programs.
 */

extern __u64 ring_fops;

__u64 stack_words[WORDS];
__u32 nr_words;
__u64 word_before;
__u64 poll_page;		/* struct poll_table_page *: the next to look at */
__u64 poll_end;		/* of its entries */

/*
 * Functions that are not static: the verifier goes through each once. More than RINGS are counted and
 * not there; the rest is known of their process.
 */
__noinline int tell_waited(__u64 ring)
{
	struct task_struct *task = (void *)at_task;
	__u32 i = nr_holders++;

	if (i >= TASK_HOLDERS)
		return 0;
	__builtin_memset(&out_holders[i], 0, sizeof(out_holders[i]));
	out_holders[i].h.pid = BPF_CORE_READ(task, tgid);
	out_holders[i].h.tid = BPF_CORE_READ(task, pid);
	out_holders[i].h.ring = ring;
	out_holders[i].whose = ring ? ring_whose(ring) : 0;
	return 0;
}

__noinline int take_file(__u64 word)
{
	struct file *file = file_of_word(word);
	__u32 i = nr_holders;
	__u64 ring;

	if ((__u64)BPF_CORE_READ(file, f_op) != ring_fops || !file_lives(file))
		return 0;
	ring = (__u64)BPF_CORE_READ(file, private_data);
	if (!ring || ring_is_dying(ring))
		return 0;
	/* in a stack one file stands at several places */
	if (i && out_holders[(i - 1) % RINGS].h.ring == ring)
		return 0;
	tell_waited(ring);
	return 0;
}

__noinline int find_file(__u32 i)
{
	__u64 before = word_before, word;

	if (i >= WORDS || i >= nr_words)
		return 0;
	word = stack_words[i];
	word_before = word;
	if (!(word >> 63))
		return 0;
	if (word == at_task && !poll_page)
		poll_page = (__u64)poll_first_page(before);
	else
		take_file(word);
	return 0;
}

/* Loops in two, each round without a branch of its own, are quick to look at. */
__noinline int find_files(__u32 i)
{
	if (i >= nr_words)
		return 0;
	NOT_UNROLLED
	for (int k = 0; k < ROUND; k++)
		find_file(i + k);
	return 0;
}

__noinline int find_entry(__u32 i)
{
	__u64 entry = (__u64)poll_entry((void *)poll_page, i);

	if (entry < poll_end)
		take_file((__u64)BPF_CORE_READ((struct poll_table_entry *)entry, filp));
	return 0;
}

/* Those of a page from .i on. */
__noinline int find_entries(__u32 i)
{
	if ((__u64)poll_entry((void *)poll_page, i) >= poll_end)
		return 0;
	NOT_UNROLLED
	for (int k = 0; k < ROUND; k++)
		find_entry(i + k);
	return 0;
}

__noinline int find_polled(void)
{
	struct poll_table_page *page = (void *)poll_page;

	if (!page)
		return 0;
	poll_end = (__u64)BPF_CORE_READ(page, entry);
	NOT_UNROLLED
	for (__u32 i = 0; i < ENTRIES; i += ROUND)
		find_entries(i);
	poll_page = (__u64)BPF_CORE_READ(page, next);
	return 0;
}

__noinline int find_waited(void)
{
	struct task_struct *task = (void *)at_task;
	__u64 sp;
	__u32 n;

	if (!BPF_CORE_READ(task, mm))
		return 0;
	sp = stack_pointer(task);
	n = (STACK_BYTES - (sp & (STACK_BYTES - 1))) / sizeof(__u64);
	if (n > WORDS)
		n = WORDS;
	if (!sp || bpf_probe_read_kernel(stack_words, n * sizeof(__u64), (void *)sp))
		return 0;
	nr_words = n;
	word_before = 0;
	poll_page = 0;
	NOT_UNROLLED
	for (__u32 i = 0; i < WORDS; i += ROUND)
		find_files(i);
	NOT_UNROLLED
	for (__u32 i = 0; i < PAGES; i++)
		find_polled();
	if (nr_holders <= RINGS && !poll_page)
		return 0;
	/* of no ring: it waits for more than was looked at */
	if (nr_holders > RINGS)
		nr_holders = RINGS;
	tell_waited(0);
	return 0;
}
