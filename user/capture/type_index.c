// SPDX-License-Identifier: GPL-2.0
#include <bpf/btf.h>
#include <stdbool.h>
#include <string.h>
#include "base/alloc.h"
#include "capture/type_index.h"

struct type_index {
	const struct btf *btf;
	__u32 mask;		/* of .ids: twice as many as types, or more */
	__u32 *ids;		/* 0 = free */
};

static __u32 hash_of(const char *name, size_t len)
{
	__u32 hash = 2166136261U; /* FNV-1a */

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)name[i]) * 16777619U;
	return hash;
}

static bool is_indexed(const struct btf_type *t)
{
	switch (btf_kind(t)) {
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_FUNC:
		return t->name_off;
	default:
		return false;
	}
}

struct type_index *type_index_new(const struct btf *btf)
{
	struct type_index *x = must_alloc(1, sizeof(*x));
	__u32 nr = btf__type_cnt(btf), size = 1024;

	while (size < 2 * nr)
		size *= 2;
	x->btf = btf;
	x->mask = size - 1;
	x->ids = must_alloc(size, sizeof(*x->ids));
	for (__u32 id = 1; id < nr; id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);
		const char *name;
		__u32 at;

		if (!is_indexed(t))
			continue;
		name = btf__name_by_offset(btf, t->name_off);
		for (at = hash_of(name, strlen(name)) & x->mask; x->ids[at]; at = (at + 1) & x->mask)
			;
		x->ids[at] = id;
	}
	return x;
}

__u32 type_index_next(const struct type_index *x, const char *name, size_t len, __u32 after)
{
	/* those of one name stand in the order of their ids */
	for (__u32 at = hash_of(name, len) & x->mask; x->ids[at]; at = (at + 1) & x->mask) {
		const struct btf_type *t = btf__type_by_id(x->btf, x->ids[at]);
		const char *other = btf__name_by_offset(x->btf, t->name_off);

		if (x->ids[at] > after && !strncmp(other, name, len) && !other[len])
			return x->ids[at];
	}
	return 0;
}
