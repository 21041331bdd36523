// SPDX-License-Identifier: GPL-2.0
/*
 * --run-as: the program after -- is another user's, in that user's groups and without a capability,
 * and is seen all the same.
 * Independent of the kernel: not run in guests.
 * Not under ASan: child.c does the same for every program.
 */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "load.h"
#include "tool.h"
#include "tool_json.h"

#define NOBODY	65534
#define ID	"echo uid=$(id -u) gid=$(id -g) groups=$(id -G | tr ' ' ,);" \
		"echo caps=$(sed -n 's/^CapPrm:[[:space:]]*0*//p' /proc/self/status)"

static char folder[] = "/tmp/fixbuf-run-as-XXXXXX", copy[64], out[64], as[16];

/* Where everybody may run it, whoever may look into the build folder. */
static void copy_load(void)
{
	char command[512];

	if (!mkdtemp(folder) || chmod(folder, 0755))
		bail("no temporary folder");
	snprintf(copy, sizeof(copy), "%s/lifecycle", folder);
	snprintf(out, sizeof(out), "%s/out", folder);
	snprintf(command, sizeof(command), "cp %s %s", load_path("lifecycle"), copy);
	if (system(command))
		bail("%s failed", command);
}

/* What the program says that it is; .who NULL: without --run-as. */
static void is_user(const char *command, const char *who)
{
	const char *run_as = who ? "--run-as" : "-v", *watch = command[0] == 'v' ? "--watch" : "-v";
	unsigned int uid = who ? NOBODY : getuid(), gid = who ? getpwuid(NOBODY)->pw_gid : getgid();
	struct tool_run a;
	char ids[64];

	tool(&a, command, "-q", "-o", out, watch, run_as, who ? who : "-v", "--", "/bin/sh", "-c",
	     ID, NULL);
	snprintf(ids, sizeof(ids), "uid=%u gid=%u groups=%u%s", uid, gid, gid, who ? "\n" : "");
	has_text(a.out, ids, "%s, %s: the program is that user, in that user's groups", command,
		 who ? who : "without --run-as");
	ok(!strstr(a.out, "caps=\n") == !who, "and has %s", who ? "no capability" : "all that we have");
	tool_free(&a);
	/* the next command overwrites no recording */
	unlink(out);
}

static unsigned int nr_events(const struct json_lines *l, const char *event, int uid)
{
	unsigned int nr = 0;

	for (size_t i = 0; i < l->nr; i++)
		nr += json_is(l->lines[i], "event", event) && json_number(l->lines[i], "uid") == uid;
	return nr;
}

static void is_seen(void)
{
	struct json_lines l;
	struct tool_run a;
	char *text;

	tool(&a, "trace", "--json", "-q", "-o", out, "--run-as", "nobody", "--", copy, NULL);
	text = file_text(out);
	json_lines_parse(&l, text);
	ok(nr_events(&l, "register", NOBODY) > 5, "the calls of a program that is nobody's are seen");
	is(nr_events(&l, "register", 0), 0, "and none of root's");
	json_lines_free(&l);
	free(text);
	tool_free(&a);
}

static void refusals(void)
{
	const struct tool_how plain = { .uid = NOBODY };
	struct tool_run a;

	tool(&a, "trace", "--run-as", "no-such-user", "--", "/bin/true", NULL);
	is(a.status, 2, "an unknown user is wrong usage");
	has_text(a.err, "unknown user 'no-such-user'", "and is named");
	tool_free(&a);
	tool(&a, "trace", "--run-as", "3999999999", "--", "/bin/true", NULL);
	is(a.status, 2, "so is a number that no user has, as it has no groups");
	has_text(a.err, "user 3999999999 has no entry in the user database", "which is said");
	tool_free(&a);
	tool(&a, "stat", "--run-as", "nobody", NULL);
	is(a.status, 2, "--run-as without a program is wrong usage");
	has_text(a.err, "--run-as is for a program after --", "and says so");
	tool_free(&a);
	tool_as(&a, &plain, "trace", "--run-as", "root", "--", "/bin/true", NULL);
	is(a.status, 3, "who may not become another user cannot");
	has_text(a.err, "needs CAP_SETUID and CAP_SETGID", "and is told what it takes");
	tool_free(&a);
	tool(&a, "trace", "-q", "--run-as", "nobody", "--", "/no/such/program", NULL);
	is(a.status, 127, "a program that is not there: 127, as without --run-as");
	has_text(a.err, "cannot run /no/such/program as nobody", "and says whom it was for");
	tool_free(&a);
	tool(&a, "trace", "--help", NULL);
	has_text(a.out, "default: as who calls", "--help says whom a program runs as without it");
	tool_free(&a);
}

int main(void)
{
	static const char *const commands[] = { "trace", "stat", "record", "verify" };

	copy_load();
	snprintf(as, sizeof(as), "%d", NOBODY);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		is_user(commands[i], "nobody");
	is_user("trace", as);
	is_user("trace", NULL);
	is_seen();
	refusals();
	unlink(copy);
	unlink(out);
	rmdir(folder);
	return tap_end();
}
