// SPDX-License-Identifier: GPL-2.0
/* A file whose parts are of several machines names them. */
#include <stdio.h>
#include <unistd.h>
#include "recording/reader.h"
#include "recording/writer.h"
#include "with_file.h"

static char path[] = "/tmp/fixbuf-hosts-XXXXXX";

static void add_part(const char *host)
{
	struct origin about = { .raw_addresses = true, .page_bytes = 4096, .command = "record" };
	FILE *file = fopen(path, "r+");
	struct writer *w;

	snprintf(about.host, sizeof(about.host), "%s", host);
	w = writer_create(file, true, &about);
	assert_non_null(w);
	writer_look(w, 1, false);
	writer_end(w, 2, 0);
	writer_free(w);
	assert_int_equal(fclose(file), 0);
}

/* As the last part says it. */
static void hosts_are(const char *want)
{
	struct recording *r = recording_open(path);
	struct event e;
	int n;

	assert_non_null(r);
	while ((n = recording_next(r, &e)) > 0)
		;
	assert_int_equal(n, 0);
	assert_string_equal(recording_origin(r)->hosts, want);
	recording_close(r);
}

static void hosts(void **state)
{
	char name[64];

	(void)state;
	add_part("");
	hosts_are("");
	add_part("alpha");
	hosts_are("alpha");
	add_part("alpha");
	hosts_are("alpha");
	add_part("beta");
	hosts_are("alpha and beta");
	add_part("alpha");
	hosts_are("alpha and beta");
	add_part("gamma");
	hosts_are("alpha, beta and gamma");
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	add_part(name);
	hosts_are("alpha, beta, gamma and xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
	add_part("delta");
	hosts_are("alpha, beta, gamma, xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx and others");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(hosts) };

	return run_with_file(path, tests, sizeof(tests) / sizeof(tests[0]));
}
