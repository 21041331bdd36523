/* SPDX-License-Identifier: GPL-2.0 */
/* Of whom a recording was asked to be: of a selection what its file keeps, for who compares it with other rings. */
#ifndef FIXBUF_MODEL_ASKED_H
#define FIXBUF_MODEL_ASKED_H

#include <linux/types.h>
#include <stdbool.h>
#include "model/selection.h"

#define ASKED_PIDS	8
#define ASKED_COMMS	4
#define ASKED_COMM_LEN	32

struct asked_whom {
	bool cut;		/* for more processes or names than are kept */
	bool program;		/* for a program that record started */
	bool cgroup;
	bool has_uid;
	__u32 uid;
	__u32 nr_pids, nr_comms;
	__u32 pids[ASKED_PIDS], ns_pids[ASKED_PIDS];	/* the latter as in base/pid.h */
	char comms[ASKED_COMMS][ASKED_COMM_LEN];
};

/* Of what is recorded, once its processes were found. */
struct asked_whom asked_of(const struct selection *s);
/* Whether only some were asked for; older files do not tell. */
bool asked_any(const struct asked_whom *a);
/* Takes one more, as far as there is room. */
void asked_add_pid(struct asked_whom *a, __u32 pid, __u32 ns_pid);
void asked_add_comm(struct asked_whom *a, const char *glob, size_t len);

#endif
