// SPDX-License-Identifier: GPL-2.0
/* Hostile text as people and metrics get it. */
#include "base/table.h"
#include "base/untrusted.h"
#include "base/wrap.h"
#include "unit.h"

static const char *tamed(const char *s)
{
	static char buf[256];

	return tame(buf, sizeof(buf), untrusted(s));
}

static void is_tamed(const char *s, const char *expected)
{
	assert_string_equal(tamed(s), expected);
	/* twice is once */
	assert_string_equal(tamed(expected), expected);
}

static void terminal(void **state)
{
	(void)state;
	is_tamed("", "");
	is_tamed("plain \"name\" <a> \\", "plain \"name\" <a> \\");
	is_tamed("a\033[2J\a\nb\tc\rd\x7f", "a\\x1b[2J\\x07\\nb\\tc\\rd\\x7f");
	is_tamed("\xc2\x9b" "31m", "\\u009b31m");
	is_tamed("\xe2\x80\xae\xe2\x81\xa6\xe2\x80\x8e", "\\u202e\\u2066\\u200e");
	is_tamed("\xf3\xa0\x80\x81", "\\U000e0001");
	is_tamed("caf\xc3\xa9 \xe6\xbc\xa2 \xf0\x9f\x98\x80", "caf\xc3\xa9 \xe6\xbc\xa2 \xf0\x9f\x98\x80");
	/* a stray byte, an overlong form, a surrogate, beyond the last, cut off */
	is_tamed("\xff", "\\xff");
	is_tamed("\xc0\x80", "\\xc0\\x80");
	is_tamed("\xed\xa0\x80", "\\xed\\xa0\\x80");
	is_tamed("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80");
	is_tamed("a\xe2\x80", "a\\xe2\\x80");
}

/* A name need not end with a 0, and becomes four times as long at most. */
static void comms(void **state)
{
	struct comm c;

	(void)state;
	memset(c.bytes, 0xff, sizeof(c.bytes));
	assert_int_equal(strlen(TAME_COMM(c)), 4 * sizeof(c.bytes));
	c = (struct comm){ "a\033" };
	assert_string_equal(TAME_COMM(c), "a\\x1b");
}

static void cut(void **state)
{
	char buf[8];

	(void)state;
	assert_string_equal(tame(buf, sizeof(buf), untrusted("abcd\033e")), "abcd");
	assert_string_equal(tame(buf, sizeof(buf), untrusted("abcd\xf0\x9f\x98\x80")), "abcd");
	assert_string_equal(tame(buf, sizeof(buf), (struct untrusted){ "a\0b", 3 }), "a\\x00b");
}

static char *label(const char *s)
{
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	put_label(f, untrusted(s));
	fclose(f);
	return text;
}

static void labels(void **state)
{
	static const char *const pairs[][2] = {
		{ "a\"b\\c\nd", "a\\\"b\\\\\\\\c\\nd" },
		{ "\033\xff", "\\\\x1b\\\\xff" },
		{ "\\x1b", "\\\\\\\\x1b" },	/* differs from that byte */
		{ "caf\xc3\xa9", "caf\xc3\xa9" },
		{ "\xe2\x80\xae", "\\\\u202e" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		char *text = label(pairs[i][0]);

		assert_string_equal(text, pairs[i][1]);
		free(text);
	}
}

static void cells(void **state)
{
	static const char *const pairs[][2] = {
		{ "", "\"\"" },
		{ "a,b\"c\nd", "\"a,b\"\"c\\nd\"" },
		{ "=1+1", "\"\\x3d1+1\"" },
		{ "+1", "\"\\x2b1\"" },
		{ "-1", "\"\\x2d1\"" },
		{ "@a", "\"\\x40a\"" },
		{ " =a", "\" \\x3da\"" },
		{ "a;=b,\"@c", "\"a;\\x3db,\"\"\\x40c\"" },
		{ "\xef\xbc\x9d" "1", "\"\\uff1d1\"" },
		{ "kworker/u8:1-io", "\"kworker/u8:1-io\"" },
		{ "\t=1", "\"\\t=1\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		char *text;
		size_t len;
		FILE *f = open_memstream(&text, &len);

		put_csv(f, untrusted(pairs[i][0]));
		fclose(f);
		assert_string_equal(text, pairs[i][1]);
		free(text);
	}
}

static void columns(void **state)
{
	char *text;
	size_t len;
	FILE *f;
	struct table *t = table_new("<NAME N");

	(void)state;
	assert_int_equal(text_columns(untrusted("caf\xc3\xa9")), 4);
	assert_int_equal(text_columns(untrusted("e\xcc\x81")), 1);
	assert_int_equal(text_columns(untrusted("\xe6\xbc\xa2\xf0\x9f\x98\x80")), 4);
	f = open_memstream(&text, &len);
	assert_int_equal(put_tamed(f, untrusted("\xe6\xbc\xa2\033")), 6);
	fclose(f);
	free(text);

	table_cell(t, "caf\xc3\xa9");
	table_cell(t, "1");
	table_cell(t, "\xe6\xbc\xa2\xe5\xad\x97");
	table_cell(t, "22");
	f = open_memstream(&text, &len);
	table_print(t, f, true, 0);
	wrap(f, "\xc3\xa9\xc3\xa9 \xc3\xa9\xc3\xa9 \xc3\xa9", 0, 0, 5);
	fclose(f);
	assert_string_equal(text, "NAME   N\ncaf\xc3\xa9   1\n\xe6\xbc\xa2\xe5\xad\x97  22\n"
			    "\xc3\xa9\xc3\xa9 \xc3\xa9\xc3\xa9\n\xc3\xa9\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(terminal),
		cmocka_unit_test(comms),
		cmocka_unit_test(cut),
		cmocka_unit_test(labels),
		cmocka_unit_test(cells),
		cmocka_unit_test(columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
