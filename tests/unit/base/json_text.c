// SPDX-License-Identifier: GPL-2.0
/* What is written as it is told is, byte for byte, what json-c prints of the same members. */
#include <limits.h>
#include <stdbool.h>
#include "base/json_text.h"
#include "base/json_util.h"
#include "unit.h"

static struct json_text text;

/* Both as a line; .o is freed. */
static void same(json_object *o)
{
	char *built = NULL, *told = NULL;
	size_t nr_built, nr_told;
	FILE *out = open_memstream(&built, &nr_built);

	json_line(out, o);
	fclose(out);
	out = open_memstream(&told, &nr_told);
	text_line(&text, out);
	fclose(out);
	assert_string_equal(told, built);
	assert_int_equal(nr_told, nr_built);
	free(built);
	free(told);
}

static json_object *begin(void)
{
	json_object *o = json_object_new_object();

	text_begin(&text);
	text_int(&text, "schema", 1);
	json_int(o, "schema", 1);
	return o;
}

static void numbers(void **state)
{
	static const __u64 values[] = {
		0, 9, 10, 99, 100, 4096, 1ULL << 32, LLONG_MAX, 1ULL << 63, ULLONG_MAX - 1,
		ULLONG_MAX, 12345678901234567890ULL,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		json_object *o = begin();

		text_uint(&text, "u", values[i]);
		json_uint(o, "u", values[i]);
		text_int(&text, "s", values[i]);
		json_int(o, "s", values[i]);
		text_addr(&text, "a", values[i]);
		json_addr(o, "a", values[i]);
		text_known(&text, "k", values[i], values[i]);
		if (values[i])
			json_uint(o, "k", values[i]);
		else
			json_null(o, "k");
		same(o);
	}
}

static void words(void **state)
{
	json_object *o = begin();

	(void)state;
	text_flag(&text, "yes", 4);
	json_flag(o, "yes", 4);
	text_flag(&text, "no", 0);
	json_flag(o, "no", 0);
	text_null(&text, "none");
	json_null(o, "none");
	same(o);
}

/* Each byte by itself, at either end of others, and all in one. */
static void strings(void **state)
{
	char all[256] = "", one[2] = "", mid[] = "a?b";
	json_object *o;

	(void)state;
	for (int c = 1; c < 256; c++) {
		all[c - 1] = one[0] = mid[1] = c;
		o = begin();
		text_str(&text, "one", one);
		json_str(o, "one", one);
		text_str(&text, "mid", mid);
		json_str(o, "mid", mid);
		same(o);
	}
	o = begin();
	text_str(&text, "all", all);
	json_str(o, "all", all);
	text_str(&text, "empty", "");
	json_str(o, "empty", "");
	same(o);
}

/* A line grows as it must, and the next one begins anew. */
static void long_lines(void **state)
{
	char *s = malloc(100004);

	(void)state;
	memset(s, 'x', 100003);
	s[100003] = 0;
	for (int i = 0; i < 3; i++) {
		json_object *o = begin();

		text_str(&text, "long", s + i * 50000);
		json_str(o, "long", s + i * 50000);
		same(o);
	}
	free(s);
}

static json_object *built(void)
{
	json_object *o = json_object_new_object(), *in = json_object_new_object();

	json_str(in, "path", "/a/b\n");
	json_object_object_add(o, "in", in);
	json_object_object_add(o, "list", json_object_new_array());
	return o;
}

/* What was built goes in as it is; nothing leaves no trace. */
static void members(void **state)
{
	json_object *o = begin(), *in = built();

	(void)state;
	text_members(&text, built());
	text_members(&text, json_object_new_object());
	text_int(&text, "after", -1);
	json_object_object_foreach(in, name, value)
		json_object_object_add(o, name, json_object_get(value));
	json_object_put(in);
	json_int(o, "after", -1);
	same(o);
}

static int end(void **state)
{
	(void)state;
	text_free(&text);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(words),
		cmocka_unit_test(strings),
		cmocka_unit_test(long_lines),
		cmocka_unit_test(members),
	};

	return cmocka_run_group_tests(tests, NULL, end);
}
