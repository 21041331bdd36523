// SPDX-License-Identifier: GPL-2.0
#include <abi/io_cell.h>
#include "capture/io_room.h"

#define CELLS_PER_CPU	6144
#define HISTS_PER_CPU	192
#define MIN_HISTS	384
#define MAX_HISTS	4096
#define FEW_RINGS	5376
#define MANY_RINGS	32768

static size_t within(size_t n, size_t least, size_t most)
{
	return n < least ? least : n > most ? most : n;
}

struct io_room io_room(size_t cpus, bool latency)
{
	return (struct io_room){
		.cells = within(cpus * CELLS_PER_CPU, IO_MIN_CELLS, IO_MAX_CELLS),
		.hists = latency ? within(cpus * HISTS_PER_CPU, MIN_HISTS, MAX_HISTS) : 1,
		.rings = cpus > 4 ? MANY_RINGS : FEW_RINGS,
		.ud_starts = cpus > 4 ? IO_MANY_UD_STARTS : IO_UD_STARTS,
	};
}
