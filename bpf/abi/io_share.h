/* SPDX-License-Identifier: GPL-2.0 */
/* How much each user has of the tables that I/O is counted in. */
#ifndef FIXBUF_BPF_ABI_IO_SHARE_H
#define FIXBUF_BPF_ABI_IO_SHARE_H

#include <linux/types.h>

/* Recordings hold the numbers: new ones come last. */
enum io_table {
	IO_TABLE_RINGS,
	IO_TABLE_CELLS,
	IO_TABLE_PROCESSES,	/* cells of whole processes, whose rings found no place */
	IO_TABLE_OTHERS,	/* cells of whole users, whose processes found none */
	IO_TABLE_HISTS,
	IO_TABLE_FAILURES,
	IO_TABLE_CALLS,
	IO_TABLE_BUFFERS,
	IO_TABLE_ADDRESSES,
	IO_TABLE_ENTERS,
	IO_TABLES,
	IO_TABLE_STARTS = IO_TABLES, /* who gives up a place there: bpf/io_yield.h */
};

#define IO_SHARE_USERS	127	/* those beyond share one share */

/* .took: places, also those given back; .lost: what found none. */
struct io_user {
	__u64 took[IO_TABLES], lost[IO_TABLES];
};

/* Places of a user's that the reader gave back. */
struct io_given {
	__u64 places[IO_TABLES];
};

#endif
