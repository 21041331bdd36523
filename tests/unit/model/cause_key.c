// SPDX-License-Identifier: GPL-2.0
/* What equal causes have in common. */
#include "unit.h"
#include "model/cause_key.h"

static void text_is(const char *explain, const char *text)
{
	char out[200];

	assert_int_equal(cause_text(out, sizeof(out), explain), strlen(text));
	assert_string_equal(out, text);
}

/* What is particular to a call is left out; of a name its place is left. */
static void common(void **state)
{
	(void)state;
	text_is("entry 0 (8 KiB at 0x7f00): the mapping 0x1000-0x3000 of 'a (b' (ext4) is full",
		"entry N: the mapping N-N of '...' is full");
	text_is("7.9 MiB of 0x10 are the call's (one (two) three); end",
		"N of N are the call's; end");
	text_is("(all)", "");
	text_is("not closed (", "not closed");
	text_is("'not closed", "'...'");
}

static void cut(void **state)
{
	char out[4];

	(void)state;
	assert_int_equal(cause_text(out, sizeof(out), "a longer one"), 3);
	assert_string_equal(out, "a l");
}

static void keys(void **state)
{
	(void)state;
	assert_int_equal(cause_key("slot 3 is empty ('x')"), cause_key("slot 77 is empty ('y')"));
	assert_int_not_equal(cause_key("slot 3 is empty"), cause_key("slot 3 is full"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(common), cmocka_unit_test(cut), cmocka_unit_test(keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
