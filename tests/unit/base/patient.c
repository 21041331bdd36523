// SPDX-License-Identifier: GPL-2.0
/* Who keeps a thread waiting is left behind with it, and what it had opened is dropped once, then. */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/patient.h"
#include "unit.h"

struct job {
	int wait;		/* reads a byte from there; -1: is done at once */
};

static atomic_int worked, dropped;

static void work(void *arg)
{
	struct job *job = arg;
	char c;

	if (job->wait >= 0)
		assert_int_equal(read(job->wait, &c, 1), 1);
	worked++;
}

static void drop(void *arg)
{
	dropped++;
	free(arg);
}

static bool run(int wait)
{
	struct job *job = must_alloc(1, sizeof(*job));
	void *at = job;
	bool done;

	job->wait = wait;
	done = patient_run(getpid(), work, drop, &at);
	assert_true(done == (at != NULL));
	free(at);
	return done;
}

static void await(atomic_int *n, int value)
{
	for (int i = 0; i < 5000 && *n != value; i++)
		usleep(1000);
	assert_int_equal(*n, value);
}

static void left_behind(void **state)
{
	int p[2];

	(void)state;
	assert_int_equal(pipe(p), 0);
	assert_true(run(-1));
	assert_int_equal(worked, 1);
	assert_int_equal(dropped, 0);
	assert_false(run(p[0]));
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(dropped, 0);
	/* its process is asked no more, and what was to be asked is dropped */
	assert_false(run(-1));
	assert_int_equal(worked, 1);
	assert_int_equal(dropped, 1);
	/* once it comes back both are over, and it is asked again */
	assert_int_equal(write(p[1], "a", 1), 1);
	await(&dropped, 2);
	assert_int_equal(worked, 2);
	assert_true(run(-1));
	assert_int_equal(worked, 3);
	assert_int_equal(dropped, 2);
	close(p[0]);
	close(p[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(left_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
