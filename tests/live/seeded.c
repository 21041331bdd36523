// SPDX-License-Identifier: GPL-2.0
/*
 * Findings that no tested stock kernel triggers, on a kernel that is broken on purpose:
 * tests/kernel/seeded.patch treats buffers of certain numbers of pages wrongly, one way each.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "load.h"
#include "tool.h"
#include "tool_json.h"
#include "witness.h"

#define LEAKED	101	/* pages, as the patch has them */

static const struct seed {
	const char *pages, *tag;
	int found;		/* pages that the finding is about */
	const char *detail;
} seeds[] = {
	{ "97", NULL, 0, NULL },
	{ "103", "unpinned-page", 1, "1 of 103 pages" },
	{ "107", "bad-segment", 107, "leaves its folio" },
	{ "109", "bad-segment", 109, "add up to 446463 bytes" },
};

static char out_file[] = "/tmp/fixbuf-seeded-XXXXXX";

static void found(const struct seed *s)
{
	struct json_object *f;
	struct tool_run a;
	struct load l;
	char pid[16];

	if (!load_start(&l, "many", "pages", s->pages, NULL))
		bail("%s", l.skip);
	snprintf(pid, sizeof(pid), "%d", l.pid);
	tool(&a, "verify", "--json", "--fail-on", "info", "-p", pid, NULL);
	if (!is(json_nr_findings(a.json, 0, NULL), s->tag != NULL, "%s pages: findings", s->pages))
		note("%s", a.out);
	is(a.status, s->tag != NULL, "%s pages: exit status", s->pages);
	f = s->tag ? json_finding(a.json, l.pid, s->tag) : NULL;
	if (s->tag) {
		is_text(json_text(f, "severity"), "error", "%s: severity", s->tag);
		is(json_number(f, "index"), 0, "%s: the buffer", s->tag);
		is(json_number(f, "pages"), s->found, "%s: pages", s->tag);
		has_text(json_text(f, "detail"), s->detail, "%s: evidence", s->tag);
	}
	tool_free(&a);
	load_end(&l);
}

/* Returns the first finding that the watch told, and how many there were. */
static struct json_object *told(const struct json_lines *l, size_t *nr)
{
	struct json_object *first = NULL;

	*nr = 0;
	for (size_t i = 0; i < l->nr; i++) {
		if (!json_is(l->lines[i], "event", "finding"))
			continue;
		first = first ? first : l->lines[i];
		++*nr;
	}
	return first;
}

/* The broken kernel keeps a reference to a buffer that has left its ring. */
static void leaked(void)
{
	struct tool_how how = { .timeout_s = 100 };
	long long before = witness_pins_at_rest();
	struct json_lines lines;
	struct json_object *f;
	struct tool_run a;
	char command[8400], *text;
	size_t nr;

	snprintf(command, sizeof(command), "%s pages %d --no-wait; sleep 5", load_path("many"), LEAKED);
	tool_as(&a, &how, "verify", "--watch", "--json", "-q", "-o", out_file, "--fail-on", "info",
		"--tier", "functions", "--", "sh", "-c", command, NULL);
	text = file_text(out_file);
	json_lines_parse(&lines, text);
	f = told(&lines, &nr);
	if (!is(nr, 1, "leaked-pin: is told once"))
		note("%s%s", text, a.err);
	is(a.status, 1, "leaked-pin: exit status");
	is_text(json_text(f, "tag"), "leaked-pin", "leaked-pin: its tag");
	is(json_number(f, "pages"), LEAKED, "leaked-pin: pages");
	is(json_number(f, "pid"), value_number(a.out, "pid"), "leaked-pin: whose");
	is(witness_pins_at_rest() - before, LEAKED, "leaked-pin: and the kernel counts them, too");
	json_lines_free(&lines);
	free(text);
	tool_free(&a);
}

int main(void)
{
	struct utsname u;
	int fd;

	uname(&u);
	if (!strstr(u.release, "-seeded"))
		skip_all("this kernel is not broken on purpose; make check-kernel builds one that is");
	fd = mkstemp(out_file);
	if (fd < 0)
		bail("no temporary file");
	close(fd);
	for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++)
		found(&seeds[i]);
	leaked();
	unlink(out_file);
	return tap_end();
}
