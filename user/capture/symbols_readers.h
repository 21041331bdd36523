/* SPDX-License-Identifier: GPL-2.0 */
/* Our side of the processes that read files which watched programs chose (symbols_child.h). */
#ifndef FIXBUF_CAPTURE_SYMBOLS_READERS_H
#define FIXBUF_CAPTURE_SYMBOLS_READERS_H

#include "capture/mappings.h"
#include "capture/symbols_child.h"

struct readers;
struct reader;

/*
 * To be called before there is anything to take: no program loaded, no map, no other's data.
 * Never NULL; without a process each question is refused.
 */
struct readers *readers_start(void);
/*
 * The one that reads for this user's programs, so that what one user's file does to it reaches
 * no other's; the least used one is given away. NULL when it was given up. Good until the next.
 */
struct reader *readers_for(struct readers *r, __u32 uid);

/* How a file is opened when the reader does not have it: a descriptor, or -1. */
struct reader_source {
	int (*open_file)(void *arg);
	int (*open_debug)(void *arg, const __u8 *build_id, __u32 len);	/* may be NULL */
	void *arg;
};

/*
 * The place in the file with this identity. False with a sentence in *why when its reading ended
 * the reader or took too long; without one when .open_file did not give it.
 */
bool reader_find(struct reader *r, const struct file_identity *id, const struct reader_source *s,
		 __u64 offset, bool returns, struct elf_place *place, const char **why);
/* The place in a map of code that a runtime wrote. */
bool reader_find_in_map(struct reader *r, int fd, __u64 ip, struct elf_place *place,
			const char **why);
void readers_stop(struct readers *r);

#endif
