// SPDX-License-Identifier: GPL-2.0
/*
 * Commands that run for long, beside a program that makes and drops rings all the time: what each
 * has of memory, descriptors and mappings does not grow. By hand: GROWTH_S=1200, twenty minutes.
 * Independent of the kernel: not run in guests.
 * Not under ASan: that keeps what was freed.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "load.h"
#include "tool.h"
#include "witness.h"

#define SETTLE_S	60	/* until what is kept for good is there, ... */
#define SOON_S		30	/* ... or as good as, where it runs for less than two minutes */
#define MORE_S		120	/* that churn may take longer than all that */
#define RUN_S		"54"	/* all in all, unless GROWTH_S says how long */
#define MOST_KB		(64L << 10)
#define MORE_KB		(16L << 10)	/* what the allocator has not given back */
#define MAX_PROCESSES	8
#define MOMENTS		7

struct watched {
	const char *name;
	struct tool_run a;
	long kb, files, maps;	/* of its processes, after settle_s */
};

static int settle_s;
static char file[] = "/tmp/fixbuf-growth-XXXXXX";

static long lines_of(pid_t pid, const char *of)
{
	char path[64], *text;
	long nr = 0;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, of);
	text = file_text(path);
	for (const char *s = text; (s = strchr(s, '\n')); s++)
		nr++;
	free(text);
	return nr;
}

/* The command and what it started. */
static void add_up(pid_t pid, long *kb, long *files, long *maps)
{
	pid_t list[MAX_PROCESSES];
	size_t nr = witness_children(pid, list, MAX_PROCESSES);

	*kb += witness_status_kb(pid, "RssAnon");
	*files += witness_nr_fds(pid);
	*maps += lines_of(pid, "maps");
	for (size_t i = 0; i < nr; i++)
		add_up(list[i], kb, files, maps);
}

/* The least of some moments: a file is open while it is read. */
static void measure(pid_t pid, long *kb, long *files, long *maps)
{
	for (int i = 0; i < MOMENTS; i++) {
		long now[3] = { 0 };

		add_up(pid, &now[0], &now[1], &now[2]);
		*kb = i && *kb < now[0] ? *kb : now[0];
		*files = i && *files < now[1] ? *files : now[1];
		*maps = i && *maps < now[2] ? *maps : now[2];
		usleep(50000);
	}
}

static void check(struct watched *w)
{
	long kb = 0, files = 0, maps = 0;

	measure(w->a.pid, &kb, &files, &maps);
	ok(kb > 0 && kb < MOST_KB, "%s: less than %ld MiB (%ld KiB)", w->name, MOST_KB >> 10, kb);
	ok(kb < w->kb + MORE_KB, "%s: no more than after %d s (%ld KiB)", w->name, settle_s, w->kb);
	/* one may be open while it is read */
	ok(files <= w->files + 2, "%s: as many descriptors (%ld, %ld)", w->name, files, w->files);
	ok(maps < w->maps + 16, "%s: as many mappings (%ld, %ld)", w->name, maps, w->maps);
}

int main(void)
{
	const char *seconds = getenv("GROWTH_S") ? : RUN_S;
	char most[16], pid[16];
	struct tool_how how = { .stdout_fd = open("/dev/null", O_WRONLY | O_CLOEXEC) };
	struct watched all[] = {
		{ .name = "trace" }, { .name = "stat" }, { .name = "record" }, { .name = "verify --watch" },
		{ .name = "export" },
	};
	size_t nr = sizeof(all) / sizeof(all[0]);
	int fd = mkstemp(file);
	struct load l;

	snprintf(most, sizeof(most), "%d", atoi(seconds) + MORE_S);
	if (fd < 0 || !load_start(&l, "churn", most, NULL))
		bail("churn does not start");
	close(fd);
	/* others' rings come and go on a shared machine, and have their place in memory */
	snprintf(pid, sizeof(pid), "%d", l.pid);
	tool_start(&all[0].a, &how, "trace", "-q", "-p", pid, NULL);
	tool_start(&all[1].a, &how, "stat", "-q", "-p", pid, "-i", "1s", "--json", NULL);
	tool_start(&all[2].a, &how, "record", "-q", "-p", pid, "-o", file, NULL);
	tool_start(&all[3].a, &how, "verify", "-q", "--watch", "-p", pid, NULL);
	tool_start(&all[4].a, &how, "export", "-q", "-p", pid, "--textfile", "/dev/shm/fixbuf-growth.prom", "-i",
		   "1s", "--verify-interval", "1s", NULL);
	settle_s = atoi(seconds) < 2 * SETTLE_S ? SOON_S : SETTLE_S;
	sleep(settle_s);
	for (size_t i = 0; i < nr; i++)
		measure(all[i].a.pid, &all[i].kb, &all[i].files, &all[i].maps);
	sleep(atoi(seconds) > settle_s ? atoi(seconds) - settle_s : 1);
	for (size_t i = 0; i < nr; i++)
		check(&all[i]);
	for (size_t i = 0; i < nr; i++)
		kill(all[i].a.pid, SIGINT);
	for (size_t i = 0; i < nr; i++) {
		tool_wait(&all[i].a, &(struct tool_how){ .timeout_s = 60 });
		tool_free(&all[i].a);
	}
	is(load_end(&l), 0, "churn went on for all that time");
	unlink(file);
	unlink("/dev/shm/fixbuf-growth.prom");
	return tap_end();
}
