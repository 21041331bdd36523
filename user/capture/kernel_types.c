// SPDX-License-Identifier: GPL-2.0
#include <bpf/btf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/err.h"
#include "capture/kernel_btf.h"
#include "capture/kernel_types.h"
#include "capture/type_index.h"

struct copy {
	const struct kernel_btf *from;
	struct btf *to;
	__u32 *ids;		/* by the id in .from, 0 = not copied */
	__u32 pointer;		/* to void */
};

static int copy_type(struct copy *c, __u32 id);

static const char *name_of(const struct copy *c, __u32 name_off)
{
	return name_off ? kernel_btf_name(c->from, name_off) : NULL;
}

static int copy_members(struct copy *c, const struct btf_type *t)
{
	const struct btf_member *m = btf_members(t);
	int id, err;

	/* what they are made of first: members go to the type added last */
	for (int i = 0; i < btf_vlen(t); i++) {
		err = copy_type(c, m[i].type);
		if (err < 0)
			return err;
	}
	id = btf_is_union(t) ? btf__add_union(c->to, name_of(c, t->name_off), t->size) :
			       btf__add_struct(c->to, name_of(c, t->name_off), t->size);
	for (int i = 0; id > 0 && i < btf_vlen(t); i++) {
		err = btf__add_field(c->to, name_of(c, m[i].name_off), copy_type(c, m[i].type),
				     btf_member_bit_offset(t, i), btf_member_bitfield_size(t, i));
		if (err)
			return err;
	}
	return id;
}

static int copy_enum(struct copy *c, const struct btf_type *t)
{
	const struct btf_enum *e = btf_enum(t);
	int id = btf__add_enum(c->to, name_of(c, t->name_off), t->size);

	for (int i = 0; id > 0 && i < btf_vlen(t); i++) {
		int err = btf__add_enum_value(c->to, name_of(c, e[i].name_off), e[i].val);

		if (err)
			return err;
	}
	return id;
}

static int copy_enum64(struct copy *c, const struct btf_type *t)
{
	const struct btf_enum64 *e = btf_enum64(t);
	int id = btf__add_enum64(c->to, name_of(c, t->name_off), t->size, btf_kflag(t));

	for (int i = 0; id > 0 && i < btf_vlen(t); i++) {
		int err = btf__add_enum64_value(c->to, name_of(c, e[i].name_off),
						btf_enum64_value(&e[i]));

		if (err)
			return err;
	}
	return id;
}

static int copy_array(struct copy *c, const struct btf_array *a)
{
	int index = copy_type(c, a->index_type), element = copy_type(c, a->type);

	if (index < 0 || element < 0)
		return index < 0 ? index : element;
	return btf__add_array(c->to, index, element, a->nelems);
}

static int copy_typedef(struct copy *c, const struct btf_type *t)
{
	int of = copy_type(c, t->type);

	return of < 0 ? of : btf__add_typedef(c->to, name_of(c, t->name_off), of);
}

static int copy_pointer(struct copy *c)
{
	if (!c->pointer) {
		int id = btf__add_ptr(c->to, 0);

		if (id < 0)
			return id;
		c->pointer = id;
	}
	return c->pointer;
}

static int add_type(struct copy *c, const struct btf_type *t)
{
	switch (btf_kind(t)) {
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return copy_members(c, t);
	case BTF_KIND_ENUM:
		return copy_enum(c, t);
	case BTF_KIND_ENUM64:
		return copy_enum64(c, t);
	case BTF_KIND_INT:
		return btf__add_int(c->to, name_of(c, t->name_off), t->size, btf_int_encoding(t));
	case BTF_KIND_FLOAT:
		return btf__add_float(c->to, name_of(c, t->name_off), t->size);
	case BTF_KIND_ARRAY:
		return copy_array(c, btf_array(t));
	case BTF_KIND_TYPEDEF:
		return copy_typedef(c, t);
	case BTF_KIND_PTR:
		return copy_pointer(c);
	case BTF_KIND_CONST:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_TYPE_TAG:
		return copy_type(c, t->type);
	default:	/* functions and what is not defined: only pointers lead there */
		return 0;
	}
}

/* The id of the copy, 0 for void, or -errno. */
static int copy_type(struct copy *c, __u32 id)
{
	const struct btf_type *t;
	int copied;

	if (id >= kernel_btf_nr(c->from))
		return -EINVAL;
	copied = c->ids[id];
	if (!id || copied)
		return copied;
	t = kernel_btf_type(c->from, id);
	copied = t ? add_type(c, t) : -EINVAL;
	if (copied > 0)
		c->ids[id] = copied;
	return copied;
}

/* A flavour, as struct page___old, stands for the kernel's struct page. */
static size_t essential_len(const char *name)
{
	const char *flavour = strstr(name, "___");

	return flavour && flavour != name ? (size_t)(flavour - name) : strlen(name);
}

/* What programs name of the kernel's types, if .t is such: its length; 0 = it is not. */
static size_t named_len(const struct btf *programs, const struct btf_type *t, const char **name)
{
	if (!btf_is_composite(t) && !btf_is_any_enum(t) && !btf_is_typedef(t))
		return 0;
	*name = btf__name_by_offset(programs, t->name_off);
	return essential_len(*name);
}

void core_types_want(struct type_index *index, const struct btf *programs)
{
	for (__u32 i = 1; i < btf__type_cnt(programs); i++) {
		const char *name;
		size_t len = named_len(programs, btf__type_by_id(programs, i), &name);

		if (len)
			type_index_want(index, name, len);
	}
}

static int copy_named(struct copy *c, struct type_index *index, const struct btf *programs)
{
	for (__u32 i = 1; i < btf__type_cnt(programs); i++) {
		const char *name;
		size_t len = named_len(programs, btf__type_by_id(programs, i), &name);

		for (__u32 id = 0; len && (id = type_index_next(index, name, len, id));) {
			int err = btf_is_func(kernel_btf_type(c->from, id)) ? 0 : copy_type(c, id);

			if (err < 0)
				return err;
		}
	}
	return 0;
}

struct btf *core_types(const struct kernel_btf *kernel, struct type_index *index,
		       const struct btf *programs)
{
	struct copy c = { .from = kernel, .to = btf__new_empty() };
	int err;

	if (!c.to) {
		err_set(errno, "out of memory");
		return NULL;
	}
	c.ids = must_alloc(kernel_btf_nr(kernel), sizeof(*c.ids));
	err = copy_named(&c, index, programs);
	free(c.ids);
	if (!err)
		return c.to;
	btf__free(c.to);
	err_set(-err, "cannot parse the kernel's types: %s; give a BTF file of the running kernel with --btf",
		strerror(-err));
	return NULL;
}
