/* SPDX-License-Identifier: GPL-2.0 */
/* The file that is read: the user's own, or one without a name that ends with us. */
#ifndef FIXBUF_COMMANDS_BENCH_FILE_H
#define FIXBUF_COMMANDS_BENCH_FILE_H

#include <linux/types.h>
#include <stdbool.h>

struct bench_file {
	const char *path;	/* of the file, or the folder of the unnamed one */
	bool temporary, device, memory;	/* memory: on a file system in memory */
	__u64 bytes;		/* as much of it as is used */
	int buffered, direct;	/* descriptors; direct -1 = refused */
	int direct_errno;
};

/* path NULL: a new unnamed file. 0, or an exit status, the sentence is printed. */
int bench_file_open(struct bench_file *f, const char *path, bool write);
void bench_file_close(struct bench_file *f);

#endif
