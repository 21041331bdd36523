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
};

/* Adds that of a part, which gets the names of all. */
void recording_hosts(struct recording_hosts *h, struct origin *of);
/* NULL, or what is wrong with it. */
const char *recording_about(struct origin *to, const struct rec *rec, const void *data);
/* Makes the event of a look. */
void recording_look(const struct rec *rec, const void *data, struct event *out);

#endif
