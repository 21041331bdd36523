/* SPDX-License-Identifier: GPL-2.0 */
/*
 * /proc/PID/maps as proc_pid_maps(5) defines it: one mapping a line,
 * "start-end perms offset major:minor inode path", the path last, of any
 * length, a newline in it written as \012, " (deleted)" behind one that is
 * unlinked.
 */
#ifndef FIXBUF_BASE_MAPS_H
#define FIXBUF_BASE_MAPS_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

struct map {
	__u64 start, end;	/* bytes, [start, end) */
	__u64 offset;		/* bytes into the file */
	__u64 inode;		/* 0: of no file */
	__u32 major, minor;	/* of the file's device */
	char perms[5];		/* "rwxp"; [3] is 's' where it is shared */
	const char *path;	/* into the text, not terminated, still escaped; "" without */
	size_t path_len;
};

/*
 * Takes the line at *text, which ends at .end, and moves *text behind it.
 * False at the end of the text; a line that is not as the format defines is
 * skipped whole: no part of it is taken for another.
 */
bool maps_next(const char **text, const char *end, struct map *out);

/*
 * The mapping that holds .at, of those from *text on, which are in order; false when there is
 * none. *text moves behind it: a look-up of rising addresses goes through the text once.
 */
bool maps_find(const char **text, const char *end, __u64 at, struct map *out);

/* A path as the file is called, cut to .size; .out may be .p. */
void maps_unescape(char *out, size_t size, const char *p, size_t len);
/*
 * The last part of the path as the file is called, cut to .size, without
 * " (deleted)"; "" when the mapping is of no file.
 */
void maps_file_name(const struct map *m, char *out, size_t size);

/*
 * A process may have 65,530 mappings, each of a name of 4 KiB: of more text than this it is not
 * known what it has mapped.
 */
#define MAPS_MAX_BYTES	(16 << 20)

/*
 * All of /proc/PID/maps, its length in *len; NULL when the process is gone, may not be looked
 * into, keeps us waiting (base/patient.h), or has more than MAPS_MAX_BYTES. To be freed.
 */
char *maps_read(__u32 pid, size_t *len);
/*
 * Where its [heap] is, which brk() made; false when it has none, or not among the first of very many
 * mappings. Reads no further than there.
 */
bool maps_heap(__u32 pid, __u64 *start, __u64 *end);
/* The same of text as it is read; *passed says that what follows cannot be of the heap. */
bool maps_heap_in(const char *text, size_t len, __u64 *start, __u64 *end, bool *passed);
/* As maps_read(), of the process whose folder in /proc that is; .pid is its number there. */
char *maps_read_in(__u32 pid, int proc, size_t *len);

#endif
