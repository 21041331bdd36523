// SPDX-License-Identifier: GPL-2.0
/* Who keeps a thread waiting is left behind with it, and what it had opened is dropped once, then. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/patient.h"
#include "unit.h"

#define USER	54393
#define NR	4	/* of one user so many less one are left behind */

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

static bool run_for(pid_t pid, int wait)
{
	struct job *job = must_alloc(1, sizeof(*job));
	void *at = job;
	bool done;

	job->wait = wait;
	done = patient_run(pid, work, drop, &at);
	assert_true(done == (at != NULL));
	free(at);
	return done;
}

static bool run(int wait)
{
	return run_for(getpid(), wait);
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

static void map_ids(pid_t pid, const char *of)
{
	static const char map[] = "0 300000 16";
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, of);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_int_equal(write(fd, map, strlen(map)), strlen(map));
	close(fd);
}

/* A process of the n-th user of a namespace that the user USER made; -1 where there are none. */
static pid_t start_subuser(int n)
{
	int made[2], mapped[2];
	pid_t child;
	char c;

	assert_int_equal(pipe(made) | pipe(mapped), 0);
	child = fork();
	if (!child) {
		if (setresgid(USER, USER, USER) || setresuid(USER, USER, USER) || unshare(CLONE_NEWUSER) ||
		    write(made[1], "", 1) != 1 || read(mapped[0], &c, 1) != 1 || setresgid(n, n, n) ||
		    setresuid(n, n, n) || write(made[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(made[1]);
	if (read(made[0], &c, 1) == 1) {
		map_ids(child, "uid_map");
		map_ids(child, "gid_map");
		assert_int_equal(write(mapped[1], "", 1), 1);
		assert_int_equal(read(made[0], &c, 1), 1);
	} else {
		waitpid(child, NULL, 0);
		child = -1;
	}
	close(made[0]);
	close(mapped[0]);
	close(mapped[1]);
	return child;
}

/* Whoever has subordinate users is given up as one. */
static void subordinate_users(void **state)
{
	int p[2], begun = dropped;
	pid_t list[NR];

	(void)state;
	if (geteuid())
		skip();
	assert_int_equal(pipe(p), 0);
	for (int i = 0; i < NR; i++) {
		list[i] = start_subuser(i + 1);
		if (list[i] < 0)
			skip();
	}
	for (int i = 0; i < NR - 1; i++)
		assert_false(run_for(list[i], p[0]));
	assert_int_equal(dropped, begun);
	assert_false(run_for(list[NR - 1], -1));
	assert_int_equal(dropped, begun + 1);
	/* nobody else is */
	assert_true(run(-1));
	for (int i = 0; i < NR - 1; i++)
		assert_int_equal(write(p[1], "a", 1), 1);
	await(&dropped, begun + NR);
	for (int i = 0; i < NR; i++) {
		kill(list[i], SIGKILL);
		waitpid(list[i], NULL, 0);
	}
	close(p[0]);
	close(p[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(left_behind),
		cmocka_unit_test(subordinate_users),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
