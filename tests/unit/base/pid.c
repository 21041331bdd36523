// SPDX-License-Identifier: GPL-2.0
/* A process's id here and outside, for people, for /proc and in facts. */
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/pid.h"
#include "base/system.h"
#include "facts.h"
#include "model/fact.h"
#include "recording/reader_fact.h"

static void both(void **state)
{
	char buf[FMT_LEN];

	(void)state;
	assert_string_equal(fmt_pid(buf, 812, 0), "812");
	assert_string_equal(fmt_pid(buf, 812, 7), "7 (812 outside)");
	assert_string_equal(fmt_pid(buf, 812, NS_PID_HIDDEN), "812 outside");
	assert_string_equal(fmt_pid(buf, 4194304, 4194303), "4194303 (4194304 outside)");
	assert_int_equal(pid_in_proc(812, 0), 812);
	assert_int_equal(pid_in_proc(812, 7), 7);
	/* never another process that has the number here */
	assert_int_equal(pid_in_proc(812, NS_PID_HIDDEN), 0);
}

static void of_facts(void **state)
{
	struct fact_holder holder = fact_holder(RING, 812, 3, 0, 0);
	struct fact_call call = fact_call(RING, CALL_REGISTER, 1, 1, 0);
	struct fact gone = fact_head(FACT_RING_GONE, sizeof(gone), RING);
	struct ledger *l = ledger_new();

	(void)state;
	fact_set_ns_pid(&call.h, 7);
	assert_int_equal(call.ns_pid, 7);
	assert_int_equal(fact_ns_pid(&call.h), 7);
	fact_set_ns_pid(&gone, 7);
	assert_int_equal(fact_ns_pid(&gone), 0);
	holder.ns_pid = 7;
	FEED(l, holder);
	assert_int_equal(ledger_ring(l, RING)->holders[0].ns_pid, 7);
	ledger_free(l);
}

/* Records of before, which were shorter or had 0 there. */
static void older(void **state)
{
	struct fact_call call = fact_call(RING, CALL_REGISTER, 1, 1, 0);
	union any_fact got;
	const char *wrong;

	(void)state;
	call.h.size = offsetof(struct fact_call, ns_pid);
	call.ns_pid = 7;
	assert_int_equal(fact_ns_pid(&call.h), 0);
	assert_int_equal(recording_fact(&got, &call, call.h.size, &wrong), 1);
	assert_null(wrong);
	assert_int_equal(got.call.h.pid, 812);
	assert_int_equal(fact_ns_pid(&got.h), 0);
}

static void age(void **state)
{
	(void)state;
	/* the test was made within a minute, the first process before it */
	assert_true(pid_age_ns(getpid()) < 60000000000ULL);
	assert_true(pid_age_ns(1) >= pid_age_ns(getpid()));
	assert_true(pid_age_ns(0) == ~0ULL);
}

static void *return_at_once(void *arg)
{
	return arg;
}

/* Beside a zombie as its first thread, whether another one runs or not. */
static void *outlive(void *arg)
{
	for (;;)
		pause();
	return arg;
}

static pid_t child(bool with_thread)
{
	int end[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(end), 0);
	pid = fork();
	if (!pid) {
		pthread_t t;

		pthread_create(&t, NULL, with_thread ? outlive : return_at_once, NULL);
		if (!with_thread)
			_exit(0);
		/* this thread alone; the pipe stays open in the other */
		assert_int_equal(write(end[1], "a", 1), 1);
		syscall(SYS_exit, 0);
	}
	assert_true(pid > 0);
	if (with_thread) {
		assert_int_equal(read(end[0], &byte, 1), 1);
		usleep(100000);
	} else {
		assert_int_equal(waitid(P_PID, pid, NULL, WEXITED | WNOWAIT), 0);
	}
	close(end[0]);
	close(end[1]);
	return pid;
}

static void ended(void **state)
{
	pid_t zombie = child(false), runs = child(true);

	(void)state;
	assert_false(pid_has_ended(0));
	assert_false(pid_has_ended(getpid()));
	assert_false(pid_has_ended(runs));
	kill(runs, SIGKILL);
	waitpid(runs, NULL, 0);
	if (!system_first_pid_namespace()) {
		assert_false(pid_has_ended(zombie));
		return;
	}
	assert_true(pid_has_ended(runs));
	assert_true(pid_has_ended(zombie));
	waitpid(zombie, NULL, 0);
	assert_true(pid_has_ended(zombie));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(age),
		cmocka_unit_test(both),
		cmocka_unit_test(ended),
		cmocka_unit_test(of_facts),
		cmocka_unit_test(older),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
