// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include "commands/export/host.h"
#include "commands/export/request.h"

static struct request_answer refuse(unsigned int status, const char *text)
{
	return (struct request_answer){ .kind = REQUEST_REFUSED, .status = status, .text = text };
}

struct request_answer export_request(const struct request *r, const char *hosts)
{
	bool metrics = !strcmp(r->url, "/metrics");

	if (!export_host_allowed(r->host, hosts))
		return refuse(421, "unknown Host; ask by address, or start export with --allow-host NAME\n");
	if (!metrics && strcmp(r->url, "/healthz"))
		return refuse(404, "not found; this server has /metrics and /healthz\n");
	if (strcmp(r->method, "GET"))
		return refuse(405, "GET it\n");
	return (struct request_answer){
		.kind = metrics ? REQUEST_METRICS : REQUEST_HEALTH,
		.format = r->accept && strstr(r->accept, "application/openmetrics-text") ?
			  METRICS_OPENMETRICS : METRICS_TEXT,
	};
}
