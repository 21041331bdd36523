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
	__u32 uid;		/* whose processes are in it: others have a name of their own for it */
	char *path;		/* owned */
	UT_hash_handle hh;
};

struct cgroup_user {
	__u32 uid;
	size_t reads, pids, names; /* in this collection, and remembered */
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

static struct cgroup_user *user_of(struct cgroups *c, __u32 uid)
{
	struct cgroup_user *u;

	HASH_FIND(hh, c->users, &uid, sizeof(uid), u);
	if (!u) {
		u = must_alloc(1, sizeof(*u));
		u->uid = uid;
		HASH_ADD(hh, c->users, uid, sizeof(u->uid), u);
	}
	return u;
}

static size_t most_of(__u32 uid)
{
	return uid ? CGROUPS_OF_USER : CGROUPS_KNOWN - CGROUPS_OF_USER;
}

static void forget_pid(struct cgroups *c, struct cgroup_of_pid *p)
{
	user_of(c, p->uid)->pids--;
	HASH_DEL(c->by_pid, p);
	free(p);
}

/* The processes that nobody asked for in the last collection, of one user or of all. */
static void forget_unasked(struct cgroups *c, const struct cgroup_user *of)
{
	struct cgroup_of_pid *p, *next;

	HASH_ITER(hh, c->by_pid, p, next)
		if (p->asked_ns < c->now_ns && (!of || p->uid == of->uid))
			forget_pid(c, p);
}

/* All, of one user or of all. */
static void forget(struct cgroups *c, const struct cgroup_user *of)
{
	struct cgroup_of_pid *p, *next_pid;
	struct cgroup_name *n, *next;

	HASH_ITER(hh, c->by_pid, p, next_pid)
		if (!of || p->uid == of->uid)
			forget_pid(c, p);
	HASH_ITER(hh, c->names, n, next) {
		if (of && n->uid != of->uid)
			continue;
		user_of(c, n->uid)->names--;
		HASH_DEL(c->names, n);
		free(n->path);
		free(n);
	}
}

static void begin_users(struct cgroups *c)
{
	struct cgroup_user *u, *next;

	c->reads = 0;
	HASH_ITER(hh, c->users, u, next) {
		u->reads = 0;
		if (u->pids > most_of(u->uid) / 2)
			forget_unasked(c, u);
		/* of names it is not known who bears them: all is read anew, at its bounded cost */
		if (u->names > most_of(u->uid))
			forget(c, u);
		if (u->pids || u->names)
			continue;
		HASH_DEL(c->users, u);
		free(u);
	}
}

void cgroups_begin(struct cgroups *c, __u64 now_ns)
{
	if (HASH_COUNT(c->by_pid) > CGROUPS_KNOWN / 2)
		forget_unasked(c, NULL);
	if (HASH_COUNT(c->names) > CGROUPS_KNOWN)
		forget(c, NULL);
	begin_users(c);
	c->now_ns = now_ns;
}

/* .again: what was read before; a crowd of those leaves room for who is new. */
static bool may_read(struct cgroups *c, struct cgroup_user *u, bool again)
{
	size_t most = (u->uid ? CGROUP_READS_OF_USER : CGROUP_READS_OF_ROOT) / (again ? 2 : 1);

	if (c->reads >= CGROUP_READS || u->reads >= most)
		return false;
	u->reads++;
	c->reads++;
	return true;
}

static __u64 name_of(struct cgroups *c, struct cgroup_user *u, const char *path)
{
	char key[CGROUP_LABEL + sizeof(u->uid)];
	size_t len = strlen(path);
	struct cgroup_name *n;
	__u64 id;

	memcpy(key, &u->uid, sizeof(u->uid));
	memcpy(key + sizeof(u->uid), path, len);
	id = address_key_hash(&c->key, key, sizeof(u->uid) + len) | 1;
	HASH_FIND(hh, c->names, &id, sizeof(id), n);
	if (!n) {
		n = must_alloc(1, sizeof(*n));
		n->id = id;
		n->uid = u->uid;
		n->path = must_strdup(path);
		u->names++;
		HASH_ADD(hh, c->names, id, sizeof(n->id), n);
	}
	return id;
}

/* Whether there is room to remember one more of that user. */
static bool has_room(const struct cgroups *c, const struct cgroup_user *u)
{
	return u->pids < most_of(u->uid) && HASH_COUNT(c->by_pid) < CGROUPS_KNOWN;
}

__u64 cgroups_id(struct cgroups *c, __u32 pid, __u32 uid)
{
	char path[CGROUP_LABEL];
	struct cgroup_of_pid *p;
	struct cgroup_user *u;

	if (!c->read)
		return 0;
	HASH_FIND(hh, c->by_pid, &pid, sizeof(pid), p);
	/* another user's is another process */
	if (p && p->uid != uid) {
		forget_pid(c, p);
		p = NULL;
	}
	if (p)
		p->asked_ns = c->now_ns;
	if (p && c->now_ns < p->read_ns + CGROUP_FRESH_NS)
		return p->id;
	u = user_of(c, uid);
	if ((!p && !has_room(c, u)) || !may_read(c, u, p))
		return p ? p->id : 0;
	if (!p) {
		p = must_alloc(1, sizeof(*p));
		p->pid = pid;
		p->uid = uid;
		u->pids++;
		HASH_ADD(hh, c->by_pid, pid, sizeof(p->pid), p);
	}
	p->read_ns = p->asked_ns = c->now_ns;
	/* who is gone stays where it was: what it did is counted later */
	if (c->read(pid, path))
		p->id = name_of(c, u, path);
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
	forget(c, NULL);
	begin_users(c);
}
