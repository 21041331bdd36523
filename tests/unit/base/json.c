// SPDX-License-Identifier: GPL-2.0
/* What is written is, byte for byte, what json-c prints of the same members, and always UTF-8. */
#include <json-c/json.h>
#include <limits.h>
#include <math.h>
#include "base/json.h"
#include "unit.h"

static struct json j;

static char *told;
static size_t nr_told;
static FILE *out;

static void begin(void)
{
	out = open_memstream(&told, &nr_told);
	json_begin(&j, out);
}

/* Of the line: what a parser that bears no mistake makes of it. To be put. */
static json_object *end(void)
{
	struct json_tokener *parser = json_tokener_new();
	json_object *o;

	json_end(&j);
	fclose(out);
	json_tokener_set_flags(parser, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	o = json_tokener_parse_ex(parser, told, nr_told - 1);
	assert_int_equal(json_tokener_get_error(parser), json_tokener_success);
	assert_int_equal(told[nr_told - 1], '\n');
	json_tokener_free(parser);
	return o;
}

static void same(json_object *expected)
{
	json_object_put(end());
	told[nr_told - 1] = 0;
	assert_string_equal(told, json_object_to_json_string_ext(expected, JSON_C_TO_STRING_PLAIN |
							     JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(expected);
	free(told);
}

static void add(json_object *o, const char *name, json_object *value)
{
	json_object_object_add(o, name, value);
}

static void numbers(void **state)
{
	static const __u64 values[] = {
		0, 9, 10, 99, 100, 4096, 1ULL << 32, LLONG_MAX, 1ULL << 63, ULLONG_MAX - 1,
		ULLONG_MAX, 12345678901234567890ULL,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		json_object *o = json_object_new_object();
		char addr[32];

		begin();
		json_uint(&j, "u", values[i]);
		add(o, "u", json_object_new_uint64(values[i]));
		json_int(&j, "s", values[i]);
		add(o, "s", json_object_new_int64(values[i]));
		json_addr(&j, "a", values[i]);
		snprintf(addr, sizeof(addr), "0x%llx", values[i]);
		add(o, "a", json_object_new_string(addr));
		json_known(&j, "k", values[i], values[i]);
		add(o, "k", values[i] ? json_object_new_uint64(values[i]) : NULL);
		same(o);
	}
}

static void fractions(void **state)
{
	static const double values[] = { 0, 1, -1, 0.1, 1e-9, 1 / 3.0, 123456789.25, 1e22, 1e300 };

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		json_object *o = json_object_new_object();
		char text[400];

		begin();
		json_double(&j, "d", values[i]);
		add(o, "d", json_object_new_double(values[i]));
		json_fixed(&j, "f", values[i], 4);
		snprintf(text, sizeof(text), "%.4f", values[i]);
		add(o, "f", json_object_new_double_s(values[i], text));
		same(o);
	}
	begin();
	json_double(&j, "infinite", INFINITY);
	json_fixed(&j, "none", NAN, 2);
	json_object_put(end());
	assert_string_equal(told, "{\"infinite\":null,\"none\":null}\n");
	free(told);
}

static void scopes(void **state)
{
	(void)state;
	begin();
	json_flag(&j, "yes", 4);
	json_flag(&j, "no", 0);
	json_null(&j, "none");
	json_str(&j, "null", NULL);
	json_open(&j, "empty");
	json_close(&j);
	json_open_list(&j, "list");
	json_item_uint(&j, 1);
	json_item_int(&j, -2);
	json_item_list(&j);
	json_close(&j);
	json_item_open(&j);
	json_str(&j, "in", "it");
	json_close(&j);
	json_item_str(&j, "x");
	json_close(&j);
	for (int i = 0; i < 2; i++) {
		json_key(&j, (const char *const[]){ "a", "b" }[i]);
		json_item_int(&j, i);
	}
	json_str(&j, "last", "");
	json_object_put(end());
	assert_string_equal(told, "{\"yes\":true,\"no\":false,\"none\":null,\"null\":null,\"empty\":{},"
			    "\"list\":[1,-2,[],{\"in\":\"it\"},\"x\"],\"a\":0,\"b\":1,\"last\":\"\"}\n");
	free(told);
}

/* Each byte of ASCII by itself, at either end of others, and all in one. */
static void ascii(void **state)
{
	char all[128] = "", one[2] = "", mid[] = "a?b";

	(void)state;
	for (int c = 1; c < 0x7f; c++) {
		json_object *o = json_object_new_object();

		all[c - 1] = one[0] = mid[1] = c;
		begin();
		json_str(&j, "one", one);
		add(o, "one", json_object_new_string(one));
		json_str(&j, "mid", mid);
		add(o, "mid", json_object_new_string(mid));
		json_str(&j, "all", all);
		add(o, "all", json_object_new_string(all));
		same(o);
	}
}

/* Of any two and three bytes there is a character, or a mark of its loss. */
static void bytes(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 0x10000; i += 7) {
		char text[] = { i >> 8, i, (i * 31) >> 3, 0 };

		begin();
		json_text(&j, "t", ((struct untrusted){ text, 3 }));
		json_object_put(end());
		for (size_t k = 0; k + 1 < nr_told; k++)
			assert_true((unsigned char)told[k] >= ' ' && told[k] != 0x7f);
		free(told);
	}
}

/* What a terminal would obey is escaped, and the same when it is read. */
static void characters(void **state)
{
	static const char text[] = "\x7f\xc2\x9b\xe2\x80\xae\xf3\xa0\x80\x81\xc3\xa9\xe6\xbc\xa2\xf0\x9f\x98\x80";
	json_object *o;

	(void)state;
	begin();
	json_str(&j, "t", text);
	json_text(&j, "wrong", ((struct untrusted){ "a\xff\xc3", 3 }));
	json_text(&j, "zero", ((struct untrusted){ "a\0b", 3 }));
	o = end();
	assert_string_equal(json_object_get_string(json_object_object_get(o, "t")), text);
	json_object_put(o);
	assert_string_equal(told, "{\"t\":\"\\u007f\\u009b\\u202e\\udb40\\udc01\xc3\xa9\xe6\xbc\xa2\xf0\x9f\x98\x80\","
			    "\"wrong\":\"a\xef\xbf\xbd\xef\xbf\xbd\",\"zero\":\"a\\u0000b\"}\n");
	free(told);
}

static void in_html(void **state)
{
	json_object *o;

	(void)state;
	j.in_html = true;
	begin();
	json_str(&j, "t", "</script>");
	o = end();
	j.in_html = false;
	assert_string_equal(json_object_get_string(json_object_object_get(o, "t")), "</script>");
	json_object_put(o);
	assert_null(strchr(told, '<'));
	free(told);
}

/* A line grows as it must, is printed in pieces, and the next one begins anew. */
static void long_lines(void **state)
{
	char *s = malloc(100004);

	(void)state;
	memset(s, 'x', 100003);
	s[100003] = 0;
	for (int i = 0; i < 3; i++) {
		json_object *o = json_object_new_object();

		begin();
		json_int(&j, "before", i);
		add(o, "before", json_object_new_int(i));
		json_str(&j, "long", s + i * 50000);
		add(o, "long", json_object_new_string(s + i * 50000));
		json_int(&j, "after", i);
		add(o, "after", json_object_new_int(i));
		same(o);
	}
	free(s);
}

static int done(void **state)
{
	(void)state;
	json_free(&j);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(fractions),
		cmocka_unit_test(scopes),
		cmocka_unit_test(ascii),
		cmocka_unit_test(bytes),
		cmocka_unit_test(characters),
		cmocka_unit_test(in_html),
		cmocka_unit_test(long_lines),
	};

	return cmocka_run_group_tests(tests, NULL, done);
}
