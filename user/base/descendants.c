// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/array.h"
#include "base/descendants.h"

#define DEPTH	4096	/* parents change while they are read: it may look like a circle */

struct task {
	unsigned int pid, parent;
};

struct tasks {
	struct task *list;	/* owned; by pid */
	size_t nr;
	unsigned int own;
};

static void add_task(struct tasks *t, const char *name)
{
	char path[300], line[512], state;
	struct task one = { 0 };
	const char *rest;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%s/stat", name);
	f = fopen(path, "re");
	/* it may have ended since; its name, which may hold anything, ends at the last bracket */
	rest = f && fgets(line, sizeof(line), f) ? strrchr(line, ')') : NULL;
	if (f)
		fclose(f);
	if (!rest || sscanf(rest, ") %c %u", &state, &one.parent) != 2 || strchr("ZXx", state))
		return;
	one.pid = strtoul(name, NULL, 10);
	array_grow(t->list, t->nr);
	t->list[t->nr++] = one;
}

static int by_pid(const void *va, const void *vb)
{
	const struct task *a = va, *b = vb;

	return a->pid < b->pid ? -1 : a->pid > b->pid;
}

/* Of a child of ours: it was forked, and runs what we do. */
static bool is_helper(const struct task *one)
{
	struct stat exe, own_exe;
	char path[32];

	snprintf(path, sizeof(path), "/proc/%u/exe", one->pid);
	return !stat(path, &exe) && !stat("/proc/self/exe", &own_exe) &&
	       exe.st_dev == own_exe.st_dev && exe.st_ino == own_exe.st_ino;
}

static bool descends(const struct tasks *t, const struct task *one)
{
	for (int i = 0; one && i < DEPTH; i++) {
		if (one->parent == t->own)
			return !is_helper(one);
		one = bsearch(&(struct task){ .pid = one->parent }, t->list, t->nr, sizeof(*one), by_pid);
	}
	return false;
}

unsigned int descendants(void)
{
	unsigned int nr = 0;
	struct tasks t = { 0 };
	const struct dirent *e;
	char self[16] = "";
	DIR *proc = readlink("/proc/self", self, sizeof(self) - 1) > 0 ? opendir("/proc") : NULL;

	if (!proc)
		return 0;
	t.own = strtoul(self, NULL, 10);
	while ((e = readdir(proc)))
		if (e->d_name[0] >= '1' && e->d_name[0] <= '9')
			add_task(&t, e->d_name);
	closedir(proc);
	qsort(t.list, t.nr, sizeof(*t.list), by_pid);
	for (size_t i = 0; i < t.nr; i++)
		nr += descends(&t, &t.list[i]);
	free(t.list);
	return nr;
}
