/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who is meant. Names are what a watched process chose: no strings that one may print,
 * base/untrusted.h lets them out. Bytes behind the first 0 mean nothing, and there may be no 0.
 */
#ifndef FIXBUF_ABI_NAMES_H
#define FIXBUF_ABI_NAMES_H

/* An id in the tool's pid namespace, in which the process is not seen. */
#define NS_PID_HIDDEN	(~0U)

#define COMM_LEN	16	/* TASK_COMM_LEN */
#define FILE_NAME_LEN	48

struct comm {
	char bytes[COMM_LEN];	/* of a task */
};

struct file_name {
	char bytes[FILE_NAME_LEN]; /* the last component of a path, or as much as fits */
};

#endif
