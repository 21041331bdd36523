// SPDX-License-Identifier: GPL-2.0
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "http.h"
#include "metrics.h"

#define START_MS	20000
#define AWAIT_MS	15000
#define MAX_LABELS	6
#define MAX_OPTIONS	8

double metric(const char *text, const char *name, ...)
{
	const char *labels[MAX_LABELS], *next;
	size_t nr = 0, len = strlen(name);
	double sum = 0;
	bool any = false;
	va_list ap;

	va_start(ap, name);
	while (nr < MAX_LABELS && (labels[nr] = va_arg(ap, const char *)))
		nr++;
	va_end(ap);
	for (const char *line = text; *line; line = next) {
		char head[1024];
		const char *end = strchr(line, '\n'), *value;
		bool fits = !strncmp(line, name, len) && (line[len] == '{' || line[len] == ' ');

		next = end ? end + 1 : line + strlen(line);
		if (!fits)
			continue;
		snprintf(head, sizeof(head), "%.*s", (int)(next - line), line);
		value = strrchr(head, ' ');
		for (size_t i = 0; i < nr; i++)
			fits &= strstr(head, labels[i]) != NULL;
		if (!fits || !value)
			continue;
		any = true;
		sum += strtod(value, NULL);
	}
	return any ? sum : -1;
}

static char *errors_of(const struct tool_run *a)
{
	char *s = calloc(1, 65536);

	if (!s || pread(a->err_fd, s, 65535, 0) < 0)
		bail("cannot read what it said");
	return s;
}

void exporter_needed(void)
{
	struct tool_run a;
	bool serves;

	tool(&a, "export", "--listen", "127.0.0.1:0", "-d", "100ms", NULL);
	serves = !strstr(a.err, "this build has no HTTP server");
	tool_free(&a);
	if (!serves)
		skip_all("this build has no HTTP server");
}

void exporter_start(struct exporter *x, ...)
{
	const struct tool_how how = { 0 };
	const char *o[MAX_OPTIONS + 1] = { NULL }, *tier = tool_tier();
	size_t nr = 0;
	va_list ap;

	va_start(ap, x);
	while (nr < MAX_OPTIONS && (o[nr] = va_arg(ap, const char *)))
		nr++;
	va_end(ap);
	if (tier && nr + 2 <= MAX_OPTIONS) {
		o[nr++] = "--tier";
		o[nr++] = tier;
	}
	x->port = 0;
	tool_start(&x->a, &how, "export", "--listen", "127.0.0.1:0", o[0], o[1], o[2], o[3], o[4],
		   o[5], o[6], o[7], NULL);
	for (int ms = 0; ms < START_MS && !x->port; ms += 5) {
		char *said = errors_of(&x->a), *at = strstr(said, "://127.0.0.1:");

		/* the line is complete once the next one has begun */
		if (at && strstr(at, "capabilities:"))
			x->port = atoi(at + strlen("://127.0.0.1:"));
		free(said);
		usleep(5000);
	}
	if (!x->port) {
		exporter_end(x);
		bail("export does not serve: %s", x->a.err);
	}
}

char *exporter_scrape(const struct exporter *x)
{
	char *answer = http_get(x->port, "/metrics", ""), *body;

	body = strdup(http_body(answer));
	free(answer);
	return body;
}

char *exporter_await(const struct exporter *x, double value, const char *name, const char *label)
{
	for (int ms = 0;; ms += 250) {
		char *text = exporter_scrape(x);

		if (metric(text, name, label, NULL) == value || ms >= AWAIT_MS)
			return text;
		free(text);
		usleep(250000);
	}
}

void is_metric(const struct exporter *x, double want, const char *what, const char *name,
	       const char *label)
{
	char *text = exporter_await(x, want, name, label);

	is(metric(text, name, label, NULL), want, "%s", what);
	free(text);
}

int exporter_end(struct exporter *x)
{
	const struct tool_how how = { .timeout_s = 15 };

	kill(x->a.pid, SIGTERM);
	tool_wait(&x->a, &how);
	return x->a.status;
}
