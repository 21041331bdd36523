// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/open_safely.h"
#include "capture/kernel_btf.h"

#define STRIDE		64	/* of every so many types the place is noted */
#define HUGE_BYTES	(2UL << 20)

struct kernel_btf {
	const char *types, *strings;
	size_t types_len, strings_len;
	__u32 nr;
	__u32 *places;		/* owned: in .types, of each STRIDE-th type from id 1 on */
	void *mapping;		/* owned; NULL = the bytes are another's */
	size_t mapping_len;
	struct btf *parsed;	/* owned; whose bytes these are when the file was not raw BTF */
};

/* What follows a type's head, by its kind: so many bytes, and so many for each that it has. */
static const struct tail {
	__u8 known, fixed, each;
} tails[32] = {
	[BTF_KIND_INT] = { true, sizeof(__u32), 0 },
	[BTF_KIND_PTR] = { true, 0, 0 },
	[BTF_KIND_ARRAY] = { true, sizeof(struct btf_array), 0 },
	[BTF_KIND_STRUCT] = { true, 0, sizeof(struct btf_member) },
	[BTF_KIND_UNION] = { true, 0, sizeof(struct btf_member) },
	[BTF_KIND_ENUM] = { true, 0, sizeof(struct btf_enum) },
	[BTF_KIND_FWD] = { true, 0, 0 },
	[BTF_KIND_TYPEDEF] = { true, 0, 0 },
	[BTF_KIND_VOLATILE] = { true, 0, 0 },
	[BTF_KIND_CONST] = { true, 0, 0 },
	[BTF_KIND_RESTRICT] = { true, 0, 0 },
	[BTF_KIND_FUNC] = { true, 0, 0 },
	[BTF_KIND_FUNC_PROTO] = { true, 0, sizeof(struct btf_param) },
	[BTF_KIND_VAR] = { true, sizeof(__u32), 0 },
	[BTF_KIND_DATASEC] = { true, 0, sizeof(struct btf_var_secinfo) },
	[BTF_KIND_FLOAT] = { true, 0, 0 },
	[BTF_KIND_DECL_TAG] = { true, sizeof(__u32), 0 },
	[BTF_KIND_TYPE_TAG] = { true, 0, 0 },
	[BTF_KIND_ENUM64] = { true, 0, sizeof(struct btf_enum64) },
};

static size_t tail_len(const struct btf_type *t)
{
	const struct tail *tail = &tails[BTF_INFO_KIND(t->info)];

	return tail->fixed + tail->each * BTF_INFO_VLEN(t->info);
}

const struct btf_type *kernel_btf_after(const struct btf_type *t)
{
	return (const void *)((const char *)(t + 1) + tail_len(t));
}

/* Notes the places of the types, each of which lies within its section and has a name there. */
static int walk_types(struct kernel_btf *b)
{
	size_t room = 0, at = 0;
	__u32 *places = NULL, nr = 0;

	while (at < b->types_len) {
		const struct btf_type *t = (const void *)(b->types + at);
		size_t tail;

		if (nr % STRIDE == 0) {
			if (nr / STRIDE == room) {
				room = room ? 2 * room : 1024;
				places = must_realloc(places, room, sizeof(*places));
			}
			places[nr / STRIDE] = at;
		}
		if (b->types_len - at < sizeof(*t) || !tails[BTF_INFO_KIND(t->info)].known)
			break;
		tail = tail_len(t);
		if (tail > b->types_len - at - sizeof(*t) || t->name_off >= b->strings_len)
			break;
		at += sizeof(*t) + tail;
		nr++;
	}
	b->places = places;
	b->nr = nr + 1;
	return at < b->types_len ? -EINVAL : 0;
}

static int take_sections(struct kernel_btf *b, const void *from, size_t size)
{
	const struct btf_header *h = from;
	size_t body;

	if (size < sizeof(*h) || h->magic != BTF_MAGIC || h->hdr_len < sizeof(*h) || h->hdr_len > size)
		return -EINVAL;
	body = size - h->hdr_len;
	if (h->type_off % 4 || h->hdr_len % 4 || h->type_off > body || h->type_len > body - h->type_off ||
	    h->str_off > body || h->str_len > body - h->str_off || !h->str_len)
		return -EINVAL;
	b->types = (const char *)from + h->hdr_len + h->type_off;
	b->types_len = h->type_len;
	b->strings = (const char *)from + h->hdr_len + h->str_off;
	b->strings_len = h->str_len;
	/* each name ends before the section does, and what is nameless has the first */
	if (b->strings[0] || b->strings[b->strings_len - 1])
		return -EINVAL;
	return walk_types(b);
}

struct kernel_btf *kernel_btf_of(const void *from, size_t size)
{
	struct kernel_btf *b = must_alloc(1, sizeof(*b));
	int err = take_sections(b, from, size);

	if (!err)
		return b;
	free(b->places);
	free(b);
	errno = -err;
	return NULL;
}

/*
 * Room in few pages where the kernel has large ones: each that is touched first costs more than
 * reading into it. The mapping is of *len bytes.
 */
static void *huge_room(size_t size, size_t *len)
{
	char *room, *end;
	size_t before;

	size = (size + HUGE_BYTES - 1) & ~(HUGE_BYTES - 1);
	room = mmap(NULL, size + HUGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (room == MAP_FAILED)
		return NULL;
	before = -(unsigned long)room & (HUGE_BYTES - 1);
	end = room + size + HUGE_BYTES;
	if (before)
		munmap(room, before);
	room += before;
	if (end > room + size)
		munmap(room + size, end - (room + size));
	madvise(room, size, MADV_HUGEPAGE);
	*len = size;
	return room;
}

/* sysfs gives 4 kB a call. */
static int read_all(int fd, char *to, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = read(fd, to + done, size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		done += n;
	}
	return 0;
}

/*
 * The kernel's file can be mapped from "btf: Allow mmap of vmlinux btf" on, 6.16. A file of the
 * caller's is read: what is cut short while we look at it would end us.
 */
static void *map_or_read(int fd, size_t size, bool may_map, size_t *len)
{
	void *at = may_map ? mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
	int err;

	*len = size;
	if (at != MAP_FAILED)
		return at;
	at = huge_room(size, len);
	if (!at)
		return NULL;
	err = read_all(fd, at, size);
	if (!err)
		return at;
	munmap(at, *len);
	errno = -err;
	return NULL;
}

static struct kernel_btf *open_raw(const char *path)
{
	int fd = open_input(path), err;
	struct kernel_btf *b = NULL;
	struct stat st;
	size_t len;
	void *at;

	if (fd < 0)
		return NULL;
	at = fstat(fd, &st) ? NULL : !st.st_size ? (errno = EINVAL, NULL) :
	     map_or_read(fd, st.st_size, !strncmp(path, "/sys/", 5), &len);
	err = errno;
	close(fd);
	errno = err;
	if (!at)
		return NULL;
	b = kernel_btf_of(at, st.st_size);
	if (b) {
		b->mapping = at;
		b->mapping_len = len;
		return b;
	}
	err = errno;
	munmap(at, len);
	errno = err;
	return NULL;
}

/* As a section of an object file. */
static struct kernel_btf *open_parsed(const char *path)
{
	struct btf *parsed = btf__parse(path, NULL);
	struct kernel_btf *b;
	const void *data;
	__u32 size;

	if (!parsed)
		return NULL;
	data = btf__raw_data(parsed, &size);
	b = data ? kernel_btf_of(data, size) : NULL;
	if (b)
		b->parsed = parsed;
	else
		btf__free(parsed);
	return b;
}

struct kernel_btf *kernel_btf_open(const char *path)
{
	struct kernel_btf *b = open_raw(path);

	return b || errno != EINVAL ? b : open_parsed(path);
}

void kernel_btf_free(struct kernel_btf *b)
{
	if (!b)
		return;
	free(b->places);
	if (b->mapping)
		munmap(b->mapping, b->mapping_len);
	btf__free(b->parsed);
	free(b);
}

__u32 kernel_btf_nr(const struct kernel_btf *b)
{
	return b->nr;
}

const struct btf_type *kernel_btf_type(const struct kernel_btf *b, __u32 id)
{
	const struct btf_type *t;

	if (!id || id >= b->nr)
		return NULL;
	t = (const void *)(b->types + b->places[(id - 1) / STRIDE]);
	for (__u32 i = (id - 1) % STRIDE; i; i--)
		t = kernel_btf_after(t);
	return t;
}

const char *kernel_btf_name(const struct kernel_btf *b, __u32 name_off)
{
	return name_off < b->strings_len ? b->strings + name_off : "";
}

const char *kernel_btf_names_end(const struct kernel_btf *b)
{
	return b->strings + b->strings_len;
}
