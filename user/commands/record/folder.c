// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/open_safely.h"
#include "commands/record/folder.h"
#include "commands/record/triggers.h"
#include "recording/file.h"
#include "recording/frame.h"

#define SEGMENT		"segment"
#define NAME_LEN	64
#define NO_NAME		100000	/* names are tried so often */

struct kept {
	char name[NAME_LEN];
	__u64 bytes, end_ns;
	bool segment, own;	/* else saved; else of an earlier run */
	bool copied;		/* what was saved has it, too */
};

struct folder {
	const char *path;
	bool made;		/* by us */
	int fd;			/* locked */
	__u64 keep_ns, keep_bytes;
	__u64 bytes, saved;	/* of .list; of those in it that are no segments */
	struct kept *list;	/* owned; the oldest first */
	size_t nr;
	char now[NAME_LEN];	/* the segment that is being written */
	unsigned int number;
	size_t given;		/* segments that went as the disk was full */
	__u64 given_bytes;
};

static int refuse(const char *path, const char *why)
{
	return err_set(EINVAL, "cannot record to the folder %s: %s; name another with -o", path, why);
}

/* ---- what lies there --------------------------------------------------------------------- */

/* Whether it is named as record names its files. */
static bool is_ours(const char *name, bool *segment)
{
	size_t len = strlen(name), kind = strcspn(name, "-");
	unsigned int day, second, number;
	int used = 0;

	*segment = kind == strlen(SEGMENT) && !memcmp(name, SEGMENT, kind);
	if (len >= NAME_LEN ||
	    sscanf(name + kind, "-%8uT%6uZ-%u.rec%n", &day, &second, &number, &used) != 3 ||
	    kind + used != len)
		return false;
	return *segment || trigger_is_name(name, kind);
}

static void add(struct folder *f, const char *name, __u64 bytes, __u64 end_ns, bool segment, bool own)
{
	struct kept *k;

	array_grow(f->list, f->nr);
	k = &f->list[f->nr++];
	*k = (struct kept){ .bytes = bytes, .end_ns = end_ns, .segment = segment, .own = own };
	snprintf(k->name, sizeof(k->name), "%s", name);
	f->bytes += bytes;
	f->saved += segment ? 0 : bytes;
}

static int by_end(const void *a, const void *b)
{
	const struct kept *x = a, *y = b;

	return x->end_ns < y->end_ns ? -1 : x->end_ns > y->end_ns;
}

/* Files of earlier runs. */
static void adopt(struct folder *f)
{
	int fd = openat(f->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	__s64 offset = clock_realtime_offset_ns();
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	while (dir && (e = readdir(dir))) {
		bool segment;
		struct stat st;
		__s64 end;

		if (!is_ours(e->d_name, &segment) || fstatat(f->fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) ||
		    !S_ISREG(st.st_mode))
			continue;
		end = st.st_mtim.tv_sec * (__s64)NS_PER_S + st.st_mtim.tv_nsec - offset;
		/* from before the machine's start */
		add(f, e->d_name, st.st_size, end > 0 ? end : 0, segment, false);
	}
	if (dir)
		closedir(dir);
	if (f->nr)
		qsort(f->list, f->nr, sizeof(*f->list), by_end);
}

static void drop(struct folder *f, size_t i)
{
	unlinkat(f->fd, f->list[i].name, 0);
	f->bytes -= f->list[i].bytes;
	f->saved -= f->list[i].segment ? 0 : f->list[i].bytes;
	memmove(&f->list[i], &f->list[i + 1], (--f->nr - i) * sizeof(*f->list));
}

static size_t first_of(const struct folder *f, bool segment)
{
	size_t i = 0;

	while (i < f->nr && f->list[i].segment != segment)
		i++;
	return i;
}

/*
 * For so many bytes beside what is kept, .saved of which will be a saved recording: these have half
 * of all before segments have, else those that are newest would push them out.
 */
static void make_room(struct folder *f, __u64 bytes, __u64 saved)
{
	while (f->nr && f->bytes + bytes > f->keep_bytes) {
		size_t i = first_of(f, f->saved + saved <= f->keep_bytes / 2);

		drop(f, i < f->nr ? i : 0);
	}
}

void folder_bound(struct folder *f, __u64 now_ns, __u64 bytes)
{
	for (size_t i = 0; f->keep_ns && i < f->nr;) {
		if (f->list[i].segment && now_ns > f->list[i].end_ns && now_ns - f->list[i].end_ns > f->keep_ns)
			drop(f, i);
		else
			i++;
	}
	make_room(f, bytes, 0);
}

/* The oldest segment, but not .until (NULL = any). */
static bool give_way(struct folder *f, const char *until)
{
	size_t i = first_of(f, true);

	if (i == f->nr || (until && !strcmp(f->list[i].name, until)))
		return false;
	if (!f->list[i].copied) {
		f->given++;
		f->given_bytes += f->list[i].bytes;
	}
	drop(f, i);
	return true;
}

bool folder_give_way(struct folder *f)
{
	return give_way(f, NULL);
}

size_t folder_given(const struct folder *f, __u64 *bytes)
{
	*bytes = f->given_bytes;
	return f->given;
}

__u64 folder_room(const struct folder *f)
{
	struct statvfs fs;
	__u64 room;

	if (fstatvfs(f->fd, &fs))
		return f->keep_bytes;
	room = f->bytes + (__u64)fs.f_bavail * fs.f_frsize;
	return room < f->keep_bytes ? room : f->keep_bytes;
}

/* ---- what is written ------------------------------------------------------------------------ */

/* A name that is not there yet. */
static int new_name(struct folder *f, const char *kind, char name[NAME_LEN])
{
	time_t s = clock_today_ns() / NS_PER_S;
	struct stat st;
	struct tm tm;
	char when[32];

	gmtime_r(&s, &tm);
	strftime(when, sizeof(when), "%Y%m%dT%H%M%SZ", &tm);
	for (int i = 0; i < NO_NAME; i++) {
		snprintf(name, NAME_LEN, "%s-%s-%u.rec", kind, when, ++f->number);
		if (fstatat(f->fd, name, &st, AT_SYMLINK_NOFOLLOW) && errno == ENOENT)
			return 0;
	}
	return refuse(f->path, "no name is free there");
}

static FILE *create(struct folder *f, const char *kind, char name[NAME_LEN])
{
	char path[4096];
	FILE *out;

	if (new_name(f, kind, name))
		return NULL;
	snprintf(path, sizeof(path), "%s/%s", f->path, name);
	do {
		errno = 0;
		out = recording_create(path);
	} while (!out && is_disk_full(errno) && folder_give_way(f));
	return out;
}

FILE *folder_next(struct folder *f)
{
	return create(f, SEGMENT, f->now);
}

void folder_close_segment(struct folder *f, __u64 bytes, __u64 end_ns)
{
	add(f, f->now, bytes, end_ns, true, true);
}

void folder_end_segment(struct folder *f)
{
	struct stat st;

	if (!fstatat(f->fd, f->now, &st, AT_SYMLINK_NOFOLLOW) && st.st_size <= (off_t)sizeof(struct rec_head))
		unlinkat(f->fd, f->now, 0);
}

static int copy(struct folder *f, const char *name, int to)
{
	int from = openat(f->fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	ssize_t n = from < 0 ? -1 : 1;
	int err;

	while (n > 0)
		n = sendfile(to, from, NULL, 1 << 20);
	err = n < 0 ? -errno : 0;
	if (from >= 0)
		close(from);
	return err;
}

static void note_copied(struct folder *f, const char *name)
{
	for (size_t i = 0; i < f->nr; i++)
		if (!strcmp(f->list[i].name, name))
			f->list[i].copied = true;
}

/*
 * One after the other. On a full disk those that were copied go; where there is none, what happened
 * last matters most, and the first are left out.
 */
static int copy_all(struct folder *f, const struct kept *list, size_t nr, int to, __u64 *bytes)
{
	for (size_t i = 0; i < nr;) {
		int err;

		if (!list[i].segment) {
			i++;
			continue;
		}
		make_room(f, *bytes + list[i].bytes, *bytes + list[i].bytes);
		err = copy(f, list[i].name, to);
		if (!err) {
			*bytes += list[i].bytes;
			note_copied(f, list[i++].name);
			continue;
		}
		if (!is_disk_full(-err))
			return err;
		if (!give_way(f, list[i].name)) {
			/* the segment itself goes, unless more than it was copied or it is the last */
			if (!*bytes && (++i == nr || !give_way(f, NULL)))
				return err;
			*bytes = 0;
		}
		if (ftruncate(to, *bytes) || lseek(to, *bytes, SEEK_SET) < 0)
			return -errno;
	}
	return *bytes ? 0 : -ENOSPC;
}

/*
 * The first segment to be saved. Half of what may lie there, or of what the disk has room for, is the
 * most, so that there is room for what is saved beside what is still to be; but the last is saved,
 * however large it is.
 */
static size_t first_saved(const struct folder *f, __u64 since_ns)
{
	const __u64 most = folder_room(f) / 2;
	__u64 bytes = 0;
	size_t i = f->nr;

	for (; i; i--) {
		const struct kept *k = &f->list[i - 1];

		if (!k->segment)
			continue;
		bytes += k->bytes;
		if (!k->own || (bytes != k->bytes && (k->end_ns <= since_ns || bytes > most)))
			break;
	}
	return i;
}

/* Whether the segment before that one, saved recordings aside, is of this run and ended by then. */
static bool follows_segment(const struct folder *f, size_t first, __u64 since_ns)
{
	while (first && !f->list[first - 1].segment)
		first--;
	return first && f->list[first - 1].own && f->list[first - 1].end_ns <= since_ns;
}

int folder_save(struct folder *f, const char *why, __u64 since_ns, __u64 now_ns, char path[FOLDER_NAME],
		bool *goes_on)
{
	size_t first = first_saved(f, since_ns), nr = f->nr - first;
	struct kept *list = must_alloc(nr, sizeof(*list));
	char name[NAME_LEN];
	FILE *to = create(f, why, name);
	__u64 bytes = 0;
	int err;

	*goes_on = follows_segment(f, first, since_ns);
	/* those that were copied may be dropped meanwhile */
	memcpy(list, f->list + first, nr * sizeof(*list));
	err = to ? copy_all(f, list, nr, fileno(to), &bytes) : -EINVAL;
	free(list);
	if (!to)
		return err;
	fclose(to);
	snprintf(path, FOLDER_NAME, "%s/%s", f->path, name);
	if (err) {
		unlinkat(f->fd, name, 0);
		return err_set(-err, "cannot write to %s: %s", path, strerror(-err));
	}
	add(f, name, bytes, now_ns, false, true);
	return 0;
}

/* ---- begin and end --------------------------------------------------------------------------- */

/* 0, or -errno with a sentence. */
static int check(const struct folder *f)
{
	struct stat st;

	if (fstat(f->fd, &st))
		return refuse(f->path, strerror(errno));
	if (st.st_uid != geteuid())
		return refuse(f->path, "it belongs to another user");
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return refuse(f->path, "others may write to it");
	if (flock(f->fd, LOCK_EX | LOCK_NB))
		return refuse(f->path, errno == EWOULDBLOCK ? "another recording goes to it" : strerror(errno));
	return 0;
}

struct folder *folder_open(const char *path, __u64 keep_ns, __u64 keep_bytes)
{
	struct folder *f = must_alloc(1, sizeof(*f));
	char itself[4096];

	*f = (struct folder){ .path = path, .keep_ns = keep_ns, .keep_bytes = keep_bytes };
	snprintf(itself, sizeof(itself), "%s/.", path);
	f->made = !mkdir(path, 0700);
	f->fd = !f->made && errno != EEXIST ? -errno : open_safely(itself, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f->fd < 0)
		refuse(path, f->fd == -ELOOP ? "it is reached through a link that another user may change" :
		       f->fd == -ENOTDIR ? "it is a file" : strerror(-f->fd));
	if (f->fd < 0 || check(f)) {
		folder_free(f);
		return NULL;
	}
	adopt(f);
	return f;
}

void folder_free(struct folder *f)
{
	if (!f)
		return;
	if (f->fd >= 0)
		close(f->fd);
	/* where nothing was kept, it stays no more than a file would */
	if (f->made)
		rmdir(f->path);
	free(f->list);
	free(f);
}
