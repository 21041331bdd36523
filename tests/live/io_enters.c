// SPDX-License-Identifier: GPL-2.0
/* stat --advise: submissions per io_uring_enter, exactly, and who submits. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "load.h"
#include "tool.h"
#include "tool_json.h"

static char path[] = "/tmp/fixbuf-enters-XXXXXX";

static struct json_object *stat_of(struct tool_run *a, const char *mode)
{
	char program[4096], *text;
	struct json_object *o;

	snprintf(program, sizeof(program), "%s", load_path("io_enters"));
	tool(a, "stat", "-q", "--json", "--advise", "-o", path, "--", program, "--no-wait", mode, NULL);
	text = file_text(path);
	o = json_tokener_parse(text);
	free(text);
	return o;
}

/* Whether this kernel tells; if not, that is counted as skipped. */
static bool counts(const char *mode)
{
	struct tool_run a;
	struct json_object *o = stat_of(&a, mode), *list, *e;
	bool told = !json_is(o, "starts_by", "user_data");

	if (tool_skipped(&a, mode)) {
		json_object_put(o);
		tool_free(&a);
		return told;
	}
	list = json_member(o, "enters");
	e = json_element(list, 0);
	if (!list && !told) {
		skip("submissions per call", "this kernel does not trace what it refuses");
	} else {
		is(list ? json_object_array_length(list) : 0, 1, "%s: one ring", mode);
		is(json_number(e, "enters"), value_number(a.out, "enters"), "%s: calls", mode);
		is(json_number(e, "submissions"), value_number(a.out, "submissions"),
		   "%s: what they submitted", mode);
		ok((json_member(e, "by_kernel_thread") != NULL) == !strcmp(mode, "sqpoll"),
		   "%s: who submits", mode);
	}
	json_object_put(o);
	tool_free(&a);
	return told;
}

static void says(bool told)
{
	struct tool_run a;
	char program[4096];

	snprintf(program, sizeof(program), "%s", load_path("io_enters"));
	tool(&a, "stat", "--advise", "--", program, "--no-wait", "plain", NULL);
	ok(told == (strstr(a.out, "submissions per io_uring_enter") != NULL), "told as text where it is known");
	tool_free(&a);
	tool(&a, "stat", "--json", "-q", "--", program, "--no-wait", "plain", NULL);
	ok(!strstr(a.out, "submissions_per_enter"), "not asked for, not counted");
	tool_free(&a);
}

int main(void)
{
	bool told;

	close(mkstemp(path));
	told = counts("plain");
	counts("sqpoll");
	says(told);
	unlink(path);
	return tap_end();
}
