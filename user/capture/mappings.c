// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/array.h"
#include "base/maps.h"
#include "base/patient.h"
#include "capture/mappings.h"

#define MAX_MAPPINGS	4096		/* of code: of one process that are kept */
#define MAX_PATH_BYTES	(256 << 10)	/* of one process */
#define MAX_FILE_BYTES	(1LL << 30)

#define CHANGED	"a file was replaced or removed since the program mapped it: its functions have no names"
#define DELETED	" (deleted)"	/* the kernel puts it after the name */
#define GONE	"a mapped file cannot be opened where the program sees it: its functions have no names"
#define SILENT	"a mapped file or its process keeps us waiting: its functions have no names"
#define UNUSUAL	"a mapped file is no regular file, or larger than 1 GiB: its functions have no names"

static __u64 hash_more(__u64 hash, const char *text, const char *end)
{
	/* FNV-1a */
	for (; text < end; text++)
		hash = (hash ^ (unsigned char)*text) * 1099511628211ULL;
	return hash;
}

static char *path_of(const struct map *map)
{
	char *path = must_alloc(map->path_len + 1, 1);

	maps_unescape(path, map->path_len + 1, map->path, map->path_len);
	return path;
}

static void add(struct mappings *m, const struct map *map)
{
	struct mapping new = {
		.fd = -1, .start = map->start, .end = map->end, .offset = map->offset,
		.ino = map->inode, .major = map->major, .minor = map->minor,
	};

	/* "[vdso]" has no file, as a name of a file has no place without '/' */
	if (map->path_len && (map->path[0] == '/' || map->path[0] == '[') &&
	    m->path_bytes + map->path_len <= MAX_PATH_BYTES) {
		m->path_bytes += map->path_len + 1;
		new.path = path_of(map);
	}
	array_grow(m->list, m->nr);
	m->list[m->nr++] = new;
}

bool mappings_parse(struct mappings *m, const char *text, size_t len)
{
	const char *end = text + len, *line = text;
	struct map map;

	*m = (struct mappings){ .hash = 14695981039346656037ULL };
	for (; m->nr < MAX_MAPPINGS && maps_next(&text, end, &map); line = text) {
		/* the file of the kernel is in order; what is not is not that file */
		if (map.perms[2] != 'x' || (m->nr && map.start < m->list[m->nr - 1].end))
			continue;
		m->hash = hash_more(m->hash, line, text);
		add(m, &map);
	}
	return m->nr;
}

struct mapping *mappings_find(const struct mappings *m, __u64 ip)
{
	size_t low = 0, high = m->nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (m->list[mid].start <= ip)
			low = mid + 1;
		else
			high = mid;
	}
	return low && ip < m->list[low - 1].end ? &m->list[low - 1] : NULL;
}

void mappings_free(struct mappings *m)
{
	for (size_t i = 0; i < m->nr; i++) {
		free(m->list[i].path);
		if (m->list[i].fd >= 0)
			close(m->list[i].fd);
	}
	free(m->list);
	*m = (struct mappings){ 0 };
}

struct file_identity mappings_identity(const struct stat *st)
{
	return (struct file_identity){
		.dev = st->st_dev, .ino = st->st_ino, .size = st->st_size,
		.changed_ns = st->st_ctim.tv_sec * 1000000000ULL + st->st_ctim.tv_nsec,
	};
}

/* A file's server need not answer, and a process may keep its mappings to itself: a thread asks. */
struct opening {
	int root, proc;		/* its own; .proc -1 = what is mapped is not asked for */
	char name[64];		/* in .proc */
	int fd;			/* or -errno */
	bool usual, is_known;
	struct stat st, mapped;	/* of .fd; of .name, if .is_known */
	char path[];
};

static void open_usual(struct opening *o)
{
	const struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	int place = syscall(SYS_openat2, o->root, o->path, &how, sizeof(how));
	char self[64];

	o->fd = place < 0 ? -errno : -EINVAL;
	if (place < 0)
		return;
	/* a place in the tree first: to open a device or a pipe would do something */
	o->usual = !fstat(place, &o->st) && S_ISREG(o->st.st_mode) && o->st.st_size <= MAX_FILE_BYTES;
	if (o->usual) {
		snprintf(self, sizeof(self), "/proc/self/fd/%d", place);
		o->fd = open(self, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
		if (o->fd < 0)
			o->fd = -errno;
	}
	close(place);
}

static void close_folders(struct opening *o)
{
	if (o->root >= 0)
		close(o->root);
	if (o->proc >= 0)
		close(o->proc);
	o->root = o->proc = -1;
}

static void open_it(void *job)
{
	struct opening *o = job;

	open_usual(o);
	o->is_known = o->fd >= 0 && o->proc >= 0 && !fstatat(o->proc, o->name, &o->mapped, 0);
	close_folders(o);
}

static void drop(void *job)
{
	struct opening *o = job;

	close_folders(o);
	if (o->fd >= 0)
		close(o->fd);
	free(o);
}

/* Of the mapping .m unless it is NULL. To be freed; NULL with *why and errno, EAGAIN = too long. */
static struct opening *open_for(__u32 pid, int proc, int root, const char *path,
				const struct mapping *m, const char **why)
{
	struct opening *o = must_alloc(1, sizeof(*o) + strlen(path) + 1);
	void *job = o;
	int fd;

	strcpy(o->path, path);
	o->fd = -1;
	if (m)
		snprintf(o->name, sizeof(o->name), "map_files/%llx-%llx", m->start, m->end);
	/* if it is left behind the caller's may be closed meanwhile, and be another file's */
	o->root = fcntl(root, F_DUPFD_CLOEXEC, 0);
	o->proc = m ? fcntl(proc, F_DUPFD_CLOEXEC, 0) : -1;
	*why = SILENT;
	if (!patient_run(pid, open_it, drop, &job))
		return NULL;
	fd = o->fd;
	*why = fd == -EINVAL && !o->usual ? UNUSUAL : GONE;
	if (fd >= 0)
		return o;
	free(o);
	errno = -fd;
	return NULL;
}

int mappings_open_beneath(__u32 pid, int root, const char *path, struct stat *st, const char **why)
{
	struct opening *o = open_for(pid, -1, root, path, NULL, why);
	int fd;

	if (!o)
		return -errno;
	fd = o->fd;
	*st = o->st;
	free(o);
	return fd;
}

/*
 * Whether it is the file that is mapped. /proc/PID/maps names the device of the file system,
 * which for a subvolume or an overlay is not the one that stat() says, so the mapped file itself
 * is asked, as long as the process is there and we may.
 */
static bool is_mapped(const struct mapping *m, const struct opening *o)
{
	if (m->file.ino)
		return m->file.ino == o->st.st_ino && m->file.dev == o->st.st_dev;
	if (o->is_known)
		return o->mapped.st_dev == o->st.st_dev && o->mapped.st_ino == o->st.st_ino;
	return o->st.st_ino == m->ino && major(o->st.st_dev) == m->major &&
	       minor(o->st.st_dev) == m->minor;
}

static bool is_deleted(const char *path)
{
	size_t len = strlen(path), end = strlen(DELETED);

	return len > end && !strcmp(path + len - end, DELETED);
}

int mappings_open(struct mapping *m, __u32 pid, int proc, int root)
{
	struct opening *o;
	int fd;

	if (m->refused)
		return -ENOENT;
	o = open_for(pid, proc, root, m->path, m, &m->refused);
	if (!o) {
		if (errno != EAGAIN && is_deleted(m->path))
			m->refused = CHANGED;
		return -ENOENT;
	}
	fd = o->fd;
	if (!is_mapped(m, o)) {
		m->refused = CHANGED;
		free(o);
		close(fd);
		return -ESTALE;
	}
	m->file = mappings_identity(&o->st);
	m->refused = NULL;
	free(o);
	return fd;
}
