/* SPDX-License-Identifier: GPL-2.0 */
/* A ring's table of registered files. */
#ifndef FIXBUF_BPF_KERNEL_FILES_H
#define FIXBUF_BPF_KERNEL_FILES_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* Up to 3597f2786b68 ("io_uring/rsrc: unify file and buffer resource tables"), 6.13. */
struct io_ring_ctx___files {
	unsigned int nr_user_files;
};

struct io_file_table {
	struct io_rsrc_data data;
};

struct io_ring_ctx___file_table {
	struct io_file_table file_table;
};

struct io_file_table___data {
	struct io_rsrc_data data;
};

#pragma clang attribute pop

/* Places in the ring's table of files, 0 = it has none; -1 = not known. */
static __always_inline __s64 ring_files(__u64 ring)
{
	if (bpf_core_field_exists(struct io_ring_ctx___files, nr_user_files))
		return BPF_CORE_READ((struct io_ring_ctx___files *)ring, nr_user_files);
	if (bpf_core_field_exists(struct io_file_table___data, data))
		return BPF_CORE_READ((struct io_ring_ctx___file_table *)ring, file_table.data.nr);
	return -1;
}

#endif
