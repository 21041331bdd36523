/* SPDX-License-Identifier: GPL-2.0 */
/* What export was asked for. */
#ifndef FIXBUF_COMMANDS_EXPORT_EXPORT_H
#define FIXBUF_COMMANDS_EXPORT_EXPORT_H

#include "base/output.h"
#include "capture/capture.h"
#include "checks/ignored.h"
#include "commands/export/model.h"
#include "model/selection.h"

struct export_options {
	struct output output;
	struct selection select; /* of all */
	struct capture_how how;
	__u64 duration_ns, interval_ns;
	const char *listen;	/* ADDR:PORT, NULL = the default */
	const char *allow_hosts; /* with commas between, NULL = none */
	const char *web_config;	/* file, NULL = none */
	const char *textfile;
	bool once, raw_addresses;
	enum export_by by;
	__u32 max_series;
	__u64 verify_interval_ns; /* 0 = never */
	struct ignored ignored;
};

/* Until it is told to end; the exit status. */
int export_run(void *options);

#endif
