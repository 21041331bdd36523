// SPDX-License-Identifier: GPL-2.0
/* A file whose parts are of several machines names them. */
#include <stdio.h>
#include <unistd.h>
#include "recording/reader.h"
#include "recording/writer.h"
#include "with_file.h"

static char path[] = "/tmp/fixbuf-hosts-XXXXXX";

static void add_part(const char *host, const char *command)
{
	struct origin about = { .raw_addresses = true, .page_bytes = 4096 };
	FILE *file = fopen(path, "r+");
	struct writer *w;

	snprintf(about.host, sizeof(about.host), "%s", host);
	snprintf(about.command, sizeof(about.command), "%s", command);
	w = writer_create(file, true, &about);
	assert_non_null(w);
	writer_look(w, 1, false);
	writer_end(w, 2, 0);
	writer_free(w);
	assert_int_equal(fclose(file), 0);
}

/* As the last part says it. */
static void hosts_are(const char *want, bool differ)
{
	struct recording *r = recording_open(path);
	struct event e;
	int n;

	assert_non_null(r);
	while ((n = recording_next(r, &e)) > 0)
		;
	assert_int_equal(n, 0);
	assert_string_equal(recording_origin(r)->hosts, want);
	assert_int_equal(recording_origin(r)->differs, differ);
	recording_close(r);
}

static void hosts(void **state)
{
	char name[64];

	(void)state;
	add_part("", "record");
	hosts_are("", false);
	add_part("alpha", "record");
	hosts_are("alpha", true);
	add_part("alpha", "record");
	hosts_are("alpha", true);
	add_part("beta", "record");
	hosts_are("alpha and beta", true);
	add_part("alpha", "record");
	hosts_are("alpha and beta", true);
	add_part("gamma", "record");
	hosts_are("alpha, beta and gamma", true);
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	add_part(name, "record");
	hosts_are("alpha, beta, gamma and xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", true);
	add_part("delta", "record");
	hosts_are("alpha, beta, gamma, xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx and others", true);
}

/* Nor is what one part says of its command told as of all. */
static void commands(void **state)
{
	(void)state;
	assert_int_equal(truncate(path, 0), 0);
	add_part("alpha", "record");
	add_part("alpha", "record");
	hosts_are("alpha", false);
	add_part("alpha", "record --append");
	hosts_are("alpha", true);
}

static void add_run(const char *boot, __u64 start_ns, __u64 end_ns, bool goes_on)
{
	struct origin about = {
		.raw_addresses = true, .page_bytes = 4096, .start_ns = start_ns, .goes_on = goes_on,
		.realtime_ns = 1000, .host = "alpha",
	};
	FILE *file = fopen(path, "r+");
	struct writer *w;

	snprintf(about.boot_id, sizeof(about.boot_id), "%s", boot);
	w = writer_create(file, true, &about);
	assert_non_null(w);
	writer_look(w, start_ns, false);
	writer_end(w, end_ns, 0);
	writer_free(w);
	assert_int_equal(fclose(file), 0);
}

/* Of the last part. */
static void unrecorded_is(__u64 ns, bool resumes, bool goes_on)
{
	struct recording *r = recording_open(path);
	struct event e;

	assert_non_null(r);
	while (recording_next(r, &e) > 0)
		;
	assert_int_equal(recording_origin(r)->unrecorded_ns, ns);
	assert_int_equal(recording_origin(r)->resumes, resumes);
	assert_int_equal(recording_origin(r)->goes_on, goes_on);
	recording_close(r);
}

/* A run goes on where its part before ended, or what is between is in no file. */
static void unrecorded(void **state)
{
	(void)state;
	assert_int_equal(truncate(path, 0), 0);
	add_run("x", 100, 200, true);
	unrecorded_is(0, false, true);
	add_run("x", 200, 300, true);
	unrecorded_is(0, false, true);
	add_run("x", 307, 400, true);
	unrecorded_is(7, true, false);
	add_run("x", 411, 500, false);
	unrecorded_is(11, false, false);
	/* they overlap */
	add_run("x", 450, 600, true);
	unrecorded_is(0, false, true);
	add_run("y", 613, 700, false);
	unrecorded_is(13, false, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts), cmocka_unit_test(commands), cmocka_unit_test(unrecorded),
	};

	return run_with_file(path, tests, sizeof(tests) / sizeof(tests[0]));
}
