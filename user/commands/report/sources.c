// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/alloc.h"
#include "base/array.h"
#include "base/err.h"
#include "base/fmt.h"
#include "commands/report/sources.h"
#include "recording/file.h"
#include "recording/reader.h"

#define SEGMENT	"segment-"	/* as record names them */

static void add(struct sources *s, const char *path, __u64 bytes)
{
	array_grow(s->list, s->nr);
	s->list[s->nr++] = (struct source){ .path = must_strdup(path), .bytes = bytes };
}

static bool is_recording(const char *name)
{
	size_t len = strlen(name);

	return len > 4 && !strcmp(name + len - 4, ".rec");
}

static bool is_segment(const char *name)
{
	return !strncmp(name, SEGMENT, strlen(SEGMENT));
}

/* As record names what it saves to a folder. */
static bool is_saved(const char *name)
{
	unsigned int day, second, number;
	int used = 0;

	return sscanf(name, "%*[a-z]-%8uT%6uZ-%u.rec%n", &day, &second, &number, &used) == 3 && used && !name[used];
}

/* Recordings that lie beside segments: what was saved of them is in both, so the segments alone are told. */
struct beside {
	size_t nr;
	char kind[16];		/* of one that record saved, empty = of none */
};

static void tell_beside(const struct beside *b, const char *folder)
{
	const bool one = b->nr == 1;

	if (!b->nr)
		return;
	fprintf(stderr, PROGRAM_NAME ": %zu recording%s beside the segments of %s %s not in this; name %s to report %s",
		b->nr, plural(b->nr), folder, one ? "is" : "are", one ? "it" : "them", one ? "it" : "them");
	if (b->kind[0])
		fprintf(stderr, ", as %s/%s-*.rec", folder, b->kind);
	fputc('\n', stderr);
}

/* Adds its segments, or all else. */
static int add_folder(struct sources *s, const char *folder, bool segments)
{
	const size_t before = s->nr;
	struct beside beside = { 0 };
	DIR *dir = opendir(folder);
	struct dirent *e;

	if (!dir)
		return err_set(errno, "cannot open %s: %s", folder, strerror(errno));
	while ((e = readdir(dir))) {
		struct stat st;
		char path[4096];

		snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		if (!is_recording(e->d_name) || stat(path, &st) || !S_ISREG(st.st_mode))
			continue;
		if (is_segment(e->d_name) != segments) {
			beside.nr += st.st_size > 0;
			if (is_saved(e->d_name))
				sscanf(e->d_name, "%15[a-z]", beside.kind);
			continue;
		}
		if (st.st_size)
			add(s, path, st.st_size);
		else
			fprintf(stderr, PROGRAM_NAME ": %s is empty, %s, and passed over\n", path,
				recording_is_written(path) ? "as its recording has just begun" : "as after a crash");
	}
	closedir(dir);
	if (segments && s->nr > before)
		tell_beside(&beside, folder);
	return 0;
}

static int add_path(struct sources *s, const char *path)
{
	size_t before = s->nr;
	struct stat st;
	int err;

	if (!strcmp(path, "-"))
		path = "/dev/stdin";
	if (stat(path, &st) || !S_ISDIR(st.st_mode)) {
		add(s, path, stat(path, &st) ? 0 : st.st_size);
		return 0;
	}
	err = add_folder(s, path, true);
	if (!err && s->nr == before)
		err = add_folder(s, path, false);
	if (!err && s->nr == before)
		return err_set(ENOENT, "%s: no recording is in this folder; give one that 'fixbuf-trace record' wrote to",
			       path);
	return err;
}

/* Whose it is, and when it begins. */
static int look(struct source *s)
{
	struct stat st;
	struct recording *r;
	struct event e;
	int n;

	if (!stat(s->path, &st) && !S_ISREG(st.st_mode))
		return err_set(ESPIPE, "%s is a stream, which is read once only; give it alone", s->path);
	r = recording_open(s->path);
	n = r ? recording_next(r, &e) : -1;

	if (n >= 0) {
		const struct origin *o = recording_origin(r);

		memcpy(s->host, o->host, sizeof(s->host));
		memcpy(s->boot_id, o->boot_id, sizeof(s->boot_id));
		memcpy(s->command, o->command, sizeof(s->command));
		s->goes_on = o->goes_on;
		s->begin_ns = o->start_ns + o->realtime_ns;
	}
	recording_close(r);
	return n < 0 ? n : 0;
}

static int by_machine(const void *a, const void *b)
{
	const struct source *x = a, *y = b;
	int hosts = strcmp(x->host, y->host);

	return hosts ? hosts : x->begin_ns < y->begin_ns ? -1 : x->begin_ns > y->begin_ns;
}

int sources_find(struct sources *s, const char *const *paths, size_t nr)
{
	int err = 0;

	for (size_t i = 0; i < nr && !err; i++)
		err = add_path(s, paths[i]);
	/* a file alone may be one that cannot be read twice */
	for (size_t i = 0; s->nr > 1 && i < s->nr && !err; i++)
		err = look(&s->list[i]);
	if (!err && s->nr > 1)
		qsort(s->list, s->nr, sizeof(*s->list), by_machine);
	return err;
}

size_t sources_of_machine(const struct sources *s, size_t first)
{
	size_t nr = 1;

	while (first + nr < s->nr && !strcmp(s->list[first + nr].host, s->list[first].host))
		nr++;
	return nr;
}

/* One that is given twice is no other recording. */
static bool is_same_recording(const struct source *a, const struct source *b)
{
	return !strcmp(a->host, b->host) &&
	       (a->begin_ns == b->begin_ns ||
		(b->goes_on && !strcmp(a->boot_id, b->boot_id) && !strcmp(a->command, b->command)));
}

size_t sources_of_recording(const struct sources *s, size_t first)
{
	size_t nr = 1;

	while (first + nr < s->nr && is_same_recording(&s->list[first + nr - 1], &s->list[first + nr]))
		nr++;
	return nr;
}

void sources_free(struct sources *s)
{
	for (size_t i = 0; i < s->nr; i++)
		free(s->list[i].path);
	free(s->list);
}
