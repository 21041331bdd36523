// SPDX-License-Identifier: GPL-2.0
/* Both formats are kept to the letter, whatever a process calls itself. */
#include "facts.h"
#include "base/alloc.h"
#include "commands/export/metrics.h"

static const struct selection everybody;

static char *rendered(struct export_model *m, enum metrics_format format)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	view_openmetrics(f, m, format, TIER_TRACEPOINTS);
	fclose(f);
	return text;
}

/* Prints the metrics of one call of a process by that name, in this format. */
static char *called(const char *comm, enum metrics_format format)
{
	struct fact_call c = fact_call(RING, CALL_CLONE, 1, 1, -16);
	struct export_model m;
	char *text;

	export_model_init(&m, EXPORT_BY_PID, 3, &everybody);
	c.h.comm = comm_of(comm);
	c.start_ns = c.h.t_ns - 500;
	export_call(&m, &c, "a cause");
	text = rendered(&m, format);
	export_model_free(&m);
	return text;
}

static void openmetrics(void **state)
{
	char *text = called("fio", METRICS_OPENMETRICS);

	(void)state;
	assert_contains(text, "# HELP fixbuf_register_calls Calls of io_uring_register() about buffers, by result.\n"
			"# TYPE fixbuf_register_calls counter\n"
			"fixbuf_register_calls_total{uid=\"1000\",comm=\"fio\",pid=\"812\",op=\"clone\",result=\"EBUSY\"} 1\n");
	assert_contains(text, "# TYPE fixbuf_register_duration_seconds histogram\n"
			"# UNIT fixbuf_register_duration_seconds seconds\n");
	assert_contains(text, "fixbuf_register_duration_seconds_bucket{op=\"clone\",le=\"1.023e-06\"} 1\n"
			"fixbuf_register_duration_seconds_bucket{op=\"clone\",le=\"2.047e-06\"} 1\n");
	assert_contains(text, "{op=\"clone\",le=\"+Inf\"} 1\n"
			"fixbuf_register_duration_seconds_count{op=\"clone\"} 1\n"
			"fixbuf_register_duration_seconds_sum{op=\"clone\"} 0.000000500\n");
	assert_contains(text, "# TYPE fixbuf_exporter info\nfixbuf_exporter_info{version=\"" VERSION);
	assert_string_equal(text + strlen(text) - 7, "\n# EOF\n");
	free(text);
}

static void old_text(void **state)
{
	char *text = called("fio", METRICS_TEXT);

	(void)state;
	assert_contains(text, "# TYPE fixbuf_register_calls_total counter\n"
			"fixbuf_register_calls_total{uid=\"1000\",comm=\"fio\",");
	assert_contains(text, "# TYPE fixbuf_exporter_info gauge\nfixbuf_exporter_info{");
	assert_null(strstr(text, "# UNIT"));
	assert_null(strstr(text, "# EOF"));
	free(text);
}

static void names(void **state)
{
	static const struct { const char *comm, *shown; } all[] = {
		{ "a\"b\\c\nd", "comm=\"a\\\"b\\\\\\\\c\\nd\"" },
		{ "f\xc3\xbcnf", "comm=\"f\xc3\xbcnf\"" },
		/* cut off in the middle of a character, as the kernel cuts names */
		{ "f\xc3", "comm=\"f\\\\xc3\"" },
		{ "\xff\xfe", "comm=\"\\\\xff\\\\xfe\"" },
		{ "\xed\xa0\x80", "comm=\"\\\\xed\\\\xa0\\\\x80\"" },
		{ "a\tb\x7f", "comm=\"a\\\\tb\\\\x7f\"" },
		{ "", "comm=\"\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		char *text = called(all[i].comm, METRICS_OPENMETRICS);

		assert_contains(text, all[i].shown);
		free(text);
	}
}

static void below_zero_and_findings(void **state)
{
	const struct owner_key fio = { .uid = 1000, .comm = { "fio" } };
	const struct pass_finding f[] = {
		{ .key = fio, .tag = UNCHARGED_PIN, .severity = SEVERITY_ERROR, .count = 1, .pages = 512 },
		{ .key = fio, .tag = OVERCHARGED, .severity = SEVERITY_INFO, .count = 2, .pages = 3 },
	};
	const struct pass_unsettled doubts[] = {
		{ UNSETTLED_FINDINGS, 1000, 2 }, { UNSETTLED_OUTSIDE, PASS_NO_UID, 1 },
	};
	const struct pass p = {
		.nr = 2, .nr_unsettled = 2, .pages = 3, .realtime_ns = 1234567890012345678ULL,
	};
	struct ledger *l = ledger_new();
	struct export_model m;
	char *text;

	(void)state;
	export_model_init(&m, EXPORT_BY_COMM, 3, &everybody);
	see_ring(l, RING, -1, -3);
	export_rings(&m, l, 1);
	text = rendered(&m, METRICS_OPENMETRICS);
	assert_contains(text, "fixbuf_process_pinned_vm_bytes{uid=\"1000\",comm=\"fio\"} -12288\n");
	assert_contains(text, "fixbuf_user_locked_bytes{uid=\"1000\"} -4096\n");
	assert_null(strstr(text, "fixbuf_findings{"));
	free(text);
	export_pass(&m, &p, f, doubts, 1);
	text = rendered(&m, METRICS_OPENMETRICS);
	assert_contains(text, "fixbuf_findings{severity=\"error\",tag=\"uncharged-pin\"} 1\n");
	assert_contains(text, "fixbuf_findings{severity=\"warning\",tag=\"near-limit\"} 0\n");
	/* what verify tells as a note is no warning here, and the warnings' zero stays */
	assert_contains(text, "fixbuf_findings{severity=\"info\",tag=\"overcharged\"} 2\n");
	assert_contains(text, "fixbuf_findings{severity=\"warning\",tag=\"overcharged\"} 0\n");
	assert_contains(text, "fixbuf_finding_bytes{severity=\"info\",tag=\"overcharged\",uid=\"1000\",comm=\"fio\"} 12288\n");
	assert_contains(text, "fixbuf_finding_bytes{severity=\"error\",tag=\"uncharged-pin\",uid=\"1000\",comm=\"fio\"} 2097152\n");
	assert_contains(text, "fixbuf_unsettled{reason=\"unconfirmed-findings\",uid=\"1000\"} 2\n");
	assert_contains(text, "fixbuf_unsettled{reason=\"outside-processes\"} 1\n");
	assert_contains(text, "fixbuf_verify_timestamp_seconds 1234567890.012345678\n");
	free(text);
	export_model_free(&m);
	ledger_free(l);
}

/* A user that was told once is told on, however many lose more. */
static void losses_by_user(void **state)
{
	struct user_loss losers[EXPORT_LOSERS + 3] = { { 1000, 7 } };
	struct export_model m;
	char *text;

	(void)state;
	export_model_init(&m, EXPORT_BY_COMM, 3, &everybody);
	export_losers(&m, losers, 1);
	for (__u32 i = 0; i < EXPORT_LOSERS + 1; i++)
		losers[i] = (struct user_loss){ 2000 + i, 1000 };
	losers[EXPORT_LOSERS + 1] = (struct user_loss){ LOSS_OF_REST, 11 };
	losers[EXPORT_LOSERS + 2] = (struct user_loss){ 1000, 8 };
	export_losers(&m, losers, EXPORT_LOSERS + 3);
	text = rendered(&m, METRICS_OPENMETRICS);
	assert_contains(text, "fixbuf_user_events_lost_total{uid=\"1000\"} 8\n");
	assert_contains(text, "fixbuf_user_events_lost_total{uid=\"2000\"} 1000\n");
	assert_contains(text, "fixbuf_user_events_lost_total{uid=\"other\"} 2011\n");
	free(text);
	export_model_free(&m);
}

/* Two tables of one reason are one sample; of a table that is not counted here nothing is told. */
static void io_losses_by_user(void **state)
{
	static const struct io_loser losers[] = {
		{ 1000, IO_TABLE_CELLS, 7 }, { 1001, IO_TABLE_CELLS, 5 }, { 1000, IO_TABLE_PROCESSES, 4 },
		{ 1000, IO_TABLE_FAILURES, 3 }, { 1000, IO_TABLE_CALLS, 9 },
	};
	struct export_model m;
	char *text;

	(void)state;
	export_model_init(&m, EXPORT_BY_COMM, 3, &everybody);
	m.nr_io_losers = sizeof(losers) / sizeof(losers[0]);
	m.io_losers = must_alloc(m.nr_io_losers, sizeof(losers[0]));
	memcpy(m.io_losers, losers, sizeof(losers));
	m.io_loss.no_place = 16;
	m.io_loss.no_cause = 3;
	text = rendered(&m, METRICS_TEXT);
	assert_contains(text, "fixbuf_user_io_lost_total{uid=\"1000\",reason=\"no_place\"} 11\n"
			      "fixbuf_user_io_lost_total{uid=\"1001\",reason=\"no_place\"} 5\n"
			      "fixbuf_user_io_lost_total{uid=\"1000\",reason=\"no_cause\"} 3\n#");
	free(text);
	export_model_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(openmetrics),
		cmocka_unit_test(old_text),
		cmocka_unit_test(names),
		cmocka_unit_test(below_zero_and_findings),
		cmocka_unit_test(losses_by_user),
		cmocka_unit_test(io_losses_by_user),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
