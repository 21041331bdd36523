/* SPDX-License-Identifier: GPL-2.0 */
/* What a request to the HTTP server asks for, and whether it gets it. */
#ifndef FIXBUF_COMMANDS_EXPORT_REQUEST_H
#define FIXBUF_COMMANDS_EXPORT_REQUEST_H

#include "commands/export/metrics.h"

/* As the HTTP library cut it; what the request does not have is NULL. */
struct request {
	const char *method, *url;
	const char *host, *accept;	/* values of these headers */
};

enum request_kind { REQUEST_REFUSED, REQUEST_METRICS, REQUEST_HEALTH };

struct request_answer {
	enum request_kind kind;
	enum metrics_format format;	/* of metrics: the one that it prefers */
	unsigned int status;		/* of a refusal: HTTP's */
	const char *text;		/* and a sentence */
};

/* .hosts: names that it may be asked by (host.h). */
struct request_answer export_request(const struct request *r, const char *hosts);

#endif
