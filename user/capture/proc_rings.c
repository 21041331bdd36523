// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/array.h"
#include "base/files.h"
#include "base/fmt.h"
#include "base/system.h"
#include "capture/cgroup.h"
#include "capture/proc_rings.h"

#define MAX_FILE	(4U << 20)	/* a full table takes 0.6 MiB of fdinfo */
#define RING_LINK	"anon_inode:[io_uring]"

static void read_process(struct proc_ring *r, int dir)
{
	char *status = file_text(dir, "status", MAX_FILE), *limits = file_text(dir, "limits", MAX_FILE);
	char *comm = file_text(dir, "comm", MAX_FILE);
	const char *line = status ? text_line(status, "VmPin:") : NULL;
	const char *uid = status ? text_line(status, "Uid:") : NULL;
	unsigned long long kb;

	/* the folder is root's where the process may not be looked into */
	r->uid = uid ? strtoul(uid, NULL, 10) : ~0U;
	/* below zero after an underflow, which prints as a number near 2^64 */
	r->pinned_kb = line && sscanf(line, "%llu", &kb) == 1 && (__s64)kb >= 0 ? (__s64)kb : -1;
	text_memlock(limits, &r->soft_bytes, &r->hard_bytes);
	if (comm) {
		comm[strcspn(comm, "\n")] = 0;
		memset(&r->comm, 0, sizeof(r->comm));
		memcpy(r->comm.bytes, comm, strnlen(comm, sizeof(r->comm.bytes)));
	}
	free(status);
	free(limits);
	free(comm);
}

/* "    0: 0x7f2c5754b000/4096"; an empty slot has no address. */
static void read_buffers(struct proc_ring *r, const char *fdinfo)
{
	const char *line = text_line(fdinfo, "UserBufs:");
	unsigned long long addr, len;
	unsigned int index;

	r->nr_buffers = 0;
	r->nr_slots = line ? strtoul(line, NULL, 10) : 0;
	while (line && (line = strchr(line, '\n'))) {
		int n = sscanf(++line, "%u: 0x%llx/%llu", &index, &addr, &len);

		if (n < 1)
			break;
		if (n < 3)
			continue;
		array_grow(r->buffers, r->nr_buffers);
		r->buffers[r->nr_buffers++] = (struct proc_buffer){ addr, len, index };
	}
}

static bool is_ring(int fds, const char *name)
{
	char link[sizeof(RING_LINK) + 1] = "";
	ssize_t len = readlinkat(fds, name, link, sizeof(link) - 1);

	return len == sizeof(RING_LINK) - 1 && !memcmp(link, RING_LINK, len);
}

/* False when its descriptors may not be looked at. */
static bool each_ring(struct proc_ring *r, int dir,
		      void (*tell)(const struct proc_ring *r, void *arg), void *arg)
{
	int fds = openat(dir, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fds < 0 ? NULL : fdopendir(fds);
	char path[32], *fdinfo;
	__u32 fd;

	if (!d && fds >= 0)
		close(fds);
	for (struct dirent *e; d && (e = readdir(d));) {
		if (parse_u32(e->d_name, &fd) || !is_ring(fds, e->d_name))
			continue;
		snprintf(path, sizeof(path), "fdinfo/%u", fd);
		fdinfo = file_text(dir, path, MAX_FILE);
		if (!fdinfo)
			continue;
		r->fd = fd;
		r->buffers = NULL;
		read_buffers(r, fdinfo);
		tell(r, arg);
		free(r->buffers);
		free(fdinfo);
	}
	if (d)
		closedir(d);
	return d;
}

/* .dir: its /proc/PID. */
static bool has_ring(int dir)
{
	int fds = openat(dir, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fds < 0 ? NULL : fdopendir(fds);
	bool found = false;

	if (!d && fds >= 0)
		close(fds);
	for (struct dirent *e; d && !found && (e = readdir(d));)
		found = is_ring(fds, e->d_name);
	if (d)
		closedir(d);
	return found;
}

/* The same. */
static bool is_selected(const struct selection *s, const struct proc_ring *r, int dir)
{
	char path[CGROUP_PATH_SIZE];

	return selection_has(s, r->pid, r->uid, &r->comm) &&
	       (!s->cgroup || (cgroup_of(dir, path) && cgroup_is_in(s, path)));
}

static void each_process(const struct selection *select,
			 void (*look)(struct proc_ring *r, int dir, void *arg), void *arg)
{
	DIR *proc = opendir("/proc");

	for (struct dirent *e; proc && (e = readdir(proc));) {
		struct proc_ring r = { .fd = -1 };
		int dir;

		if (parse_u32(e->d_name, &r.pid) || r.pid == (__u32)getpid())
			continue;
		dir = openat(dirfd(proc), e->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (dir < 0)
			continue;
		read_process(&r, dir);
		if (is_selected(select, &r, dir))
			look(&r, dir, arg);
		close(dir);
	}
	if (proc)
		closedir(proc);
}

struct told {
	const struct selection *select;
	void (*tell)(const struct proc_ring *r, void *arg);
	void *arg;
	size_t hidden;
};

static void look_at_rings(struct proc_ring *r, int dir, void *arg)
{
	struct told *t = arg;

	if (!each_ring(r, dir, t->tell, t->arg))
		t->hidden += r->uid == getuid() || t->select->nr_pids;
}

static void look_at_owner(struct proc_ring *r, int dir, void *arg)
{
	struct told *t = arg;

	if (has_ring(dir))
		t->tell(r, t->arg);
}

static void look_at_process(struct proc_ring *r, int dir, void *arg)
{
	struct told *t = arg;

	(void)dir;
	t->tell(r, t->arg);
}

size_t proc_rings(const struct selection *select, void (*tell)(const struct proc_ring *r, void *arg),
		  void *arg)
{
	struct told t = { select, tell, arg, 0 };

	each_process(select, look_at_rings, &t);
	return t.hidden;
}

void proc_ring_owners(const struct selection *select, void (*tell)(const struct proc_ring *r, void *arg),
		      void *arg)
{
	struct told t = { select, tell, arg, 0 };

	each_process(select, look_at_owner, &t);
}

void proc_processes(const struct selection *select, void (*tell)(const struct proc_ring *r, void *arg),
		    void *arg)
{
	struct told t = { select, tell, arg, 0 };

	each_process(select, look_at_process, &t);
}
