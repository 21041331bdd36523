// SPDX-License-Identifier: GPL-2.0
/* By which names the metrics may be asked for. */
#include "commands/export/host.h"
#include "unit.h"

static void addresses_and_localhost(void **state)
{
	(void)state;
	assert_true(export_host_allowed(NULL, NULL));
	assert_true(export_host_allowed("127.0.0.1", NULL));
	assert_true(export_host_allowed("127.0.0.1:9836", NULL));
	assert_true(export_host_allowed("10.1.2.3:80", NULL));
	assert_true(export_host_allowed("[::1]", NULL));
	assert_true(export_host_allowed("[fe80::1]:9836", NULL));
	assert_true(export_host_allowed("LocalHost:9836", NULL));
}

static void others(void **state)
{
	(void)state;
	assert_false(export_host_allowed("", NULL));
	assert_false(export_host_allowed("evil.example", NULL));
	assert_false(export_host_allowed("evil.example:9836", NULL));
	assert_false(export_host_allowed("localhost.evil.example", NULL));
	assert_false(export_host_allowed("127.0.0.1.evil.example", NULL));
	assert_false(export_host_allowed("127.0.0.1:80:80", NULL));
	assert_false(export_host_allowed("127.0.0.1:x", NULL));
	assert_false(export_host_allowed("[::1", NULL));
	assert_false(export_host_allowed("[::1]evil", NULL));
	assert_false(export_host_allowed("[evil.example]", NULL));
	assert_false(export_host_allowed("::1", NULL));
}

static void names_of_choice(void **state)
{
	const char *list = "web1,Web1.example";

	(void)state;
	assert_true(export_host_allowed("web1:9836", list));
	assert_true(export_host_allowed("WEB1.EXAMPLE", list));
	assert_false(export_host_allowed("web", list));
	assert_false(export_host_allowed("web1,web1.example", list));
	assert_false(export_host_allowed("example", list));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_and_localhost),
		cmocka_unit_test(others),
		cmocka_unit_test(names_of_choice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
