// SPDX-License-Identifier: GPL-2.0
/*
 * Calls that fail of what is known, while others make it hard to see.
 *
 *   failing NR beside	another user's process lets calls fail of something else, on another CPU
 *   failing NR changing	two threads change mappings all the time
 *
 * Its own calls fail of a mapping that is read-only.
 */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>
#include "load_report.h"
#include "memory.h"

#define OTHER_UID	54389
#define MANY		(4UL << 20)

static struct io_uring r;

static void fail(struct iovec iov)
{
	int ret = uring_register(r.ring_fd, &iov, 1);

	if (ret != -EFAULT)
		must(ret < 0 ? ret : -EEXIST, "a call that is to fail");
}

static void on_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static pid_t start_other(void)
{
	struct iovec nowhere = { (void *)PAGE, PAGE };
	pid_t pid = fork();

	if (pid)
		return must(pid, "fork");
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	on_cpu(1);
	must(setgid(OTHER_UID) || setuid(OTHER_UID) ? -EPERM : 0, "another user");
	must(uring_open(&r, 4), "io_uring_setup");
	for (;;)
		fail(nowhere);
}

static void *change(void *arg)
{
	for (;;) {
		void *p = mmap(NULL, MANY, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

		munmap(p, MANY);
	}
	return arg;
}

int main(int argc, char **argv)
{
	struct iovec iov = { NULL, PAGE };
	pid_t other = 0;
	pthread_t t;
	int nr;

	report_init(&argc, argv);
	nr = argc == 3 ? atoi(argv[1]) : 0;
	must(nr, "how many");
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		report_skip("one CPU: nothing happens at the same time");
	if (!strcmp(argv[2], "beside")) {
		if (geteuid())
			report_skip("another user takes root");
		other = start_other();
		on_cpu(0);
	}
	for (int i = 0; !other && i < 2; i++)
		must(-pthread_create(&t, NULL, change, NULL), "pthread_create");
	iov.iov_base = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	must(uring_open(&r, 4), "io_uring_setup");
	report_ready();
	for (int i = 0; i < nr; i++)
		fail(iov);
	if (other)
		kill(other, SIGKILL);
	/* what is looked up in /proc must be there when its call is heard of */
	sleep(1);
	return 0;
}
