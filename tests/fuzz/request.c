// SPDX-License-Identifier: GPL-2.0
/*
 * Requests to export's HTTP server of any bytes, as the library hands them on (libFuzzer). A line
 * each: names of choice, method, path, Host, Accept; one that is left out is not there.
 */
#include <regex.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "commands/export/host.h"
#include "commands/export/request.h"

/* What a browser cannot be led to by another's page: addresses, and localhost. */
#define ADDRESS "^(([0-9]{1,3}\\.){3}[0-9]{1,3}|localhost|\\[[0-9a-f:.]*:[0-9a-f:.]*\\])(:[0-9]*)?$"

static void must(bool holds, const char *what, const struct request *r)
{
	if (holds)
		return;
	fprintf(stderr, "request: %s: %s '%s' Host '%s' Accept '%s'\n", what, r->method, r->url,
		r->host ? r->host : "(none)", r->accept ? r->accept : "(none)");
	abort();
}

static bool is_address(const char *host)
{
	static regex_t shape;
	static bool ready;

	if (!ready && regcomp(&shape, ADDRESS, REG_EXTENDED | REG_ICASE | REG_NOSUB))
		abort();
	ready = true;
	return !regexec(&shape, host, 0, NULL, 0);
}

/* With each name of the list in turn, and then a port or nothing. */
static bool is_of_choice(const char *host, const char *list)
{
	char copy[512], *rest = copy, *name;

	snprintf(copy, sizeof(copy), "%s", list ? list : "");
	while ((name = strsep(&rest, ","))) {
		size_t len = strlen(name);

		if (len && !strncasecmp(host, name, len) &&
		    (!host[len] || (host[len] == ':' &&
				    !host[len + 1 + strspn(host + len + 1, "0123456789")])))
			return true;
	}
	return false;
}

static void check(const struct request *r, const char *hosts)
{
	const struct request_answer a = export_request(r, hosts);

	if (a.kind == REQUEST_REFUSED) {
		must(a.status >= 400 && a.status < 500 && a.text && *a.text, "refused without a word", r);
		return;
	}
	must(!strcmp(r->method, "GET"), "answered what is no GET", r);
	must(!strcmp(r->url, a.kind == REQUEST_METRICS ? "/metrics" : "/healthz"), "another path", r);
	must(!r->host || is_address(r->host) || is_of_choice(r->host, hosts), "another's name", r);
	must(a.format == METRICS_TEXT || (r->accept && strcasestr(r->accept, "openmetrics")),
	     "a format that was not asked for", r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size + 1), *rest = copy, *hosts, *line;
	struct request r = { 0 };

	if (!copy)
		return 0;
	memcpy(copy, data, size);
	copy[size] = '\0';
	hosts = strsep(&rest, "\n");
	line = strsep(&rest, "\n");
	r.method = line ? line : "GET";
	line = strsep(&rest, "\n");
	r.url = line ? line : "/metrics";
	r.host = strsep(&rest, "\n");
	r.accept = strsep(&rest, "\n");
	/* what an option would not take is no list */
	if (strlen(hosts) >= 512 || !export_host_is_list(hosts))
		hosts = NULL;
	check(&r, hosts);
	free(copy);
	return 0;
}
