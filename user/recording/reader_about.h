/* SPDX-License-Identifier: GPL-2.0 */
/* Where and how a part of a recording was made. */
#ifndef FIXBUF_RECORDING_READER_ABOUT_H
#define FIXBUF_RECORDING_READER_ABOUT_H

#include <stdbool.h>
#include "model/event.h"
#include "recording/format.h"

#define HOSTS_MAX 4		/* are named */

/* The machines of the parts so far: files may have been joined, or a machine renamed. */
struct recording_hosts {
	char list[HOSTS_MAX][64];
	size_t nr;
	bool more;
	bool begun, differ;
	struct origin last;	/* of the part before, where one has begun */
	__u64 end_ns;		/* of it, 0 = there is none */
};

/* Adds that of a part, which gets the names of all, whether it is one like them, and how long after the one before it begins. */
void recording_hosts(struct recording_hosts *h, struct origin *of);
/* That part ends. */
void recording_ends(struct recording_hosts *h, const struct origin *of, __u64 t_ns);
/* NULL, or what is wrong with it. */
const char *recording_about(struct origin *to, const struct rec *rec, const void *data);
/* Makes the event of a look. */
void recording_look(const struct rec *rec, const void *data, struct event *out);

#endif
