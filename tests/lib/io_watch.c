// SPDX-License-Identifier: GPL-2.0
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "io_watch.h"

void io_watch(struct io_watch *w, const char *tier, const char *load, const char *mode, const char *tag)
{
	io_watch_every(w, "60s", tier, load, mode, tag);
}

/* "... buffer 0: 5 requests": how many a finding is of. */
static long long requests_of(struct json_object *finding)
{
	const char *at = strstr(json_text(finding, "detail"), ": ");

	return at ? atoll(at + 2) : -1;
}

void io_watch_every(struct io_watch *w, const char *interval, const char *tier, const char *load, const char *mode,
		    const char *tag)
{
	char file[] = "/tmp/fixbuf-io_watch-XXXXXX";
	int fd = mkstemp(file);
	char *text;

	if (fd < 0)
		bail("no temporary file");
	close(fd);
	*w = (struct io_watch){ 0 };
	tool(&w->a, "verify", "--watch", "--io", "--json", "-q", "-i", interval, "-o", file, "--tier",
	     tier ?: "tracepoints", "--", load_path(load), "--no-wait", mode, NULL);
	text = file_text(file);
	json_lines_parse(&w->l, text);
	free(text);
	unlink(file);
	for (size_t i = 0; i < w->l.nr; i++) {
		if (json_is(w->l.lines[i], "event", "summary"))
			w->summary = w->l.lines[i];
		if (!json_is(w->l.lines[i], "tag", tag))
			continue;
		w->requests = requests_of(w->l.lines[i]);
		if (json_is(w->l.lines[i], "event", "grown"))
			continue;
		w->last = w->l.lines[i];
		w->nr++;
	}
	if (!w->summary)
		note("%s%s", w->a.out, w->a.err);
}

void io_watch_both(struct io_watch *w, const char *as, struct load *first, struct load *second)
{
	static const struct tool_how how = { .timeout_s = 100 };
	char pids[40];

	*w = (struct io_watch){ 0 };
	snprintf(pids, sizeof(pids), "%d,%d", first->pid, second->pid);
	tool_start(&w->a, &how, "verify", "--watch", "--io", "--json", "-i", "60s", "-p", pids, "--tier",
		   tool_tier() ?: "tracepoints", NULL);
	ok(tool_says(&w->a, "watching", 60000), "%s: it watches", as);
	load_break(first);
	load_break(second);
	kill(w->a.pid, SIGINT);
	tool_wait(&w->a, &how);
	json_lines_parse(&w->l, w->a.out);
	w->summary = w->l.nr ? w->l.lines[w->l.nr - 1] : NULL;
}

void io_watch_free(struct io_watch *w)
{
	json_lines_free(&w->l);
	tool_free(&w->a);
}
