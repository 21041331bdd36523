// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/files.h"
#include "base/maps.h"
#include "base/patient.h"

#define DELETED " (deleted)"
#define HEAP	"[heap]"
#define HEAD_BYTES (64 << 10)	/* behind some hundred mappings no heap is looked for */

/* A cursor over one line. */
struct line {
	const char *at, *end;
};

static bool number(struct line *l, unsigned int base, __u64 *out)
{
	const char *begin = l->at;
	__u64 n = 0;

	for (; l->at < l->end; l->at++) {
		unsigned int c = (unsigned char)*l->at, digit;

		if (c >= '0' && c <= '9')
			digit = c - '0';
		else if (c >= 'a' && c <= 'f')
			digit = c - 'a' + 10;
		else
			break;
		if (digit >= base)
			return false;
		if (n > (~0ULL - digit) / base)
			return false;
		n = n * base + digit;
	}
	*out = n;
	return l->at > begin;
}

static bool sign(struct line *l, char c)
{
	return l->at < l->end && *l->at++ == c;
}

static bool rights(struct line *l, char out[5])
{
	static const char *const allowed[] = { "r-", "w-", "x-", "ps" };

	for (int i = 0; i < 4; i++) {
		if (l->at == l->end || !*l->at || !strchr(allowed[i], *l->at))
			return false;
		out[i] = *l->at++;
	}
	out[4] = 0;
	return true;
}

static bool parse(struct line l, struct map *m)
{
	__u64 major, minor;

	memset(m, 0, sizeof(*m));
	if (!number(&l, 16, &m->start) || !sign(&l, '-') || !number(&l, 16, &m->end) ||
	    !sign(&l, ' ') || !rights(&l, m->perms) || !sign(&l, ' ') ||
	    !number(&l, 16, &m->offset) || !sign(&l, ' ') || !number(&l, 16, &major) ||
	    !sign(&l, ':') || !number(&l, 16, &minor) || !sign(&l, ' ') ||
	    !number(&l, 10, &m->inode) || major > ~0U || minor > ~0U)
		return false;
	/* the kernel pads with spaces up to the path; without one a space may end the line */
	if (l.at < l.end && *l.at != ' ')
		return false;
	while (l.at < l.end && *l.at == ' ')
		l.at++;
	m->major = major;
	m->minor = minor;
	m->path = l.at;
	m->path_len = l.end - l.at;
	return m->start < m->end;
}

bool maps_next(const char **text, const char *end, struct map *out)
{
	while (*text < end) {
		const char *newline = memchr(*text, '\n', end - *text);
		struct line l = { *text, newline ? newline : end };

		*text = newline ? newline + 1 : end;
		if (parse(l, out))
			return true;
	}
	return false;
}

bool maps_find(const char **text, const char *end, __u64 at, struct map *out)
{
	while (maps_next(text, end, out))
		if (at < out->end)
			return at >= out->start;
	return false;
}

void maps_unescape(char *out, size_t size, const char *p, size_t len)
{
	const char *end = p + len;
	size_t n = 0;

	for (; p < end && n + 1 < size; p++) {
		/* seq_path() escapes the newline alone: any other backslash is the name's own */
		bool newline = end - p >= 4 && !memcmp(p, "\\012", 4);

		out[n++] = newline ? '\n' : *p;
		p += newline ? 3 : 0;
	}
	out[n] = 0;
}

void maps_file_name(const struct map *m, char *out, size_t size)
{
	const char *p = m->path, *end = p + m->path_len, *slash;
	size_t deleted = strlen(DELETED);

	out[0] = 0;
	if (p == end || *p != '/')
		return;
	if (m->path_len > deleted && !memcmp(end - deleted, DELETED, deleted))
		end -= deleted;
	slash = memrchr(p, '/', end - p);
	maps_unescape(out, size, slash + 1, end - slash - 1);
}

struct reading {
	int proc;		/* the process's folder */
	char name[24];		/* in there */
	char *text;
	size_t len;
	int error;
};

static void read_all(void *job)
{
	struct reading *r = job;

	r->text = file_read(openat(r->proc, r->name, O_RDONLY | O_CLOEXEC), MAPS_MAX_BYTES, &r->len);
	r->error = errno;
}

static void drop(void *job)
{
	free(((struct reading *)job)->text);
	free(job);
}

static char *read_in(__u32 pid, int proc, const char *name, size_t *len)
{
	struct reading *r = must_alloc(1, sizeof(*r));
	void *job = r;
	char *text;

	r->proc = proc;
	snprintf(r->name, sizeof(r->name), "%s", name);
	*len = 0;
	if (!patient_run(pid, read_all, drop, &job))
		return NULL;
	errno = r->error;
	text = r->text;
	*len = r->len;
	free(r);
	/* one that is ending has no mappings left */
	if (*len)
		return text;
	free(text);
	return NULL;
}

char *maps_read(__u32 pid, size_t *len)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%u/maps", pid);
	return read_in(pid, AT_FDCWD, path, len);
}

/* Parts of a heap that differ in their rights are neighbours, each with that name. */
bool maps_heap_in(const char *text, size_t len, __u64 *start, __u64 *end, bool *passed)
{
	const char *newline = memrchr(text, '\n', len);
	const char *until = newline ? newline + 1 : text;
	bool found = false;
	struct map m;

	*passed = false;
	while (!*passed && maps_next(&text, until, &m)) {
		bool is = !m.inode && m.perms[3] == 'p' && m.path_len == strlen(HEAP) &&
			  !memcmp(m.path, HEAP, strlen(HEAP));

		*passed = found && (!is || m.start != *end);
		if (*passed || !is)
			continue;
		*start = found ? *start : m.start;
		*end = m.end;
		found = true;
	}
	return found;
}

struct heap {
	__u32 pid;
	bool found;
	__u64 start, end;
};

static void find_heap(void *job)
{
	struct heap *h = job;
	char path[32], *text = must_alloc(1, HEAD_BYTES);
	bool passed = false;
	size_t len = 0;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/maps", h->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && !passed && len < HEAD_BYTES && (n = read(fd, text + len, HEAD_BYTES - len)) > 0) {
		len += n;
		h->found = maps_heap_in(text, len, &h->start, &h->end, &passed);
	}
	if (fd >= 0)
		close(fd);
	free(text);
}

bool maps_heap(__u32 pid, __u64 *start, __u64 *end)
{
	struct heap *h = must_alloc(1, sizeof(*h));
	void *job = h;
	bool found;

	h->pid = pid;
	if (!patient_run(pid, find_heap, free, &job))
		return false;
	found = h->found;
	*start = h->start;
	*end = h->end;
	free(h);
	return found;
}

char *maps_read_in(__u32 pid, int proc, size_t *len)
{
	return read_in(pid, proc, "maps", len);
}
