// SPDX-License-Identifier: GPL-2.0
/*
 * Address spaces that end under rings (exec, exit) make no finding: not in verify, which looks
 * in between, not in verify --watch, not in export, which both look again and again.
 * Not under ASan: verify.c, watch.c and export.c run what looks there.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "load.h"
#include "metrics.h"
#include "tool.h"
#include "tool_json.h"

static const char *const tags[] = { "stale-page", "unmapped-page", "unpinned-page", "bad-segment" };
static const char *const modes[] = { "exec", "exit", "fork" };

static const char *rounds(void)
{
	return kernel_only() ? "41" : "307";
}

static void under_watch(const char *mode)
{
	static const struct tool_how how = { .timeout_s = 110 };
	const char *tier = tool_tier();
	char out[] = "/tmp/fixbuf-churn-XXXXXX", *text;
	int fd = mkstemp(out);
	struct json_lines l;
	size_t found = 0;
	struct tool_run w;

	if (fd < 0)
		bail("mkstemp");
	close(fd);

	tool_as(&w, &how, "verify", "--watch", "--json", "-q", "--tier",
		tier ? tier : "tracepoints", "-o", out, "--", load_path("mm_churn"), mode,
		rounds(), "--no-wait", NULL);
	text = file_text(out);
	unlink(out);
	json_lines_parse(&l, text);
	free(text);
	ok(l.nr, "%s: watch tells its totals", mode);
	for (size_t i = 0; i < l.nr; i++) {
		for (size_t k = 0; k < sizeof(tags) / sizeof(tags[0]); k++) {
			if (!json_is(l.lines[i], "tag", tags[k]))
				continue;
			if (!found++)
				note("%s", json_object_to_json_string(l.lines[i]));
		}
	}
	is(found, 0, "%s: watch finds nothing about pages", mode);
	json_lines_free(&l);
	tool_free(&w);
}

static pid_t churn(const char *mode)
{
	pid_t pid = fork();

	if (!pid) {
		freopen("/dev/null", "w", stdout);
		execl(load_path("mm_churn"), "mm_churn", mode, "1000000", "--no-wait", NULL);
		_exit(127);
	}
	return pid;
}

static void under_verify(const char *mode)
{
	pid_t pid = churn(mode);
	size_t found = 0;

	for (int i = 0; i < (kernel_only() ? 3 : 13); i++) {
		struct tool_run v;

		tool(&v, "verify", "--json", "--comm", "mm_churn", NULL);
		if (!v.json)
			note("status %d: %s", v.status, v.err);
		for (size_t k = 0; k < sizeof(tags) / sizeof(tags[0]); k++) {
			struct json_object *f = json_finding(v.json, 0, tags[k]);

			if (f && !found++)
				note("%s", json_object_to_json_string(f));
		}
		tool_free(&v);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	is(found, 0, "%s: verify finds nothing about pages", mode);
}

/* A pass takes as long as the machine lets it: what ends it is their number, after some time a lower one. */
static void under_export(const char *mode)
{
	double passes = 0, found = 0, begun = now_s();
	struct exporter x;
	pid_t pid;

	exporter_start(&x, "--verify-interval=100ms", NULL);
	pid = churn(mode);
	while (passes < 3 || (passes < 13 && now_s() < begun + 12)) {
		char *text;

		usleep(100000);
		text = exporter_scrape(&x);
		passes = metric(text, "fixbuf_verify_passes_total", NULL);
		for (size_t k = 0; k < sizeof(tags) / sizeof(tags[0]); k++) {
			double bytes = metric(text, "fixbuf_finding_bytes", tags[k],
					      "comm=\"mm_churn\"", NULL);

			found += bytes > 0 ? bytes : 0;
		}
		free(text);
	}
	ok(passes >= 3, "%s: export looks again and again", mode);
	is(found, 0, "%s: and finds nothing about pages", mode);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	exporter_end(&x);
}

int main(void)
{
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		under_watch(modes[i]);
		under_verify(modes[i]);
		if (!kernel_only())
			under_export(modes[i]);
	}
	return tap_end();
}
