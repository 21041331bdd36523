// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/hash_table.h"
#include "capture/cgroup.h"
#include "commands/export/cgroups.h"

struct cgroup_of_pid {
	__u32 pid, uid;
	__u64 id, read_ns, asked_ns;
	UT_hash_handle hh;
};

struct cgroup_name {
	__u64 id;
	char *path;		/* owned */
	UT_hash_handle hh;
};

struct cgroup_reader {
	__u32 uid, reads;
	UT_hash_handle hh;
};

bool cgroup_of_process(__u32 pid, char path[CGROUP_LABEL])
{
	char folder[32];
	bool known;
	int dir;

	_Static_assert(CGROUP_LABEL == CGROUP_PATH_SIZE, "as it is read");
	snprintf(folder, sizeof(folder), "/proc/%u", pid);
	dir = pid ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (dir < 0)
		return false;
	known = cgroup_of(dir, path);
	close(dir);
	return known;
}

void cgroups_init(struct cgroups *c, bool (*read)(__u32 pid, char path[CGROUP_LABEL]))
{
	*c = (struct cgroups){ .read = read };
	address_key_new(&c->key);
}

static void forget_users(struct cgroups *c)
{
	struct cgroup_reader *u, *next;

	HASH_ITER(hh, c->users, u, next) {
		HASH_DEL(c->users, u);
		free(u);
	}
	c->reads = 0;
}

static void forget(struct cgroups *c)
{
	struct cgroup_of_pid *p, *next_pid;
	struct cgroup_name *n, *next;

	HASH_ITER(hh, c->by_pid, p, next_pid) {
		HASH_DEL(c->by_pid, p);
		free(p);
	}
	HASH_ITER(hh, c->names, n, next) {
		HASH_DEL(c->names, n);
		free(n->path);
		free(n);
	}
}

static void forget_unasked(struct cgroups *c, __u64 before_ns)
{
	struct cgroup_of_pid *p, *next;

	HASH_ITER(hh, c->by_pid, p, next)
		if (p->asked_ns < before_ns) {
			HASH_DEL(c->by_pid, p);
			free(p);
		}
}

void cgroups_begin(struct cgroups *c, __u64 now_ns)
{
	forget_users(c);
	if (HASH_COUNT(c->by_pid) > CGROUPS_KNOWN / 2)
		forget_unasked(c, c->now_ns);
	/* of names it is not known who bears them: all is read anew, at its bounded cost */
	if (HASH_COUNT(c->names) > CGROUPS_KNOWN)
		forget(c);
	c->now_ns = now_ns;
}

/* .again: what was read before; a crowd of those leaves room for who is new. */
static bool may_read(struct cgroups *c, __u32 uid, bool again)
{
	__u32 most = (uid ? CGROUP_READS_OF_USER : CGROUP_READS_OF_ROOT) / (again ? 2 : 1);
	struct cgroup_reader *u;

	if (c->reads >= CGROUP_READS)
		return false;
	HASH_FIND(hh, c->users, &uid, sizeof(uid), u);
	if (!u) {
		u = must_alloc(1, sizeof(*u));
		u->uid = uid;
		HASH_ADD(hh, c->users, uid, sizeof(u->uid), u);
	}
	if (u->reads >= most)
		return false;
	u->reads++;
	c->reads++;
	return true;
}

static __u64 name_of(struct cgroups *c, const char *path)
{
	__u64 id = address_key_hash(&c->key, path, strlen(path)) | 1;
	struct cgroup_name *n;

	HASH_FIND(hh, c->names, &id, sizeof(id), n);
	if (!n) {
		n = must_alloc(1, sizeof(*n));
		n->id = id;
		n->path = must_strdup(path);
		HASH_ADD(hh, c->names, id, sizeof(n->id), n);
	}
	return id;
}

__u64 cgroups_id(struct cgroups *c, __u32 pid, __u32 uid)
{
	char path[CGROUP_LABEL];
	struct cgroup_of_pid *p;
	bool known;

	if (!c->read)
		return 0;
	HASH_FIND(hh, c->by_pid, &pid, sizeof(pid), p);
	/* another user's is another process */
	known = p && p->uid == uid;
	if (p)
		p->asked_ns = c->now_ns;
	if ((known && c->now_ns < p->read_ns + CGROUP_FRESH_NS) || (!p && HASH_COUNT(c->by_pid) >= CGROUPS_KNOWN) ||
	    !may_read(c, uid, known))
		return known ? p->id : 0;
	if (!p) {
		p = must_alloc(1, sizeof(*p));
		p->pid = pid;
		HASH_ADD(hh, c->by_pid, pid, sizeof(p->pid), p);
	}
	p->uid = uid;
	p->read_ns = p->asked_ns = c->now_ns;
	/* who is gone stays where it was: what it did is counted later */
	if (c->read(pid, path))
		p->id = name_of(c, path);
	else if (!known)
		p->id = 0;
	return p->id;
}

const char *cgroups_path(const struct cgroups *c, __u64 id)
{
	struct cgroup_name *n;

	HASH_FIND(hh, c->names, &id, sizeof(id), n);
	return n ? n->path : "";
}

void cgroups_free(struct cgroups *c)
{
	forget_users(c);
	forget(c);
}
