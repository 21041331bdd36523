// SPDX-License-Identifier: GPL-2.0
/*
 * A process is known by its folder in /proc, which stays its own when its number is given to
 * another. Its mappings are read again before each stack, and less often where that is dear;
 * names are kept by file, so that processes share them.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/clock.h"
#include "base/hash_table.h"
#include "base/maps.h"
#include "capture/symbols_readers.h"
#include "capture/symbols_user.h"

#define MAX_PROCESSES	16
#define MAX_PLACES	8192		/* that are kept */
#define MAX_PLACE_BYTES	(4 << 20)
#define MOUNTS_OWN "a process's user has file systems of its own there (a user namespace), from which nothing is opened: its functions have no names"
#define STALE_NS	NS_PER_S	/* after its end a process is known that long */
#define COST_SHARE	10		/* of the time that reading mappings may take: one tenth */

/* The user is part of it: what one user's reader said is nothing to another's. */
struct key {
	struct file_identity file;
	__u64 offset;
	__u32 uid;
	__u32 returns;			/* bool, as wide as .uid: no padding in a key */
};

struct place {
	struct key key;
	__u64 offset;
	__u32 line;
	enum frame_kind frame;
	char *name, *file;		/* owned, NULL = none */
	UT_hash_handle hh;
};

struct process {
	int proc;			/* its folder in /proc, -1 = free */
	int root;			/* of its files, also after its end; -1 = none */
	bool mounts_own;		/* and may not be looked into: mounts_own() */
	__u32 pid;
	__u32 uid, inner_pid;		/* inner: in its own namespace */
	struct mappings maps;
	__u64 seen_ns, cost_ns;		/* when they were read last, and how long it took */
	__u64 started_ns;		/* in steps of a clock tick, rounded down */
};

struct symbols_user {
	struct process processes[MAX_PROCESSES];
	struct readers *readers;
	struct place *places;
	size_t place_bytes;
};

/* ---- processes ------------------------------------------------------------------ */

static FILE *open_in(int folder, const char *name)
{
	int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");

	if (!f && fd >= 0)
		close(fd);
	return f;
}

/*
 * Who has a namespace of users mounts what it wants in one of mounts: a file system whose server
 * is a program of its own need not answer, and who opens a file there waits until it is killed.
 */
static bool mounts_own(int proc)
{
	int fd = openat(proc, "ns/mnt", O_RDONLY | O_CLOEXEC);
	int users = fd < 0 ? -1 : ioctl(fd, NS_GET_USERNS);
	struct stat its, ours;
	bool own = users >= 0 && !fstat(users, &its) && !stat("/proc/self/ns/user", &ours) &&
		   (its.st_ino != ours.st_ino || its.st_dev != ours.st_dev);

	if (users >= 0)
		close(users);
	if (fd >= 0)
		close(fd);
	return own;
}

/* False when the process has ended, for a zombie has no mappings, or has too many to be read. */
static bool read_mappings(struct process *p)
{
	__u64 start = clock_now_ns();
	struct mappings new;
	size_t len;
	char *text = maps_read_in(p->pid, p->proc, &len);
	bool any = text && mappings_parse(&new, text, len);

	free(text);
	if (!any)
		return false;
	p->seen_ns = clock_now_ns();
	p->cost_ns = p->seen_ns - start;
	if (new.hash == p->maps.hash && new.nr == p->maps.nr) {
		/* what was found out of them holds */
		mappings_free(&new);
		return true;
	}
	mappings_free(&p->maps);
	p->maps = new;
	if (p->root >= 0)
		close(p->root);
	p->root = openat(p->proc, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	/* after that: what is open then is of the namespace that it has now, or of one before it made its own */
	p->mounts_own = mounts_own(p->proc);
	if (p->mounts_own && p->root >= 0) {
		close(p->root);
		p->root = -1;
	}
	return true;
}

static void read_status(struct process *p)
{
	FILE *f = open_in(p->proc, "status");
	char line[256];

	while (f && fgets(line, sizeof(line), f)) {
		sscanf(line, "Uid: %u", &p->uid);
		/* the last is the innermost */
		if (!strncmp(line, "NSpid:", 6))
			p->inner_pid = strtoul(strrchr(line, '\t') ? strrchr(line, '\t') : "0", NULL, 10);
	}
	if (f)
		fclose(f);
}

/* Field 22 counts clock ticks since boot, suspended or not; the name before it may hold anything. */
static void read_start(struct process *p)
{
	unsigned long long ticks = 0, asleep, ns;
	FILE *f = open_in(p->proc, "stat");
	struct timespec boot;
	char text[1024];
	size_t len = f ? fread(text, 1, sizeof(text) - 1, f) : 0;
	const char *at;

	clock_gettime(CLOCK_BOOTTIME, &boot);
	asleep = boot.tv_sec * NS_PER_S + boot.tv_nsec - clock_now_ns();
	text[len] = '\0';
	at = strrchr(text, ')');
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (at)
		ticks = strtoull(at + 1, NULL, 10);
	ns = ticks * (NS_PER_S / sysconf(_SC_CLK_TCK));
	p->started_ns = ns > asleep ? ns - asleep : 0;
	if (f)
		fclose(f);
}

static void forget(struct process *p)
{
	mappings_free(&p->maps);
	if (p->proc >= 0)
		close(p->proc);
	if (p->root >= 0)
		close(p->root);
	*p = (struct process){ .proc = -1, .root = -1 };
}

static bool learn(struct process *p, __u32 pid)
{
	char path[32];

	forget(p);
	snprintf(path, sizeof(path), "/proc/%u", pid);
	p->pid = pid;
	p->proc = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (p->proc < 0 || !read_mappings(p)) {
		forget(p);
		return false;
	}
	read_status(p);
	read_start(p);
	return true;
}

/* Its number is not another's yet. */
static bool keeps_number(const struct process *p)
{
	char path[32];

	if (!faccessat(p->proc, "stat", F_OK, 0))
		return true;
	snprintf(path, sizeof(path), "/proc/%u", p->pid);
	return access(path, F_OK);
}

/* The one known by this pid, else a free one, else the one not used for longest. */
static struct process *place_for(struct symbols_user *s, __u32 pid)
{
	struct process *best = &s->processes[0];

	for (int i = 0; i < MAX_PROCESSES; i++) {
		struct process *p = &s->processes[i];

		if (p->proc >= 0 && p->pid == pid)
			return p;
		if (p->seen_ns < best->seen_ns)
			best = p;
	}
	return best;
}

struct symbols_user *symbols_user_new(void)
{
	struct symbols_user *s = must_alloc(1, sizeof(*s));

	for (int i = 0; i < MAX_PROCESSES; i++)
		s->processes[i] = (struct process){ .proc = -1, .root = -1 };
	s->readers = readers_start();
	return s;
}

struct process *symbols_user_process(struct symbols_user *s, __u32 pid, __u64 t_ns)
{
	struct process *p = place_for(s, pid);

	if (p->proc >= 0 && p->pid == pid) {
		if (t_ns <= p->seen_ns + COST_SHARE * p->cost_ns || read_mappings(p))
			return p;
		/* it ended, but not long after it was seen */
		if (t_ns - p->seen_ns < STALE_NS && keeps_number(p))
			return p;
	}
	return learn(p, pid) && p->started_ns <= t_ns ? p : NULL;
}

/* ---- places in files ------------------------------------------------------------ */

static void forget_places(struct symbols_user *s)
{
	struct place *l, *next;

	HASH_ITER(hh, s->places, l, next) {
		HASH_DEL(s->places, l);
		free(l->name);
		free(l->file);
		free(l);
	}
	s->place_bytes = 0;
}

static char *copy(struct symbols_user *s, const char *text)
{
	if (!text[0])
		return NULL;
	s->place_bytes += strlen(text) + 1;
	return strdup(text);
}

static struct place *keep(struct symbols_user *s, const struct key *key, const struct elf_place *e)
{
	struct place *l;

	if (HASH_COUNT(s->places) >= MAX_PLACES || s->place_bytes >= MAX_PLACE_BYTES)
		forget_places(s);
	l = must_alloc(1, sizeof(*l));
	l->key = *key;
	l->offset = e->offset;
	l->line = e->line;
	l->frame = e->frame;
	l->name = copy(s, e->name);
	l->file = copy(s, e->file);
	HASH_ADD(hh, s->places, key, sizeof(l->key), l);
	return l;
}

static void tell(const struct place *l, struct user_symbol *found)
{
	found->frame = l->frame;
	if (l->name) {
		found->name = l->name;
		found->offset = l->offset;
	}
	if (l->file) {
		found->file = l->file;
		found->line = l->line;
	}
}

struct source {
	const struct process *p;
	struct mapping *m;
};

static int open_file(void *arg)
{
	const struct source *s = arg;
	int fd = s->m->fd;

	s->m->fd = -1;
	return fd >= 0 ? fd : mappings_open(s->m, s->p->pid, s->p->proc, s->p->root);
}

/* Where distributions put what they took out of a file, as the process sees it. */
static int open_debug(void *arg, const __u8 *id, __u32 len)
{
	char path[64 + 2 * BUILD_ID_MAX] = "/usr/lib/debug/.build-id/";
	const struct source *s = arg;
	size_t at = strlen(path);
	const char *why;
	struct stat st;

	for (__u32 i = 0; i < len; i++)
		at += snprintf(path + at, sizeof(path) - at, i ? "%02x" : "%02x/", id[i]);
	snprintf(path + at, sizeof(path) - at, ".debug");
	return mappings_open_beneath(s->p->pid, s->p->root, path, &st, &why);
}

/* Once it is, its identity is known. */
static void have_open(const struct process *p, struct mapping *m)
{
	if (!m->file.ino && m->fd < 0)
		m->fd = mappings_open(m, p->pid, p->proc, p->root);
}

void symbols_user_prepare(struct process *p, const __u64 *ips, size_t nr)
{
	for (size_t i = 0; p->root >= 0 && i < nr; i++) {
		struct mapping *m = mappings_find(&p->maps, ips[i] - !!i);

		if (m && m->ino && m->path)
			have_open(p, m);
	}
}

static void find_in_file(struct symbols_user *s, const struct process *p, struct mapping *m,
			 __u64 offset, bool returns, struct user_symbol *found)
{
	struct source source = { p, m };
	const struct reader_source how = { open_file, open_debug, &source };
	struct elf_place e;
	struct place *l;
	struct key key;

	have_open(p, m);
	if (!m->file.ino) {
		found->why = m->refused;
		return;
	}
	key = (struct key){ m->file, offset, p->uid, returns };
	HASH_FIND(hh, s->places, &key, sizeof(key), l);
	if (!l && reader_find(readers_for(s->readers, p->uid), &m->file, &how, offset, returns, &e,
			      &found->why))
		l = keep(s, &key, &e);
	if (!l && !found->why)
		found->why = m->refused;
	if (l)
		tell(l, found);
	if (m->fd >= 0)
		close(m->fd);
	m->fd = -1;
}

/* Runtimes that compile write /tmp/perf-PID.map; only the process's own user is believed. */
static void find_in_map(struct symbols_user *s, const struct process *p, __u64 ip, bool returns,
			struct user_symbol *found)
{
	struct elf_place e;
	struct place *l;
	char path[64];
	struct key key;
	const char *why;
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "/tmp/perf-%u.map", p->inner_pid);
	fd = mappings_open_beneath(p->pid, p->root, path, &st, &why);
	if (fd < 0)
		return;
	if (st.st_uid == p->uid) {
		key = (struct key){ mappings_identity(&st), ip, p->uid, returns };
		HASH_FIND(hh, s->places, &key, sizeof(key), l);
		if (!l && reader_find_in_map(readers_for(s->readers, p->uid), fd, ip - returns, &e,
					     &found->why)) {
			e.offset += returns;
			l = keep(s, &key, &e);
		}
		if (l)
			tell(l, found);
	}
	close(fd);
}

void symbols_user_find(struct symbols_user *s, struct process *p, __u64 ip, bool returns,
		       struct user_symbol *found)
{
	struct mapping *m = mappings_find(&p->maps, ip - returns);

	*found = (struct user_symbol){ .mapped = m != NULL };
	if (!m)
		return;
	found->module = m->path;
	if (!m->ino) {
		/* [vdso] and the like are no files */
		if (m->path && m->path[0] == '[')
			found->offset = ip - m->start;
		else if (p->root >= 0)
			find_in_map(s, p, ip, returns, found);
		return;
	}
	found->offset = ip - m->start + m->offset;
	if (m->path && p->root >= 0)
		find_in_file(s, p, m, found->offset, returns, found);
	else if (p->mounts_own)
		found->why = MOUNTS_OWN;
}

void symbols_user_free(struct symbols_user *s)
{
	if (!s)
		return;
	for (int i = 0; i < MAX_PROCESSES; i++)
		forget(&s->processes[i]);
	readers_stop(s->readers);
	forget_places(s);
	free(s);
}
