/* SPDX-License-Identifier: GPL-2.0 */
/* The name of a task, which the task chose: no string that one may print (base/untrusted.h). */
#ifndef FIXBUF_ABI_COMM_H
#define FIXBUF_ABI_COMM_H

#define COMM_LEN 16	/* TASK_COMM_LEN */

struct comm {
	char bytes[COMM_LEN];
};

#endif
