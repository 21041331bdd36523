/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What poll(2) and select(2) keep while they sleep: a table on the stack with the files of the first few
 * descriptors, and pages with the others. Each entry holds a reference of its file.
 */
#ifndef FIXBUF_BPF_KERNEL_POLL_TABLE_H
#define FIXBUF_BPF_KERNEL_POLL_TABLE_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct poll_table_entry {
	struct file *filp;
};

struct poll_table_page {
	struct poll_table_page *next;
	struct poll_table_entry *entry;	/* the first that is free */
	struct poll_table_entry entries[0];
};

#pragma clang attribute pop

#define POLL_PAGE_BYTES	4096U	/* what is aligned by more, too, is a page */

/*
 * In struct poll_wqueues its task follows its first page. A page's own pointer to its free entry tells a
 * page from other things that stand before a task on a stack.
 */
static __always_inline struct poll_table_page *poll_first_page(__u64 before_task)
{
	struct poll_table_page *page = (struct poll_table_page *)before_task;
	__u64 used;

	if (!(before_task >> 63) || before_task & (POLL_PAGE_BYTES - 1))
		return NULL;
	used = (__u64)BPF_CORE_READ(page, entry) - before_task;
	return used && used <= (64U << 10) ? page : NULL;
}

static __always_inline struct poll_table_entry *poll_entry(struct poll_table_page *page, __u32 i)
{
	return (void *)page + bpf_core_field_offset(struct poll_table_page, entries) +
	       i * bpf_core_type_size(struct poll_table_entry);
}

#endif
