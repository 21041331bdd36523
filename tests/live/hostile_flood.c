// SPDX-License-Identifier: GPL-2.0
/*
 * A user who calls faster than anybody reads loses events of his own: another's calls are all told,
 * whether they were asked for or not, and what is lost is told as his.
 * Independent of the kernel: not run in guests.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "load.h"
#include "tool.h"
#include "tool_json.h"

#define EXPLAIN_S	7.0	/* for -d 500ms: 3.4 were seen; 12 when each failing call had its walk */
#define HIS_UID	54401
#define OWN_UID	54397
#define OWN	101	/* calls of each kind */
#define FILL_US	700000	/* of it, in which nobody reads */

struct traced {
	struct tool_run a;
	struct json_lines l;
	pid_t own, his;
};

/* Reads what the tool prints, which waits until then. */
static char *read_all(int fd)
{
	FILE *f = fdopen(fd, "r");
	char *text = stream_text(f);

	fclose(f);
	return text;
}

static long count(const struct traced *t, pid_t pid, const char *event)
{
	long nr = 0;

	for (size_t i = 0; i < t->l.nr; i++)
		nr += json_is(t->l.lines[i], "event", event) && json_number(t->l.lines[i], "pid") == pid;
	return nr;
}

/* The same of a text. */
static long count_lines(const char *text, pid_t pid, const char *event)
{
	char want[16], got[16];
	long nr = 0;
	int at;

	snprintf(want, sizeof(want), "%s", event);
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		nr += sscanf(line, "%d many %*d %15s", &at, got) == 2 && at == pid && !strcmp(got, want);
	}
	return nr;
}

/* Events lost, of that user or in all (-1). */
static long lost(const struct traced *t, long uid)
{
	long all = 0, his = 0;

	for (size_t i = 0; i < t->l.nr; i++) {
		struct json_object *users = json_member(t->l.lines[i], "users");

		if (json_is(t->l.lines[i], "event", "lost"))
			all += json_number(t->l.lines[i], "count");
		if (!json_is(t->l.lines[i], "event", "lost-total"))
			continue;
		for (size_t k = 0; k < json_object_array_length(users); k++) {
			struct json_object *u = json_object_array_get_idx(users, k);

			if (json_number(u, "uid") == uid)
				his += json_number(u, "count");
		}
	}
	return uid < 0 ? all : his;
}

/*
 * Of everybody as JSON, or as text with an option and its value, NULL = the pid of who calls. .flood is
 * what floods (load/many.c). Returns what it printed, to be freed.
 */
static char *trace(struct traced *t, const char *flood, const char *option, const char *value)
{
	struct tool_how how = { 0 };
	struct pollfd begun = { .events = POLLIN };
	struct load his, own;
	char *text, pid[16];
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		bail("pipe");
	how.stdout_fd = ends[1];
	if (!load_start(&own, "many", "calls", "101", NULL) ||
	    !load_start(&his, "many", flood, "97", NULL))
		bail("the load does not start");
	t->own = own.pid;
	t->his = his.pid;
	snprintf(pid, sizeof(pid), "%d", own.pid);
	tool_start(&t->a, &how, "trace", "--ring-buffer", "2048", "-d", "2s",
		   option ? option : "--json", option && !value ? pid : value, NULL);
	close(ends[1]);
	begun.fd = ends[0];
	ok(poll(&begun, 1, 20000) == 1, "trace begins");
	usleep(FILL_US);
	is(load_end(&own), 0, "the other one has called");
	load_end(&his);
	text = read_all(ends[0]);
	tool_wait(&t->a, &how);
	is(t->a.status, 0, "trace ends well");
	return text;
}

static void everybody(void)
{
	struct traced t;
	char *said = trace(&t, "events", NULL, NULL), text[64];

	json_lines_parse(&t.l, said);
	ok(!t.l.bad, "every line is JSON");
	is(count(&t, t.own, "register"), OWN, "each register call of another user is told");
	is(count(&t, t.own, "unregister"), OWN, "each unregister call, too");
	is(count(&t, t.own, "buffer"), OWN, "and what was registered");
	ok(lost(&t, -1) > 0, "the flood loses events (%ld)", lost(&t, -1));
	ok(lost(&t, HIS_UID) > 0, "which are told as his (%ld)", lost(&t, HIS_UID));
	is(lost(&t, OWN_UID), 0, "none of the other's");
	snprintf(text, sizeof(text), "of uid %d", HIS_UID);
	has_text(t.a.err, text, "the totals say so");
	ok(count(&t, t.his, "register") > 0, "he has his share (%ld)", count(&t, t.his, "register"));
	json_lines_free(&t.l);
	tool_free(&t.a);
	free(said);
}

static void one(void)
{
	struct traced t;
	char *said = trace(&t, "events", "-u", "54397");

	is(count_lines(said, t.own, "register"), OWN, "-u: each register call is told");
	is(count_lines(said, t.own, "unregister"), OWN, "-u: each unregister call, too");
	ok(!strstr(t.a.err, "of uid 54397"), "-u: nothing of the user is lost");
	is(count_lines(said, t.his, "register"), 0, "-u: nothing of the other is told");
	tool_free(&t.a);
	free(said);
}

/*
 * A share is a user's, whatever its programs are called: of one that is selected by user or name
 * events may be lost, which is told; selected by number it loses none.
 */
static void of_one_user(void)
{
	struct traced t;
	char *said = trace(&t, "floods", "-p", NULL);

	is(count_lines(said, t.own, "register"), OWN, "-p beside the user's own flood: each register call is told");
	is(count_lines(said, t.own, "unregister"), OWN, "each unregister call, too");
	has_text(t.a.err, " 0 events lost", "nothing is lost");
	tool_free(&t.a);
	free(said);
	said = trace(&t, "floods", "--comm", "many");
	has_text(t.a.err, "of uid 54397", "--comm beside it: what is lost is told as that user's");
	tool_free(&t.a);
	free(said);
}

/* The file has it, too. */
static void recorded(void)
{
	char file[] = "/tmp/fixbuf-flood-XXXXXX";
	int fd = mkstemp(file);
	struct tool_run a;
	struct load his;
	double begun;

	if (fd < 0 || !load_start(&his, "many", "events", "97", NULL))
		bail("the load does not start");
	close(fd);
	begun = children_cpu_s();
	tool(&a, "record", "-q", "--ring-buffer", "64", "-d", "500ms", "-o", file, NULL);
	is(a.status, 0, "record beside it ends well");
	/* his calls fail, and each would have all rings looked at */
	ok(children_cpu_s() - begun < EXPLAIN_S, "after less than %.0f s of CPU (%.1f)", EXPLAIN_S,
	   children_cpu_s() - begun);
	tool_free(&a);
	load_end(&his);
	tool(&a, "report", "--trace", file, NULL);
	has_text(a.err, "of uid 54401", "the recording says whose the lost events are");
	tool_free(&a);
	tool(&a, "report", "--verify", file, NULL);
	has_text(a.out, "of user 54401", "what is unsettled by them is his");
	tool_free(&a);
	unlink(file);
}

int main(void)
{
	everybody();
	one();
	of_one_user();
	recorded();
	return tap_end();
}
