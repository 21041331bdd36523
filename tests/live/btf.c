// SPDX-License-Identifier: GPL-2.0
/* The kernel's types: from a file, from a wrong one, and none at all. */
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tap.h"
#include "tool.h"

static const char *const commands[] = { "list", "verify", "trace", "doctor", "stat" };

static void copy(const char *from, const char *to)
{
	int in = open(from, O_RDONLY | O_CLOEXEC), out = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	struct stat st;
	off_t done = 0;

	if (in < 0 || out < 0 || fstat(in, &st))
		bail("cannot copy %s", from);
	while (done < st.st_size && sendfile(out, in, &done, st.st_size - done) > 0)
		;
	close(in);
	close(out);
}

static const char *const starts[][5] = {
	{ "trace", "-d", "1ms" },
	{ "trace", "--io", "-d", "1ms" },
	{ "stat", "-d", "1ms" },
	{ "stat", "--advise", "-d", "1ms" },
	{ "export", "--once" },
};

/* Some 130,000 types: what is asked for by a name that was not announced takes as long again. */
static void goes_through_once(const char *const *args)
{
	const char *at, *last = "";
	unsigned int nr = 0;
	struct tool_run a;

	tool(&a, args[0], "-vv", args[1], args[2], args[3], args[4], NULL);
	for (at = a.err; (at = strstr(at, "gone through for ")); nr++)
		last = at += strlen("gone through for ");
	ok(nr == 1, "%s %s goes through the kernel's types once: %u times, for %.*s", args[0], args[1],
	   nr, (int)strcspn(last, "\n"), last);
	tool_free(&a);
}

int main(void)
{
	char path[] = "/tmp/fixbuf-btf-XXXXXX";
	struct tool_run a;
	int fd = mkstemp(path);

	if (geteuid() || fd < 0)
		skip_all("hiding the kernel's types takes root");
	close(fd);
	copy("/sys/kernel/btf/vmlinux", path);
	tool(&a, "list", "--json", "--btf", path, NULL);
	is(a.status, 0, "it works from a file of this kernel");
	tool_free(&a);
	tool(&a, "list", "--btf", "/nonexistent", NULL);
	is(a.status, 2, "a file that is not there is bad input");
	has_text(a.err, "cannot read kernel types from /nonexistent", "in words");
	tool_free(&a);
	tool(&a, "list", "--btf", "/etc/passwd", NULL);
	is(a.status, 2, "a file of something else, too");
	has_text(a.err, "give a BTF file", "and what to give");
	tool_free(&a);

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		goes_through_once(starts[i]);

	if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", "/sys/kernel/btf", "tmpfs", 0, NULL)) {
		skip("a kernel without types", "it cannot be made to look so here");
	} else {
		for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
			tool(&a, commands[i], "--btf", path, NULL);
			is(a.status, 3, "%s on a kernel without types ends with 3", commands[i]);
			has_text(a.err, "no type information at /sys/kernel/btf/vmlinux",
				 "%s: one sentence", commands[i]);
			ok(strchr(a.err, '\n') == a.err + strlen(a.err) - 1, "%s: and no more",
			   commands[i]);
			tool_free(&a);
		}
	}
	unlink(path);
	return tap_end();
}
