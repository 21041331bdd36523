/* SPDX-License-Identifier: GPL-2.0 */
/* I/O by buffer and address, failed imports and calls: the hashes that the kernel side keeps. */
#ifndef FIXBUF_CAPTURE_IO_DETAILS_H
#define FIXBUF_CAPTURE_IO_DETAILS_H

#include "capture/io_rings.h"
#include "capture/io_shares.h"
#include "model/io_counters.h"

struct fixbuf_bpf;

/* Appends all entries to the lists of .m, summed over CPUs. -errno with a sentence. */
int io_details_read(struct fixbuf_bpf *skel, struct io_model *m);
/*
 * Moves entries of rings that .rings does not have out of the maps and into the lists of .gone: so many
 * as their user may have kept of all.
 */
int io_details_tidy(struct fixbuf_bpf *skel, const struct io_rings *rings,
		    struct io_shares *shares, struct io_model *gone);
/* Empties the lists. */
void io_details_forget(struct io_model *m);
/* Moves what .gone holds to .kept, and its losses. */
void io_details_keep(struct io_model *gone, struct io_model *kept, struct io_shares *shares);
/* Adds entries of .from to .to, by their key. */
void io_details_merge(const struct io_model *from, struct io_model *to);

#endif
