// SPDX-License-Identifier: GPL-2.0
/*
 * A cgroup's id is the number of its folder's inode; its level is that of the folder below the root,
 * whose number is 1. Units and containers are found by what systemd, docker, podman, containerd and
 * CRI runtimes name their folders.
 */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/err.h"
#include "base/files.h"
#include "base/pid.h"
#include "capture/cgroup.h"
#include "model/cgroup_path.h"

#define MOUNT	"/sys/fs/cgroup"
#define ROOT_ID	1
#define MAX_FILE (64U << 10)

static bool is_unit(const char *name, const char *asked)
{
	size_t len = strlen(asked);

	return !strncmp(name, asked, len) && (!name[len] || !strcmp(name + len, ".service"));
}

static bool is_asked_for(const struct selection *s, const char *name)
{
	struct untrusted id;

	if (s->cgroup_by == CGROUP_BY_UNIT)
		return is_unit(name, s->cgroup);
	id = container_of_name(untrusted(name));
	return strlen(s->cgroup) <= id.len && !memcmp(id.bytes, s->cgroup, strlen(s->cgroup));
}

static void take(struct selection *s, const char *path, __u64 id, __u32 level)
{
	free(s->cgroup_path);
	s->cgroup_path = must_strdup(path[strlen(MOUNT)] ? path + strlen(MOUNT) : "/");
	s->cgroup_id = id;
	s->cgroup_level = level;
}

/* Looks through the hierarchy, but not below what it finds. */
static int find_named(struct selection *s)
{
	const char *what = s->cgroup_by == CGROUP_BY_UNIT ? "unit" : "container";
	char *roots[] = { MOUNT, NULL }, first[CGROUP_PATH_SIZE] = "", second[CGROUP_PATH_SIZE] = "";
	/* a group has some forty files, which need not be looked at */
	FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_NOSTAT, NULL);
	struct stat st;
	size_t found = 0;

	for (FTSENT *e; tree && (e = fts_read(tree));) {
		if (e->fts_info != FTS_D || !e->fts_level || !is_asked_for(s, e->fts_name) || stat(e->fts_path, &st))
			continue;
		if (!found++)
			take(s, e->fts_path, st.st_ino, e->fts_level);
		tame(found == 1 ? first : second, CGROUP_PATH_SIZE, untrusted(e->fts_path + strlen(MOUNT)));
		fts_set(tree, e, FTS_SKIP);
	}
	if (tree)
		fts_close(tree);
	if (!found)
		return err_set(ENOENT, "no %s '%s' runs here: no cgroup below " MOUNT " has that %s", what,
			       s->cgroup, s->cgroup_by == CGROUP_BY_UNIT ? "name" : "id");
	if (found > 1)
		return err_set(EINVAL, "'%s' may be %zu %ss, such as %s and %s; give the path of one with --cgroup",
			       s->cgroup, found, what, first, second);
	return 0;
}

/* From the root of the hierarchy on, or as a path of the file system. */
static int find_path(struct selection *s)
{
	bool whole = !strncmp(s->cgroup, MOUNT, strlen(MOUNT));
	char path[CGROUP_PATH_SIZE], *real;
	struct stat st;
	__u32 level = 0;

	snprintf(path, sizeof(path), "%s%s", whole ? "" : MOUNT "/", s->cgroup);
	real = realpath(path, NULL);
	if (!real || strncmp(real, MOUNT, strlen(MOUNT)) || stat(real, &st) || !S_ISDIR(st.st_mode)) {
		free(real);
		return err_set(ENOENT, "there is no cgroup '%s': " MOUNT " has no such folder; see /proc/PID/cgroup",
			       s->cgroup);
	}
	for (const char *c = real + strlen(MOUNT); *c; c++)
		level += *c == '/';
	take(s, real, st.st_ino, level);
	free(real);
	return 0;
}

int cgroup_need_v2(const char *what)
{
	struct statfs fs;

	if (!statfs(MOUNT, &fs) && fs.f_type == CGROUP2_SUPER_MAGIC)
		return 0;
	return err_set(ENOTSUP, "this machine has no cgroup v2 at " MOUNT " (it has v1, both, or none), and %s",
		       what);
}

int cgroup_may_group(const char *remedy)
{
	char what[128];

	snprintf(what, sizeof(what), "--by cgroup tells of that one only; %s", remedy);
	return cgroup_need_v2(what);
}

int cgroup_find(struct selection *s)
{
	struct stat root;
	int err;

	if (!s->cgroup)
		return 0;
	err = cgroup_need_v2("the kernel selects by that one only; select with -p, -u or --comm");
	if (err)
		return err;
	if (stat(MOUNT, &root))
		return err_set(ENOTSUP, "cannot look at " MOUNT ": %s", strerror(errno));
	if (root.st_ino != ROOT_ID)
		return err_set(ENOTSUP, "what " MOUNT " shows begins below the machine's root cgroup (a cgroup namespace); mount the host's there (docker and podman: --cgroupns=host)");
	return s->cgroup_by == CGROUP_BY_PATH ? find_path(s) : find_named(s);
}

bool cgroup_of(int dir, char path[CGROUP_PATH_SIZE])
{
	char *text = file_text(dir, "cgroup", MAX_FILE);
	/* that of v2; lines of v1 begin with other numbers */
	const char *line = text ? text_line(text, "0::") : NULL;

	if (line)
		snprintf(path, CGROUP_PATH_SIZE, "%.*s", (int)strcspn(line, "\n"), line);
	free(text);
	return line;
}

bool cgroup_is_in(const struct selection *s, const char *path)
{
	size_t len = s->cgroup_path ? strlen(s->cgroup_path) : 0;

	return len == 1 || (len && !strncmp(path, s->cgroup_path, len) &&
			    (!path[len] || path[len] == '/'));
}

/* Its id in the innermost pid namespace that it is in, 0 when that is the one of our /proc. */
static __u32 inner_pid(int dir)
{
	char *text = file_text(dir, "status", MAX_FILE);
	const char *ids = text ? text_line(text, "NSpid:\t") : NULL;
	const char *last = ids ? memrchr(ids, '\t', strcspn(ids, "\n")) : NULL;
	__u32 pid = last ? strtoul(last, NULL, 10) : 0;

	free(text);
	return pid;
}

void cgroup_name_holder(struct holder *h, int dir)
{
	char path[CGROUP_PATH_SIZE];

	h->inner_pid = inner_pid(dir);
	if (!h->cgroup && cgroup_of(dir, path))
		h->cgroup = must_strdup(path);
}

void cgroup_name_holders(struct ring *r)
{
	for (size_t i = 0; i < r->nr_holders; i++) {
		struct holder *h = &r->holders[i];
		__u32 pid = pid_in_proc(h->pid, h->ns_pid);
		char path[32];
		int dir;

		snprintf(path, sizeof(path), "/proc/%u", pid);
		dir = pid ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
		if (dir < 0)
			continue;
		cgroup_name_holder(h, dir);
		close(dir);
	}
}

/* "max" is no number. */
static __u64 read_bytes(const char *path, int len, const char *name)
{
	unsigned long long bytes;
	char file[CGROUP_PATH_SIZE + 64], *text;
	bool known;

	snprintf(file, sizeof(file), MOUNT "%.*s/%s", len, path, name);
	text = file_text(AT_FDCWD, file, MAX_FILE);
	known = text && sscanf(text, "%llu", &bytes) == 1;
	free(text);
	return known ? bytes : ~0ULL;
}

void cgroup_memory(const char *path, __u64 *bytes, __u64 *max_bytes)
{
	*bytes = *max_bytes = ~0ULL;
	/* what is outside of our cgroup namespace begins with "/.." */
	if (!strncmp(path, "/..", 3))
		return;
	*bytes = read_bytes(path, strlen(path), "memory.current");
	/* the last is the mount itself: a limit is there where that is not the machine's root */
	for (int len = strlen(path); len >= 0; len = len ? (const char *)memrchr(path, '/', len) - path : -1) {
		__u64 max = read_bytes(path, len, "memory.max");

		if (max < *max_bytes)
			*max_bytes = max;
	}
}
