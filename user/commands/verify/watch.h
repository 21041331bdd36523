/* SPDX-License-Identifier: GPL-2.0 */
/* verify --watch: the balance, kept live; a finding is told at the call that broke it. */
#ifndef FIXBUF_COMMANDS_VERIFY_WATCH_H
#define FIXBUF_COMMANDS_VERIFY_WATCH_H

#include "base/output.h"
#include "capture/capture.h"
#include "checks/ignored.h"
#include "model/selection.h"

struct verify_options {
	struct output output;
	struct selection select;
	struct capture_how how;		/* --watch */
	__u64 duration_ns;		/* --watch */
	__u64 interval_ns;		/* --watch; 0 = LOOK_INTERVAL_NS */
	enum severity fail_on;
	bool every_page, watch, allow_unsettled;
	bool io;			/* --watch */
	struct ignored ignored;
	char **program;			/* --watch */
	const char *run_as;
};

/* The exit status. */
int watch(struct verify_options *o);

#endif
