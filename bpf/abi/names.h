/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Names that a watched process chose. They are no strings that one may print: base/untrusted.h
 * lets them out. Bytes behind the first 0 mean nothing, and there may be no 0.
 */
#ifndef FIXBUF_ABI_NAMES_H
#define FIXBUF_ABI_NAMES_H

#define COMM_LEN	16	/* TASK_COMM_LEN */
#define FILE_NAME_LEN	48

struct comm {
	char bytes[COMM_LEN];	/* of a task */
};

struct file_name {
	char bytes[FILE_NAME_LEN]; /* the last component of a path, or as much as fits */
};

#endif
