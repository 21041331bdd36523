/* SPDX-License-Identifier: GPL-2.0 */
/* How much room the maps of I/O get: it grows with the processors, within bounds. */
#ifndef FIXBUF_CAPTURE_IO_ROOM_H
#define FIXBUF_CAPTURE_IO_ROOM_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

struct io_room {
	__u32 cells, hists, rings, ud_starts;	/* entries */
};

/* .cpus: possible ones, as the kernel sizes its maps by them. */
struct io_room io_room(size_t cpus, bool latency);

#endif
