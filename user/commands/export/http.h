/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The HTTP server: a process of its own without any privilege, file or
 * program of ours, that asks who collects for what it answers with.
 */
#ifndef FIXBUF_COMMANDS_EXPORT_HTTP_H
#define FIXBUF_COMMANDS_EXPORT_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include "commands/export/web_config.h"
#include "commands/export/metrics.h"
#include "commands/export/unix_socket.h"

struct export_http {
	pid_t pid;		/* 0 = none */
	int listener, asked;	/* .asked: readable when it wants metrics, or has ended */
	bool loopback;		/* nobody on another machine can connect */
	char address[64];	/* as it is written in a URL */
	struct unix_socket local; /* instead of an address */
};

/* Before anything else: takes the address, ADDR:PORT or unix:PATH. 0, or the exit status after a sentence. */
int export_http_listen(struct export_http *h, const char *address);
/*
 * Before anything is loaded: the process starts. .web: it takes its own copy. .hosts: names that it
 * may be asked by, besides addresses and localhost; what is older than .stale_ns it does not tell.
 * 0, or the exit status after a sentence.
 */
int export_http_start(struct export_http *h, const struct web_config *web, const char *hosts,
		      __u64 stale_ns);
/* What it wants; -1 when it has ended. */
int export_http_wants(struct export_http *h, enum metrics_format *format);
/* -1 when it has ended. */
int export_http_answer(struct export_http *h, enum metrics_format format, const char *text,
		       size_t len);
void export_http_stop(struct export_http *h);

#endif
