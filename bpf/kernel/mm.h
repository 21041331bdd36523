/* SPDX-License-Identifier: GPL-2.0 */
/* What an address space tells about itself. */
#ifndef FIXBUF_BPF_KERNEL_MM_H
#define FIXBUF_BPF_KERNEL_MM_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* bb6525f2f8c4 "mm: add bitmap mm->flags field", 6.18: the same bits */
struct mm_struct___word {
	unsigned long flags;
};

typedef struct {
	unsigned long __mm_flags[1];
} mm_flags_t;

struct mm_struct___bits {
	mm_flags_t flags;
};

/*
 * From 008cfe4418b3 ("mm: Introduce mm_struct.has_pinned"), 5.9, to a458b76a41e4 ("mm: gup: pack
 * has_pinned in MMF_HAS_PINNED"), 5.14: a word of its own.
 */
struct mm_struct___has_pinned {
	atomic_t has_pinned;
};

#pragma clang attribute pop

#define MMF_UNSTABLE	22	/* include/linux/mm_types.h, sched/coredump.h before 6.18 */

/*
 * MMF_HAS_PINNED, of which no type tells the number: user space learns it from its own address
 * space (capture/page_walk.c). 0: it has not.
 */
__u32 has_pinned_bit __weak;

/* 0, or negative where they could not be read. */
static __always_inline long read_mm_flags(__u64 mm, __u64 *flags)
{
	struct mm_struct___bits *bits = (void *)mm;
	struct mm_struct___word *word = (void *)mm;

	if (bpf_core_field_exists(struct mm_struct___bits, flags))
		return bpf_core_read(flags, sizeof(*flags), &bits->flags);
	return bpf_core_read(flags, sizeof(*flags), &word->flags);
}

static __always_inline __u64 mm_flags(__u64 mm)
{
	__u64 flags = 0;

	read_mm_flags(mm, &flags);
	return flags;
}

/* Of a process that was killed the kernel takes private pages before the process is gone. */
static __always_inline bool mm_is_reaped(__u64 mm)
{
	return mm_flags(mm) >> MMF_UNSTABLE & 1;
}

/*
 * Whether it is known that no memory was ever pinned in it, for whatever: it has registered no
 * buffer then. A child of fork begins like that, and so does what exec makes.
 */
static __always_inline bool mm_never_pinned(__u64 mm)
{
	struct mm_struct___has_pinned *m = (void *)mm;
	__u64 flags = 0;
	int has = 0;

	if (bpf_core_field_exists(m->has_pinned))
		return !bpf_core_read(&has, sizeof(has), &m->has_pinned) && !has;
	return has_pinned_bit && !read_mm_flags(mm, &flags) && !(flags >> (has_pinned_bit & 31) & 1);
}

#endif
