/* SPDX-License-Identifier: GPL-2.0 */
/* The code that a process has mapped, and the files behind it as the process sees them. */
#ifndef FIXBUF_CAPTURE_MAPPINGS_H
#define FIXBUF_CAPTURE_MAPPINGS_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

/* What a file is as long as nobody writes to it; no padding: it is part of a key. */
struct file_identity {
	__u64 dev, ino, size, changed_ns;
};

struct mapping {
	__u64 start, end, offset;	/* offset: of .start in the file */
	__u64 ino;			/* 0 = no file */
	__u32 major, minor;
	char *path;			/* owned; as the process named it, NULL = none, or too many */
	struct file_identity file;	/* once it was opened, .ino 0 before */
	int fd;				/* of it, opened and not used yet; -1 = none, owned */
	const char *refused;		/* a sentence, when it could not be used; not owned */
};

struct mappings {
	struct mapping *list;		/* by address */
	size_t nr;
	size_t path_bytes;		/* of all of them */
	__u64 hash;			/* of the lines they were read from */
};

/* The mappings of code in a text as /proc/PID/maps has it; false when it has none. */
bool mappings_parse(struct mappings *m, const char *text, size_t len);
struct mapping *mappings_find(const struct mappings *m, __u64 ip);
void mappings_free(struct mappings *m);

/*
 * Opens a path beneath a root: a regular file that is not larger than a limit, without waiting
 * and without effect on what else it may be. .pid is the process whose it is (base/patient.h).
 * -errno, and a sentence in *why.
 */
int mappings_open_beneath(__u32 pid, int root, const char *path, struct stat *st, const char **why);
/*
 * The file behind a mapping of the process whose /proc folder and root these are; a file that
 * is not the one mapped is refused. -errno, and .refused is set.
 */
int mappings_open(struct mapping *m, __u32 pid, int proc, int root);
struct file_identity mappings_identity(const struct stat *st);

#endif
