// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/PID/maps of any bytes, and of any file names as the kernel writes them (libFuzzer). What
 * is taken for a mapping has to be one to sscanf(), too, and a name comes back as it was. The
 * first byte chooses: odd, the rest is the text; even, it is names of files, each ended by NUL.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/maps.h"
#include "capture/mappings.h"

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "maps: %s\n", what);
	abort();
}

/* The line that ends at .end, read by other means. */
static void check_line(const char *text, const char *end, const struct map *m)
{
	const char *last = end > text && end[-1] == '\n' ? end - 1 : end;
	const char *before = memrchr(text, '\n', last - text);
	const char *line = before ? before + 1 : text;
	unsigned long long start, stop, offset, major, minor, inode;
	char fields[256], perms[5];
	size_t len = m->path - line;

	must(m->path >= line && m->path + m->path_len == last, "the path is not the end of its line");
	snprintf(fields, sizeof(fields), "%.*s", (int)len, line);
	/* zeroes and blanks of any number are borne; sscanf() would need more room */
	if (len >= sizeof(fields))
		return;
	must(sscanf(fields, "%llx-%llx %4s %llx %llx:%llx %llu", &start, &stop, perms, &offset,
		    &major, &minor, &inode) == 7, "a line that is none is taken");
	must(start == m->start && stop == m->end && start < stop, "other addresses");
	must(!strcmp(perms, m->perms) && offset == m->offset && inode == m->inode, "other fields");
	must(major == m->major && minor == m->minor, "another device");
}

static void check_names(const struct map *m)
{
	char name[64], *path = malloc(m->path_len + 1);

	if (!path)
		return;
	maps_unescape(path, m->path_len + 1, m->path, m->path_len);
	must(strlen(path) <= m->path_len, "a path grew");
	free(path);
	maps_file_name(m, name, sizeof(name));
	must(strnlen(name, sizeof(name)) < sizeof(name) && !strchr(name, '/'), "no name of a file");
}

/* Of code only, in order, each address in the one mapping that holds it. */
static void check_mappings(const char *text, size_t len)
{
	struct mappings m;

	mappings_parse(&m, text, len);
	for (size_t i = 0; i < m.nr; i++) {
		const struct mapping *one = &m.list[i];

		must(!i || one->start >= m.list[i - 1].end, "mappings overlap");
		must(mappings_find(&m, one->start) == one && mappings_find(&m, one->end - 1) == one,
		     "a mapping is not found");
		must(mappings_find(&m, one->end) != one, "a mapping holds its end");
	}
	mappings_free(&m);
}

static void any_text(const char *text, size_t len)
{
	const char *at = text, *end = text + len, *from = text;
	struct map m, found;

	while (maps_next(&at, end, &m)) {
		check_line(text, at, &m);
		check_names(&m);
		/* whether addresses rise or not, what is found holds the address */
		if (maps_find(&from, end, m.start, &found))
			must(found.start <= m.start && m.start < found.end, "found elsewhere");
	}
	must(at == end, "the rest is not looked at");
	check_mappings(text, len);
}

/* As seq_path() does: the newline alone is escaped. */
static size_t put_path(char *to, const char *name, size_t len)
{
	char *begin = to;

	*to++ = '/';
	for (; len--; name++)
		to = *name == '\n' ? stpcpy(to, "\\012") : (*to = *name, to + 1);
	return to - begin;
}

static void one_name(const char *name, size_t len)
{
	static char line[4 * (1 << 16) + 256], path[1 << 17];
	const char *at = line;
	struct map m;
	int head = sprintf(line, "7f0000000000-7f0000001000 r-xp %08x fe:%02x %zu%20s", 4096 * (int)len,
			   (int)len & 0xff, len + 1, "");
	size_t n = head + put_path(line + head, name, len);

	line[n++] = '\n';
	must(maps_next(&at, line + n, &m) && at == line + n, "a name hides its mapping");
	must(m.inode == len + 1 && m.path == line + head, "a name is taken for fields");
	maps_unescape(path, sizeof(path), m.path, m.path_len);
	/* a name that has \012 in it looks as one with a newline */
	if (!memmem(name, len, "\\012", 4))
		must(strlen(path) == len + 1 && !memcmp(path + 1, name, len), "another name");
	must(!maps_next(&at, line + n, &m), "a name makes a mapping");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *at, *end;
	char *text;

	if (size < 2 || size > 1 << 16)
		return 0;
	/* to the byte, so that one read beyond it is seen */
	text = malloc(size - 1);
	if (!text)
		return 0;
	memcpy(text, data + 1, size - 1);
	end = text + size - 1;
	if (data[0] & 1)
		any_text(text, size - 1);
	else
		for (at = text; at < end; at += strnlen(at, end - at) + 1)
			one_name(at, strnlen(at, end - at));
	free(text);
	return 0;
}
