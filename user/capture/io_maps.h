/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the I/O programs keep in maps, read and given back: the maps have room for
 * what is there now, the reader knows all that ever was.
 */
#ifndef FIXBUF_CAPTURE_IO_MAPS_H
#define FIXBUF_CAPTURE_IO_MAPS_H

#include "model/io_counters.h"
#include "model/io_loss.h"
#include "model/ledger.h"

struct bpf_map;
struct fixbuf_bpf;
struct io_reader;

/*
 * Before kern_load(), when the programs' constants are set: decides how much room is made.
 * .by_user_data: requests are told apart by that; .in_flight: those under way are counted;
 * .intervals: .since will be asked for, its first is of all from the start on;
 * .rows_since: .since gets rows, and no lists, .all lists, and no rows.
 */
struct io_reader *io_reader_prepare(struct fixbuf_bpf *skel, bool by_user_data, bool in_flight,
				    bool intervals, bool rows_since);
/* After kern_load(), before programs are attached. -errno with a sentence. */
int io_reader_start(struct io_reader *r);
/* As io_stat_read(): rows and lists, and of .all also losses, time and what is under way. */
int io_reader_read(struct io_reader *r, struct io_model *all, struct io_model *since);
/* As io_stat_tidy() and io_stat_crowded(). */
int io_reader_tidy(struct io_reader *r, const struct ledger *l);
/* As io_stat_forget_gone(). */
void io_reader_forget_gone(struct io_reader *r);
/* As io_shares_lost(). */
size_t io_reader_losers(const struct io_reader *r, struct io_loser **list);
bool io_reader_crowded(const struct io_reader *r);
void io_reader_free(struct io_reader *r);

/* All .nr values of an array in one call, to be freed; NULL with errno. */
void *io_maps_array(const struct bpf_map *map, __u32 nr, size_t size);

#endif
