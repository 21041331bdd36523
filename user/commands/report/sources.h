/* SPDX-License-Identifier: GPL-2.0 */
/* The recordings that report was given, by the machines that they are of. */
#ifndef FIXBUF_COMMANDS_REPORT_SOURCES_H
#define FIXBUF_COMMANDS_REPORT_SOURCES_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

struct source {
	char *path;		/* owned */
	char host[64];		/* empty in older files */
	__s64 begin_ns;		/* CLOCK_REALTIME */
	bool goes_on;		/* it is a segment, where one before it ended: of the same boot and command */
	char boot_id[40], command[512];
	__u64 bytes;
};

/* Zero at first. */
struct sources {
	struct source *list;	/* owned; by machine, then by their begin */
	size_t nr;
};

/*
 * Files, and folders, which stand for the segments in them, or, without one, for all .rec files. 0, or
 * -errno with a sentence.
 */
int sources_find(struct sources *s, const char *const *paths, size_t nr);
/* How many from .first on are of one machine. */
size_t sources_of_machine(const struct sources *s, size_t first);
/* The same of one recording: one file, or segments of one run of record. */
size_t sources_of_recording(const struct sources *s, size_t first);
void sources_free(struct sources *s);

#endif
