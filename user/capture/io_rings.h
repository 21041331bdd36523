/* SPDX-License-Identifier: GPL-2.0 */
/* The selected rings that the kernel side knows, and which of them are gone. */
#ifndef FIXBUF_CAPTURE_IO_RINGS_H
#define FIXBUF_CAPTURE_IO_RINGS_H

#include <abi/io_cell.h>
#include <stdbool.h>
#include <stddef.h>
#include "capture/io_shares.h"
#include "model/io_counters.h"
#include "model/ledger.h"

struct known_ring {
	__u64 ring;
	struct io_ring r;
};

struct io_rings {
	struct known_ring *list;	/* owned, by address */
	size_t nr;
	struct known_ring *missed;	/* owned: those that the last ledger did not have */
	size_t nr_missed;
	size_t rows_then, open_then; /* when rows became fewer last, or could not */
};

/* As they are now. -errno with a sentence. */
int io_rings_read(struct io_rings *k, int map);
/* The ring of this identity, NULL when it is not known (any more). */
const struct known_ring *io_rings_find(const struct io_rings *k, __u64 ring, __u64 born_ns);
/* Drops those that .l does not have and the ledger before it had not: from the map, too. Dates the rings of .l. */
void io_rings_drop_gone(struct io_rings *k, int map, const struct ledger *l, struct io_shares *shares);
/* Rows of rings that are not known (any more) become fewer, where they are many. */
void io_rings_fold(struct io_rings *k, struct io_model *m);
void io_rings_free(struct io_rings *k);

#endif
