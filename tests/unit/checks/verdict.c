// SPDX-License-Identifier: GPL-2.0
/* A verdict's exit status, and who is told to be unsettled. */
#include "unit.h"
#include "base/err.h"
#include "checks/verdict.h"

static const struct selection everybody;

static void statuses(void **state)
{
	(void)state;
	assert_int_equal(verdict_status(VERDICT_FOUND, false, 0), EXIT_FINDINGS);
	assert_int_equal(verdict_status(VERDICT_FOUND, true, 0), EXIT_FINDINGS);
	assert_int_equal(verdict_status(VERDICT_UNSETTLED, false, 0), EXIT_UNSETTLED);
	assert_int_equal(verdict_status(VERDICT_UNSETTLED, true, 0), EXIT_DONE);
	assert_int_equal(verdict_status(VERDICT_NOTHING_FOUND, false, 0), EXIT_DONE);
	/* a refusal, or the status of the program that was run, comes first */
	assert_int_equal(verdict_status(VERDICT_FOUND, false, EXIT_CANNOT), EXIT_CANNOT);
	assert_int_equal(verdict_status(VERDICT_UNSETTLED, true, 7), 7);
}

static void verdicts(void **state)
{
	struct unsettled_list u = { 0 };

	(void)state;
	assert_int_equal(verdict_of(-1, SEVERITY_WARNING, &u), VERDICT_NOTHING_FOUND);
	assert_int_equal(verdict_of(SEVERITY_INFO, SEVERITY_WARNING, &u), VERDICT_NOTHING_FOUND);
	assert_int_equal(verdict_of(SEVERITY_INFO, SEVERITY_INFO, &u), VERDICT_FOUND);
	unsettled_add(&u, (struct unsettled){ .what = UNSETTLED_RINGS, .count = 1, .pid = 812 });
	assert_int_equal(verdict_of(SEVERITY_INFO, SEVERITY_WARNING, &u), VERDICT_UNSETTLED);
	assert_int_equal(verdict_of(SEVERITY_ERROR, SEVERITY_WARNING, &u), VERDICT_FOUND);
	unsettled_free(&u);
}

static void suspicions(void **state)
{
	struct findings fs = { 0 };
	struct finding f = { .tag = STALE_PAGE, .unconfirmed = true };

	(void)state;
	finding_add(&fs, f, "perhaps");
	assert_int_equal(findings_worst(&fs), -1);
	f.unconfirmed = false;
	finding_add(&fs, f, "for sure");
	assert_int_equal(findings_worst(&fs), SEVERITY_ERROR);
	findings_free(&fs);
}

/* A larger buffer brings back nothing that the kernel did not run. */
static void losses(void **state)
{
	struct unsettled_list u = { 0 };

	(void)state;
	unsettled_losses(&u, 0, 0, NULL, 0, &everybody);
	assert_int_equal(u.nr, 0);
	unsettled_losses(&u, 7, 7, NULL, 0, &everybody);
	assert_int_equal(u.nr, 1);
	assert_int_equal(u.list[0].what, UNSETTLED_SKIPPED);
	assert_int_equal(u.list[0].count, 7);
	unsettled_losses(&u, 11, 6, NULL, 0, &everybody);
	assert_int_equal(u.nr, 2);
	assert_int_equal(u.list[0].count, 13);
	assert_int_equal(u.list[1].what, UNSETTLED_EVENTS);
	assert_int_equal(u.list[1].count, 5);
	unsettled_free(&u);
}

static void owners(void **state)
{
	struct unsettled_list u = { 0 };
	struct unsettled one = { .what = UNSETTLED_BUFFERS, .has_uid = true, .uid = 7, .count = 2 };
	char why[UNSETTLED_TEXT];

	(void)state;
	one.pid = 812;
	unsettled_add(&u, one);
	unsettled_add(&u, one);
	one.pid = 977;
	one.count = 1;
	unsettled_add(&u, one);
	assert_int_equal(u.nr, 2);
	assert_int_equal(u.list[0].count, 4);
	assert_string_equal(unsettled_why(why, &u.list[0]), "4 buffers of pid 812: each changed "
			    "faster than it can be read: its pages were not checked");
	assert_string_equal(unsettled_why(why, &u.list[1]), "1 buffer of pid 977 changed faster "
			    "than it can be read: its pages were not checked");
	unsettled_free(&u);
}

static bool is_seen(size_t part, const void *arg)
{
	const bool *seen = arg;

	return seen[part];
}

static void asked_for(void **state)
{
	__u32 pids[] = { 812, 977 };
	const char *comms[] = { "fio", "db*" };
	struct selection s = { .pids = pids, .nr_pids = 2 };
	const bool first[] = { true, false }, none[2] = { false };
	struct unsettled_list u = { 0 };
	char why[UNSETTLED_TEXT];

	(void)state;
	unsettled_selection(&u, UNSETTLED_SELECTION, &s, is_seen, first);
	assert_int_equal(u.nr, 1);
	assert_int_equal(u.list[0].pid, 977);
	unsettled_free(&u);
	unsettled_selection(&u, UNSETTLED_SELECTION, &(struct selection){ .pids = NULL }, is_seen, none);
	assert_int_equal(u.nr, 0);
	unsettled_selection(&u, UNSETTLED_SELECTION, &(struct selection){ .comms = comms, .nr_comms = 1 },
			    is_seen, none);
	assert_int_equal(u.nr, 1);
	assert_string_equal(unsettled_why(why, &u.list[0]), "no ring of processes named 'fio' was "
			    "found: there was nothing to check");
	unsettled_free(&u);
	unsettled_selection(&u, UNSETTLED_SELECTION, &(struct selection){ .comms = comms, .nr_comms = 2 },
			    is_seen, first);
	assert_int_equal(u.nr, 1);
	assert_string_equal(unsettled_why(why, &u.list[0]), "no ring of processes named 'db*' was "
			    "found: there was nothing to check");
	unsettled_free(&u);
	/* all that was asked for together is named, and what was asked for by itself by itself */
	s.has_uid = true;
	s.uid = 54999;
	s.comms = comms;
	s.nr_comms = 2;
	s.cgroup = "/a/b";
	unsettled_selection(&u, UNSETTLED_SELECTION, &s, is_seen, first);
	assert_string_equal(unsettled_why(why, &u.list[0]), "no ring of pid 977, of user 54999, of processes "
			    "named 'fio' or 'db*', in cgroup /a/b was found: there was nothing to check");
	unsettled_free(&u);
	unsettled_selection(&u, UNSETTLED_SELECTION, &(struct selection){ .comms = comms, .nr_comms = 2 },
			    is_seen, none);
	assert_int_equal(u.nr, 2);
	unsettled_free(&u);
	s = (struct selection){ .pids = pids, .nr_pids = 2 };
	/* where the rings are another machine's, looking at this one's does not help */
	unsettled_selection(&u, UNSETTLED_UNRECORDED, &s, is_seen, first);
	assert_string_equal(unsettled_why(why, &u.list[0]), "no event of pid 977 was recorded: "
			    "there was nothing to check");
	assert_null(strstr(unsettled_remedy(&u.list[0]), "list"));
	assert_string_equal(unsettled_name(u.list[0].what), "nothing-to-check");
	unsettled_free(&u);
}

/* Neither how many there are, nor that there are any, is said unless it is known. */
static void ending(void **state)
{
	char text[ENDING_TEXT], why[UNSETTLED_TEXT];
	struct unsettled u = {
		.what = UNSETTLED_ENDING, .pid = 812, .ns_pid = 7, .count = 2,
		.ending = ENDING_KILLED, .in_flight = 3,
	};

	(void)state;
	assert_string_equal(unsettled_why(why, &u), "2 rings of pid 7 (812 outside), which is being "
			    "killed, waits for 3 requests in flight");
	assert_string_equal(ending_text(text, ENDING_EXITS, 1), "exiting, waits for 1 request in flight");
	assert_string_equal(ending_text(text, ENDING_KILLED, 0), "being killed");
	assert_string_equal(ending_text(text, ENDING_KILLED, IN_FLIGHT_UNKNOWN),
			    "being killed, waits for requests in flight");
	assert_string_equal(ending_text(text, ENDING_KILLED, IN_FLIGHT_UNKNOWN - 1),
			    "being killed, waits for 2147483646 requests in flight");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(statuses),
		cmocka_unit_test(verdicts),
		cmocka_unit_test(suspicions),
		cmocka_unit_test(losses),
		cmocka_unit_test(owners),
		cmocka_unit_test(asked_for),
		cmocka_unit_test(ending),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
