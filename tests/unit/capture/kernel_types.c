// SPDX-License-Identifier: GPL-2.0
/* The cut-down types of the kernel hold what the programs name, whole, and nothing else. */
#include <bpf/btf.h>
#include "capture/kernel_btf.h"
#include "capture/kernel_types.h"
#include "capture/type_index.h"
#include "unit.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct btf *kernel, *programs, *core;
static struct kernel_btf *raw;	/* .kernel */
static struct type_index *index_of_all;

static int number(const char *name, int size)
{
	return btf__add_int(kernel, name, size, 0);
}

/*
 * struct inner { long a; }; struct other { struct inner i; };
 * struct ring { struct other *far; struct { u32 low : 3, high : 5; }; struct inner in[7]; };
 */
static void make_kernel(void)
{
	int u32, u64, inner, other, far, bits, many;

	kernel = btf__new_empty();
	u32 = number("unsigned int", 4);
	u64 = number("unsigned long", 8);
	inner = btf__add_struct(kernel, "inner", 8);
	btf__add_field(kernel, "a", u64, 0, 0);
	other = btf__add_struct(kernel, "other", 8);
	btf__add_field(kernel, "i", inner, 0, 0);
	far = btf__add_ptr(kernel, other);
	bits = btf__add_struct(kernel, NULL, 4);
	btf__add_field(kernel, "low", u32, 0, 3);
	btf__add_field(kernel, "high", u32, 3, 5);
	many = btf__add_array(kernel, u32, btf__add_const(kernel, inner), 7);
	btf__add_struct(kernel, "ring", 72);
	btf__add_field(kernel, "far", far, 0, 0);
	btf__add_field(kernel, NULL, bits, 64, 0);
	btf__add_field(kernel, "in", many, 128, 0);
	btf__add_enum(kernel, "op", 4);
	btf__add_enum_value(kernel, "OP_NONE", 0);
	btf__add_enum_value(kernel, "OP_LAST", -3);
	btf__add_struct(kernel, "twice", 4);
	btf__add_struct(kernel, "twice", 12);
}

static int set_up(void **state)
{
	const void *bytes;
	__u32 size;

	(void)state;
	make_kernel();
	programs = btf__new_empty();
	btf__add_struct(programs, "ring___old", 8);
	btf__add_enum(programs, "op", 4);
	btf__add_struct(programs, "twice", 4);
	btf__add_struct(programs, "of_ours", 16);
	bytes = btf__raw_data(kernel, &size);
	raw = kernel_btf_of(bytes, size);
	index_of_all = type_index_new(raw);
	core_types_want(index_of_all, programs);
	core = core_types(raw, index_of_all, programs);
	return core ? 0 : -1;
}

static const struct btf_type *type(const char *name, int kind)
{
	int id = btf__find_by_name_kind(core, name, kind);

	return id > 0 ? btf__type_by_id(core, id) : NULL;
}

static void a_flavour_brings_the_structure(void **state)
{
	const struct btf_type *t = type("ring", BTF_KIND_STRUCT), *bits, *in;
	const struct btf_member *m = t ? btf_members(t) : NULL;

	(void)state;
	assert_non_null(t);
	assert_int_equal(t->size, 72);
	assert_int_equal(btf_vlen(t), 3);
	assert_string_equal(btf__name_by_offset(core, m[0].name_off), "far");
	assert_true(btf_is_ptr(btf__type_by_id(core, m[0].type)));
	bits = btf__type_by_id(core, m[1].type);
	assert_int_equal(btf_member_bit_offset(t, 1), 64);
	assert_int_equal(btf_member_bit_offset(bits, 1), 3);
	assert_int_equal(btf_member_bitfield_size(bits, 1), 5);
	assert_int_equal(btf_member_bit_offset(t, 2), 128);
	assert_int_equal(btf__resolve_size(core, m[2].type), 56);
	in = btf__type_by_id(core, btf_array(btf__type_by_id(core, m[2].type))->type);
	assert_string_equal(btf__name_by_offset(core, in->name_off), "inner");
}

static void what_is_behind_a_pointer_stays_away(void **state)
{
	(void)state;
	assert_null(type("other", BTF_KIND_STRUCT));
	assert_null(type("of_ours", BTF_KIND_STRUCT));
}

static void enums_keep_their_values(void **state)
{
	const struct btf_type *t = type("op", BTF_KIND_ENUM);

	(void)state;
	assert_non_null(t);
	assert_int_equal(btf_vlen(t), 2);
	assert_int_equal(btf_enum(t)[1].val, -3);
}

static void all_of_a_name_are_there(void **state)
{
	unsigned int nr = 0, sizes = 0;

	(void)state;
	for (__u32 id = 1; id < btf__type_cnt(core); id++) {
		const struct btf_type *t = btf__type_by_id(core, id);

		if (strcmp(btf__name_by_offset(core, t->name_off), "twice"))
			continue;
		nr++;
		sizes += t->size;
	}
	assert_int_equal(nr, 2);
	assert_int_equal(sizes, 16);
}

static void the_index_finds_whole_names(void **state)
{
	__u32 first = type_index_next(index_of_all, "twice", 5, 0);

	(void)state;
	assert_true(first > 0);
	assert_true(type_index_next(index_of_all, "twice", 5, first) > first);
	assert_int_equal(type_index_next(index_of_all, "rin", 3, 0), 0);
	assert_int_equal(type_index_next(index_of_all, "ringing", 7, 0), 0);
	assert_true(type_index_next(index_of_all, "ringing", 4, 0) > 0);
}

static void types_are_where_libbpf_has_them(void **state)
{
	(void)state;
	assert_int_equal(kernel_btf_nr(raw), btf__type_cnt(kernel));
	assert_null(kernel_btf_type(raw, 0));
	assert_null(kernel_btf_type(raw, kernel_btf_nr(raw)));
	for (__u32 id = 1; id < kernel_btf_nr(raw); id++) {
		const struct btf_type *a = kernel_btf_type(raw, id), *b = btf__type_by_id(kernel, id);

		assert_memory_equal(a, b, sizeof(*a));
		assert_string_equal(kernel_btf_name(raw, a->name_off),
				    btf__name_by_offset(kernel, b->name_off));
	}
}

/* All of it, or a sentence: each cut and each byte that is wrong is refused or read within bounds. */
static void what_is_no_btf_is_refused(void **state)
{
	const char *bytes;
	__u32 size;
	char *copy;

	(void)state;
	bytes = btf__raw_data(kernel, &size);
	for (__u32 len = 0; len < size; len++) {
		copy = malloc(len + 1);
		memcpy(copy, bytes, len);
		assert_null(kernel_btf_of(copy, len));
		assert_int_equal(errno, EINVAL);
		free(copy);
	}
	copy = malloc(size);
	for (__u32 at = 0; at < size; at++) {
		struct kernel_btf *b;

		memcpy(copy, bytes, size);
		copy[at] ^= 0x5a;
		b = kernel_btf_of(copy, size);
		for (__u32 id = 1; b && id < kernel_btf_nr(b); id++)
			strlen(kernel_btf_name(b, kernel_btf_type(b, id)->name_off));
		kernel_btf_free(b);
	}
	free(copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_flavour_brings_the_structure),
		cmocka_unit_test(what_is_behind_a_pointer_stays_away),
		cmocka_unit_test(enums_keep_their_values),
		cmocka_unit_test(all_of_a_name_are_there),
		cmocka_unit_test(the_index_finds_whole_names),
		cmocka_unit_test(types_are_where_libbpf_has_them),
		cmocka_unit_test(what_is_no_btf_is_refused),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
