/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The slow background pass over all pages, as who collects sees it: a process of its own, which
 * alone may look at them (pass.h), and one that starts it (keeper.h).
 */
#ifndef FIXBUF_COMMANDS_EXPORT_VERIFY_H
#define FIXBUF_COMMANDS_EXPORT_VERIFY_H

#include <stdbool.h>
#include <sys/types.h>
#include "base/privilege.h"
#include "commands/export/export.h"

/* What has come so far of the one that is under way. */
struct pass_message {
	char *bytes;		/* owned */
	size_t nr, room;
};

struct export_verify {
	pid_t pid;		/* of the keeper, 0 = none */
	int control;		/* readable when another one that looks was started, -1 = none */
	int from;		/* readable when it has something to say, or has ended; -1 = none */
	bool ready;
	struct pass_message message;
	__u64 heard_ns;		/* when it last got ready or a pass was whole */
	__u64 took_ns;		/* by the last pass */
	__u32 own_tgid;		/* its process as the kernel numbers it */
	char privileges[PRIVILEGE_TEXT]; /* what it keeps */
};

/*
 * Before anything is loaded, so that the process inherits nothing. Waits until
 * it is ready: -1 after a sentence on standard error when it cannot look.
 */
int export_verify_start(struct export_verify *v, struct export_options *o);

enum verify_news {
	VERIFY_WORKS,		/* it got ready, or a pass has ended */
	VERIFY_SPEAKS,		/* there is more to come of what it says */
	VERIFY_ENDED,
	VERIFY_WAITS,		/* it did not get ready: another will be started */
};

/* Whether it speaks within that time; not after a signal. */
bool export_verify_await(const struct export_verify *v, unsigned int ms);
/* .from is readable: takes what there is, and enters a pass that is whole. */
enum verify_news export_verify_read(struct export_verify *v, struct export_model *m, __u64 now_ns);
/*
 * Whether it was silent for much longer than a pass and the interval between two take: it is stopped,
 * or hangs. Not for a minute or two: on a busy machine it has the least of all priorities.
 */
bool export_verify_is_late(const struct export_verify *v, __u64 interval_ns, __u64 now_ns);
/* .control is readable. -1 when there will be no other one. */
int export_verify_next(struct export_verify *v);
void export_verify_stop(struct export_verify *v);

#endif
