// SPDX-License-Identifier: GPL-2.0
/* What is JSON is read, and what is not ends where it is none; never beyond the text. */
#include <stdio.h>
#include "base/json_read.h"
#include "unit.h"

static char *text;

/* A copy that ends with its last byte: what reads on is caught by make SANITIZE=1. */
static void begin(struct json_reader *r, const char *s)
{
	free(text);
	text = malloc(strlen(s) ?: 1);
	memcpy(text, s, strlen(s));
	json_read_begin(r, text, strlen(s));
}

static bool is_json(const char *s)
{
	struct json_reader r;

	begin(&r, s);
	json_skip(&r);
	return json_read_end(&r);
}

static void documents(void **state)
{
	static const char *const good[] = {
		"0", "-0", "10", "-1.5e+10", "1E9", "0.25", "true", " false\t", "null\r\n", "\"\"", "[]", "{}", "[ ]", "{ }",
		"[1,2]", "[[],{},\"\"]", "{\"a\":1,\"b\":[{}]}", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\"", "\"\xc3\xa9\"",
	};
	static const char *const bad[] = {
		"", " ", "01", "-", "1.", ".5", "1e", "+1", "--1", "0x10", "1-1", "NaN", "tru", "truefalse", "nul", "[", "]", "[1,", "[1,]", "[,1]",
		"[1 2]", "{", "}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{\"a\" 1}", "{1:2}", "\"", "\"a", "\"\\", "\"\\x\"", "\"\\u12\"",
		"\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\u0041\"", "\"\\ud800\\ud800\"", "\"\n\"", "1 1", "[]]", "{}[]", "'a'", "[1}", "{\"a\":1]",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (!is_json(good[i]))
			fail_msg("%s is JSON", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (is_json(bad[i]))
			fail_msg("%s is not JSON", bad[i]);
}

static void values(void **state)
{
	struct untrusted name, s = { 0 };
	struct json_reader r;
	__u64 u = 7, nr = 0;
	__s64 i = 7;

	(void)state;
	begin(&r, "{\"u\":18446744073709551615,\"i\":-9223372036854775808,\"s\":\"a\\u0000\\u20ac\\n\",\"t\":true,\"l\":[1,\"x\",2]}");
	assert_true(json_enter_object(&r));
	while (json_next_member(&r, &name)) {
		if (json_name_is(name, "u"))
			assert_true(json_read_uint(&r, &u));
		else if (json_name_is(name, "i"))
			assert_true(json_read_int(&r, &i));
		else if (json_name_is(name, "s"))
			assert_true(json_read_text(&r, &s));
		else if (json_name_is(name, "t"))
			assert_true(json_read_true(&r));
		else if (json_enter_list(&r))
			for (__u64 one; json_next_item(&r);)
				nr += json_read_uint(&r, &one) ? one : 10;
	}
	assert_true(json_read_end(&r));
	assert_true(u == ~0ULL);
	assert_true(i == (__s64)(1ULL << 63));
	assert_int_equal(nr, 13);
	assert_int_equal(s.len, 6);
	assert_memory_equal(s.bytes, "a\0\xe2\x82\xac\n", 6);
}

/* It is left alone, and what follows is read. */
static void other_types(void **state)
{
	static const char *const others[] = {
		"null", "\"5\"", "[5]", "{\"a\":5}", "5.0", "5e0", "-5", "18446744073709551616", "true",
	};
	struct json_reader r;
	__u64 u = 7;
	char s[64];

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		snprintf(s, sizeof(s), "[%s,3]", others[i]);
		begin(&r, s);
		assert_true(json_enter_list(&r) && json_next_item(&r));
		assert_false(json_read_uint(&r, &u));
		assert_int_equal(u, 7);
		assert_true(json_next_item(&r) && json_read_uint(&r, &u));
		assert_int_equal(u, 3);
		assert_false(json_next_item(&r));
		assert_true(json_read_end(&r));
		u = 7;
	}
	begin(&r, "[1]");
	assert_false(json_enter_object(&r));
	assert_true(json_read_end(&r));
}

static void too_deep(void **state)
{
	char s[201];

	(void)state;
	memset(s, '[', 100);
	memset(s + 100, ']', 100);
	s[200] = 0;
	assert_false(is_json(s));
	memmove(s, s + 40, 160);
	s[120] = 0;
	assert_true(is_json(s));
}

/* Cut off anywhere, and with any byte anywhere: it ends. */
static void damaged(void **state)
{
	static const char whole[] = "{\"a\":[1,-2.5e3,{\"b\":\"x\\u00e9\\ud83d\\ude00\"}],\"c\":true,\"d\":null}";
	char s[sizeof(whole)];

	(void)state;
	assert_true(is_json(whole));
	for (size_t i = 0; i < sizeof(whole) - 1; i++) {
		strcpy(s, whole);
		s[i] = 0;
		assert_false(is_json(s));
		for (int c = 1; c < 256; c++) {
			s[i] = c;
			memcpy(s + i + 1, whole + i + 1, sizeof(whole) - i - 1);
			is_json(s);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(documents),
		cmocka_unit_test(values),
		cmocka_unit_test(other_types),
		cmocka_unit_test(too_deep),
		cmocka_unit_test(damaged),
	};
	int status = cmocka_run_group_tests(tests, NULL, NULL);

	free(text);
	return status;
}
