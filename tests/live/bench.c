// SPDX-License-Identifier: GPL-2.0
/*
 * bench measures every case or says why not, and leaves files and processes as they were.
 * One kernel tells for all: CI runs it on the oldest alone.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tool.h"
#include "tool_json.h"

#define PLAIN_UID	54321
#define NR_IO		16	/* 4 block sizes, 2 depths, direct and buffered */
#define NR_REGISTER	12	/* 4 sizes, 3 kinds of pages */
#define FILE_BYTES	(3UL << 20)

static const long long blocks[] = { 4096, 16384, 65536, 1048576 };
static char folder[64];

static unsigned int nr_files(void)
{
	DIR *d = opendir(folder);
	unsigned int n = 0;

	for (struct dirent *e; d && (e = readdir(d));)
		n += e->d_name[0] != '.' || strlen(e->d_name) > 2;
	if (d)
		closedir(d);
	return n;
}

static void nothing_left(const struct tool_run *a, const char *what)
{
	is(nr_files(), 0, "%s: no file is left", what);
	ok(kill(-a->pid, 0) && errno == ESRCH, "%s: no process is left", what);
}

static double real(struct json_object *o, const char *key)
{
	return json_object_get_double(json_member(o, key));
}

/* Checks that 0 < min <= q1 <= median <= q3 <= max. */
static bool is_spread(struct json_object *s)
{
	return s && real(s, "min") > 0 && real(s, "min") <= real(s, "q1") &&
	       real(s, "q1") <= real(s, "median") && real(s, "median") <= real(s, "q3") &&
	       real(s, "q3") <= real(s, "max");
}

/* Checks the cases of a run; at least .least of them must have been measured. */
static void check_io(struct json_object *list, unsigned int least)
{
	unsigned int measured = 0, skipped = 0, good = 0, seen[2][4][2] = { 0 }, each = 0;

	for (size_t i = 0; list && i < json_object_array_length(list); i++) {
		struct json_object *c = json_object_array_get_idx(list, i);
		struct json_object *ratio = json_member(c, "ratio");
		long long block = json_number(c, "block_bytes"), depth = json_number(c, "depth");
		const char *why = json_text(c, "skipped");
		unsigned int size = 0;

		while (size < 3 && blocks[size] != block)
			size++;
		seen[json_object_get_boolean(json_member(c, "direct"))][size][depth == 32]++;
		if (why && *why) {
			skipped++;
			note("%lld x %lld: %s", block, depth, why);
			continue;
		}
		measured++;
		good += json_number(c, "rounds") > 0 && is_spread(json_member(ratio, "iops")) &&
			is_spread(json_member(ratio, "cpu_ns_per_op")) &&
			real(ratio, "p99_ns") > 0 &&
			real(json_member(c, "plain"), "iops") > 0 &&
			real(json_member(c, "fixed"), "iops") > 0 &&
			json_number(json_member(c, "plain"), "ops") >= 2 * depth &&
			json_number(json_member(c, "fixed"), "ops") >= 2 * depth;
	}
	for (size_t i = 0; i < 16; i++)
		each += ((unsigned int *)seen)[i] == 1;
	is(each, NR_IO, "each kind of I/O is there once");
	is(measured + skipped, NR_IO, "measured or left out with a reason");
	ok(measured >= least, "%u are, of at least %u", measured, least);
	is(good, measured, "each with ratios above zero, in order");
}

static void check_register(struct json_object *list, unsigned int least)
{
	unsigned int measured = 0, skipped = 0, good = 0;

	for (size_t i = 0; list && i < json_object_array_length(list); i++) {
		struct json_object *c = json_object_array_get_idx(list, i);
		const char *why = json_text(c, "skipped");

		if (why && *why) {
			skipped++;
			note("%lld in %s: %s", json_number(c, "buffer_bytes"),
			     json_text(c, "pages"), why);
			continue;
		}
		measured++;
		good += json_number(c, "times") >= 7 && is_spread(json_member(c, "register_ns")) &&
			is_spread(json_member(c, "unregister_ns")) &&
			(is_spread(json_member(c, "clone_ns")) || json_text(c, "clone_skipped"));
	}
	is(measured + skipped, NR_REGISTER, "each size with each kind of pages");
	ok(measured >= least, "%u are, of at least %u", measured, least);
	is(good, measured, "each at least 7 times, with a cost above zero");
}

static void short_run(void)
{
	struct tool_run a;

	tool(&a, "bench", "-d", "2s", "--json", NULL);
	is(a.status, 0, "a short run ends with 0");
	if (!ok(a.json, "with one object"))
		note("%s%s", a.out, a.err);
	ok(!json_object_get_boolean(json_member(a.json, "interrupted")), "not interrupted");
	check_io(json_member(a.json, "io"), NR_IO / 2);
	check_register(json_member(a.json, "register"), 4);
	if (!geteuid())
		ok(!json_text(a.json, "pins_skipped"), "root's has pins");
	nothing_left(&a, "a short run");
	tool_free(&a);

	tool(&a, "bench", "-d", "500ms", NULL);
	is(a.status, 0, "so does one that prints a table");
	has_text(a.out, "RATIO", "with ratios");
	is_text(a.err, "", "and no progress, as nobody looks");
	tool_free(&a);
}

static void interrupt(int ms, bool json)
{
	struct tool_how how = { .timeout_s = 60 };
	struct tool_run a;

	tool_start(&a, &how, "bench", "-d", "50s", json ? "--json" : NULL, NULL);
	usleep(ms * 1000);
	kill(a.pid, SIGINT);
	tool_wait(&a, &how);
	is(a.status, 130, "SIGINT after %d ms ends it with 130", ms);
	is_text(a.err, "", "without complaint");
	if (json)
		ok(json_object_get_boolean(json_member(a.json, "interrupted")),
		   "the object says so");
	else
		has_text(a.out, "interrupted", "the table says so");
	nothing_left(&a, "interrupted");
	tool_free(&a);
}

static char *read_all(const char *path)
{
	char *data = malloc(FILE_BYTES + 1);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (!data || fd < 0 || read(fd, data, FILE_BYTES + 1) != (ssize_t)FILE_BYTES)
		bail("%s is not as long as it was", path);
	close(fd);
	return data;
}

static void existing_file(void)
{
	char path[128], *before, *after;
	struct stat was, now;
	struct tool_run a;
	int fd;

	snprintf(path, sizeof(path), "%s/data", folder);
	before = malloc(FILE_BYTES);
	for (size_t i = 0; before && i < FILE_BYTES; i++)
		before[i] = i % 251;
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
	if (!before || fd < 0 || write(fd, before, FILE_BYTES) != (ssize_t)FILE_BYTES)
		bail("cannot make %s", path);
	close(fd);
	stat(path, &was);
	tool(&a, "bench", "-d", "700ms", "--json", path, NULL);
	is(a.status, 0, "a file by its name");
	is_text(json_text(json_member(a.json, "file"), "path"), path, "it is that file");
	check_io(json_member(a.json, "io"), NR_IO / 2);
	tool_free(&a);
	after = read_all(path);
	stat(path, &now);
	ok(!memcmp(before, after, FILE_BYTES), "it is byte for byte as before");
	ok(was.st_mtim.tv_sec == now.st_mtim.tv_sec && was.st_mtim.tv_nsec == now.st_mtim.tv_nsec,
	   "nobody wrote to it");
	free(after);

	tool(&a, "bench", "-d", "700ms", "--json", "--write", path, NULL);
	is(a.status, 0, "with --write");
	is(json_object_array_length(json_member(a.json, "io")), 2 * NR_IO, "twice as many cases");
	tool_free(&a);
	after = read_all(path);
	ok(memcmp(before, after, FILE_BYTES), "it was written to, and kept its length");
	free(after);
	free(before);
	unlink(path);
}

static void bad_files(void)
{
	char empty[128], fifo[128];
	const struct {
		const char *path, *said;
	} bad[] = {
		{ "/nonexistent/file", "/nonexistent/file" },
		{ folder, "neither a regular file" },
		{ "/dev/null", "neither a regular file" },
		{ fifo, "neither a regular file" },
		{ empty, "too small" },
	};
	struct tool_run a;

	snprintf(empty, sizeof(empty), "%s/empty", folder);
	snprintf(fifo, sizeof(fifo), "%s/fifo", folder);
	close(open(empty, O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
	if (mkfifo(fifo, 0644))
		bail("no fifo");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		tool(&a, "bench", bad[i].path, NULL);
		is(a.status, 2, "%s ends with 2", bad[i].path);
		has_text(a.err, bad[i].said, "and a sentence");
		is_text(a.out, "", "and nothing else");
		tool_free(&a);
	}
	tool(&a, "bench", empty, fifo, NULL);
	is(a.status, 2, "two files end with 2");
	has_text(a.err, "name only one", "and a sentence");
	tool_free(&a);
	tool(&a, "bench", "--", "true", NULL);
	is(a.status, 2, "a program ends with 2");
	tool_free(&a);
	unlink(empty);
	unlink(fifo);
}

static void unprivileged(void)
{
	struct tool_how how = { .uid = PLAIN_UID };
	struct tool_run a;

	if (geteuid()) {
		skip("without privilege", "this is not root already");
		return;
	}
	tool_as(&a, &how, "bench", "-d", "700ms", "--json", NULL);
	is(a.status, 0, "it needs no privilege");
	/* kernels before 5.16 let a user lock 64 KiB, and charge the rings to it */
	check_io(json_member(a.json, "io"), 1);
	check_register(json_member(a.json, "register"), 0);
	has_text(json_text(a.json, "pins_skipped") ? : "", "root", "but for pins, and says so");
	nothing_left(&a, "without privilege");
	tool_free(&a);
}

int main(void)
{
	/* a folder where O_DIRECT works, if it works anywhere */
	snprintf(folder, sizeof(folder), "%s/fixbuf-bench-XXXXXX",
		 access("/mnt/disk", W_OK) ? "/var/tmp" : "/mnt/disk");
	if (!mkdtemp(folder))
		skip_all("no folder can be made in /var/tmp");
	chmod(folder, 01777);
	setenv("TMPDIR", folder, 1);
	short_run();
	if (!kernel_only()) {
		interrupt(1500, true);
		interrupt(700, false);
		interrupt(300, true);
		existing_file();
		bad_files();
	}
	unprivileged();
	rmdir(folder);
	return tap_end();
}
