/* SPDX-License-Identifier: GPL-2.0 */
/* What runs in the HTTP server's process, and how it speaks with who started it. */
#ifndef FIXBUF_COMMANDS_EXPORT_SERVE_H
#define FIXBUF_COMMANDS_EXPORT_SERVE_H

#include <linux/types.h>
#include <stdbool.h>
#include <sys/types.h>
#include "commands/export/web_config.h"

/* One byte asks for all metrics in one format; the answer follows its head. */
#define SERVE_ASK_OPENMETRICS	'o'
#define SERVE_ASK_TEXT		't'

struct serve_answer {
	__u64 format;		/* enum metrics_format */
	__u64 len;		/* bytes that follow */
};

/* Whether this build has a server. */
extern const bool export_can_serve;

struct serve_how {
	int listener, collector;
	pid_t parent;
	const char *hosts;	/* names that it may be asked by (host.h) */
	__u64 stale_ns;		/* what was collected longer ago is not told */
	const struct web_config *web; /* NULL = no TLS, and everybody may ask */
};

/* Until .collector is closed at its other end, or the parent ends; returns the exit status. */
int export_serve(const struct serve_how *how);

#endif
