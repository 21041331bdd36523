/* SPDX-License-Identifier: GPL-2.0 */
/* Says that a process of -p has ended: what is watched of it stays as it is, for ever. */
#ifndef FIXBUF_COMMANDS_ENDED_H
#define FIXBUF_COMMANDS_ENDED_H

#include "capture/capture.h"

struct ended_process;

struct ended {
	const struct selection *select;	/* NULL = nobody is told of */
	struct ended_process *list;	/* owned; of each that was selected */
	__u64 next_ns;			/* when to look again */
};

/* Once the capture is open: remembers their names, which end with them. */
void ended_begin(struct ended *e, const struct selection *s);
/* Tells each that has ended once, on standard error; looks every second at most, but for .now. */
void ended_tell(struct ended *e, const struct capture *c, bool now);
void ended_free(struct ended *e);

#endif
