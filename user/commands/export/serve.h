/* SPDX-License-Identifier: GPL-2.0 */
/* What runs in the HTTP server's process, and how it speaks with who started it. */
#ifndef FIXBUF_COMMANDS_EXPORT_SERVE_H
#define FIXBUF_COMMANDS_EXPORT_SERVE_H

#include <linux/types.h>
#include <stdbool.h>

/* One byte asks for all metrics in one format; the answer follows its head. */
#define SERVE_ASK_OPENMETRICS	'o'
#define SERVE_ASK_TEXT		't'

struct serve_answer {
	__u64 format;		/* enum metrics_format */
	__u64 len;		/* bytes that follow */
};

/* Whether this build has a server. */
extern const bool export_can_serve;

/* Until .collector is closed at its other end; returns the exit status. */
int export_serve(int listener, int collector);

#endif
