// SPDX-License-Identifier: GPL-2.0
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/array.h"
#include "capture/kernel_btf.h"
#include "capture/type_index.h"

#define BUCKETS		1024
#define BEGINNINGS	(1U << 16)

struct wanted {
	char *name;		/* owned */
	size_t len;
	__u32 *ids;		/* owned; in their order */
	__u32 nr;
	__u32 next;		/* 1 + index of the next in its bucket */
};

struct type_index {
	const struct kernel_btf *btf;
	struct wanted *wanted;	/* owned */
	__u32 nr, found;	/* of them, and how many the passes looked for */
	unsigned int passes;
	__u32 buckets[BUCKETS];	/* 1 + index of the first */
};

static __u32 hash_of(const char *name, size_t len)
{
	__u32 hash = 2166136261U; /* FNV-1a */

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)name[i]) * 16777619U;
	return hash;
}

/* Of the first eight bytes: most names begin as none that is wanted, and need no more looking at. */
static __u32 hash_beginning(__u64 first)
{
	return first * 0x9e3779b97f4a7c15ULL >> 48;
}

static __u32 beginning(const char *name, size_t len)
{
	char first[8] = "";
	__u64 word;

	memcpy(first, name, len < 8 ? len : 8);
	memcpy(&word, first, sizeof(word));
	return hash_beginning(word);
}

/* The same of a name with at least eight bytes behind its begin, the end of others among them. */
static __u32 beginning_in_place(const char *name)
{
	__u64 word;

	memcpy(&word, name, sizeof(word));
	/* whether a byte of it is 0 */
	return (word - 0x0101010101010101ULL) & ~word & 0x8080808080808080ULL ?
	       beginning(name, strlen(name)) : hash_beginning(word);
}

static bool is_indexed(const struct btf_type *t)
{
	const __u32 kinds = 1U << BTF_KIND_STRUCT | 1U << BTF_KIND_UNION | 1U << BTF_KIND_ENUM |
			    1U << BTF_KIND_ENUM64 | 1U << BTF_KIND_TYPEDEF | 1U << BTF_KIND_FUNC;

	return kinds >> BTF_INFO_KIND(t->info) & 1 && t->name_off;
}

struct type_index *type_index_new(const struct kernel_btf *btf)
{
	struct type_index *x = must_alloc(1, sizeof(*x));

	x->btf = btf;
	return x;
}

void type_index_free(struct type_index *x)
{
	for (__u32 i = 0; x && i < x->nr; i++) {
		free(x->wanted[i].name);
		free(x->wanted[i].ids);
	}
	if (x)
		free(x->wanted);
	free(x);
}

static struct wanted *find(const struct type_index *x, const char *name, size_t len)
{
	__u32 i = x->buckets[hash_of(name, len) % BUCKETS];

	for (; i; i = x->wanted[i - 1].next) {
		struct wanted *w = &x->wanted[i - 1];

		if (w->len == len && !memcmp(w->name, name, len))
			return w;
	}
	return NULL;
}

void type_index_want(struct type_index *x, const char *name, size_t len)
{
	__u32 *bucket = &x->buckets[hash_of(name, len) % BUCKETS];
	char *own;

	if (find(x, name, len))
		return;
	own = must_alloc(len + 1, 1);
	memcpy(own, name, len);
	array_grow(x->wanted, x->nr);
	x->wanted[x->nr++] = (struct wanted){ .name = own, .len = len, .next = *bucket };
	*bucket = x->nr;
}

/* Goes through all types for what was not looked for yet. */
static void look(struct type_index *x)
{
	__u32 nr = kernel_btf_nr(x->btf);
	const struct btf_type *t = kernel_btf_type(x->btf, 1);
	__u64 *begins = must_alloc(BEGINNINGS / 64, sizeof(*begins));
	/* names beyond have fewer than eight bytes behind them */
	const char *last = kernel_btf_names_end(x->btf) - 8;

	for (__u32 i = x->found; i < x->nr; i++) {
		__u32 b = beginning(x->wanted[i].name, x->wanted[i].len);

		begins[b / 64] |= 1ULL << b % 64;
	}
	for (__u32 id = 1; id < nr; t = ++id < nr ? kernel_btf_after(t) : NULL) {
		const char *name;
		struct wanted *w;
		__u32 b;

		if (!is_indexed(t))
			continue;
		name = kernel_btf_name(x->btf, t->name_off);
		b = name <= last ? beginning_in_place(name) : beginning(name, strlen(name));
		if (!(begins[b / 64] >> b % 64 & 1))
			continue;
		w = find(x, name, strlen(name));
		if (!w || w - x->wanted < x->found)
			continue;
		array_grow(w->ids, w->nr);
		w->ids[w->nr++] = id;
	}
	x->found = x->nr;
	x->passes++;
	free(begins);
}

__u32 type_index_next(struct type_index *x, const char *name, size_t len, __u32 after)
{
	struct wanted *w;

	type_index_want(x, name, len);
	if (x->found < x->nr)
		look(x);
	w = find(x, name, len);
	for (__u32 i = 0; i < w->nr; i++)
		if (w->ids[i] > after)
			return w->ids[i];
	return 0;
}

unsigned int type_index_passes(const struct type_index *x)
{
	return x->passes;
}
