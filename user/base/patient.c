// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/patient.h"
#include "base/signals.h"

#define MOST_MS		1000
#define PATIENCE	4	/* left behind in all, after which one may take */
#define LATE_MS		100	/* only this long: many users may be one */
#define LAST_MS		100	/* once we were told to end */
#define STEP_MS		50
#define MAX_OF_USER	3	/* then nothing of that user's is tried */
#define MAX_LEFT	256
#define MAX_LEVELS	33	/* of namespaces, as the kernel has them */

/* One piece of work, in the thread that is made for it or for the one before. */
struct turn {
	void (*work)(void *job);
	void (*drop)(void *job);
	void *job;
	bool done, left;
};

struct left {
	const struct turn *turn; /* NULL = free */
	__u32 pid, payer;
};

/* A thread that was left behind ends with its work; there is one that is not, or none. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t begin, end;
	struct turn *turn;	/* to be taken */
	pid_t self;		/* whose all this is: a fork has no thread */
	bool thread;		/* there is one that was not left behind */
	struct left left[MAX_LEFT];
	size_t nr_left;
} all;

static void come_back(struct turn *t)
{
	for (size_t i = 0; i < MAX_LEFT; i++)
		if (all.left[i].turn == t) {
			all.left[i].turn = NULL;
			all.nr_left--;
		}
	t->drop(t->job);
	free(t);
}

static void *work_on(void *arg)
{
	bool left = false;

	(void)arg;
	pthread_mutex_lock(&all.lock);
	while (!left) {
		struct turn *t = all.turn;

		if (!t) {
			pthread_cond_wait(&all.begin, &all.lock);
			continue;
		}
		all.turn = NULL;
		pthread_mutex_unlock(&all.lock);
		t->work(t->job);
		pthread_mutex_lock(&all.lock);
		t->done = true;
		left = t->left;
		if (left)
			come_back(t);
		else
			pthread_cond_signal(&all.end);
	}
	pthread_mutex_unlock(&all.lock);
	return NULL;
}

static void begin(void)
{
	pthread_condattr_t monotonic;

	if (all.self == getpid())
		return;
	memset(&all, 0, sizeof(all));
	all.self = getpid();
	pthread_mutex_init(&all.lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&all.begin, NULL);
	pthread_cond_init(&all.end, &monotonic);
	pthread_condattr_destroy(&monotonic);
}

/* With the lock. False where no thread can be made: by a filter of system calls, or a limit. */
static bool have_thread(void)
{
	sigset_t every, before;
	pthread_t thread;
	int err;

	if (all.thread)
		return true;
	/* signals are for the thread that acts on them */
	sigfillset(&every);
	pthread_sigmask(SIG_SETMASK, &every, &before);
	err = pthread_create(&thread, NULL, work_on, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err)
		return false;
	pthread_detach(thread);
	all.thread = true;
	return true;
}

/* Not who owns its folder in /proc, which is root where it may not be dumped. */
static __u32 user_of(__u32 pid)
{
	char path[32], line[256];
	__u32 uid = ~0U;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%u/status", pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f) && sscanf(line, "Uid: %u", &uid) != 1)
		;
	if (f)
		fclose(f);
	return uid;
}

static bool is_same(int a, int b)
{
	struct stat one, two;

	return !fstat(a, &one) && !fstat(b, &two) && one.st_ino == two.st_ino &&
	       one.st_dev == two.st_dev;
}

/* As in bpf/kernel/payer.h: who made the outermost of its namespaces is all the users there. */
static __u32 payer_of(__u32 pid)
{
	int own = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC), ns;
	__u32 owner = 0;
	char path[32];

	snprintf(path, sizeof(path), "/proc/%u/ns/user", pid);
	ns = open(path, O_RDONLY | O_CLOEXEC);
	for (int i = 0; own >= 0 && ns >= 0 && i < MAX_LEVELS && !is_same(ns, own); i++) {
		int up = ioctl(ns, NS_GET_OWNER_UID, &owner) ? -1 : ioctl(ns, NS_GET_PARENT);

		close(ns);
		ns = up;
	}
	if (own >= 0)
		close(own);
	if (ns >= 0)
		close(ns);
	return owner ? owner : user_of(pid);
}

static bool is_given_up(__u32 pid)
{
	__u32 payer = all.nr_left ? payer_of(pid) : 0;
	size_t his = 0;

	for (size_t i = 0; i < MAX_LEFT && all.nr_left; i++) {
		if (!all.left[i].turn)
			continue;
		if (all.left[i].pid == pid)
			return true;
		his += all.left[i].payer == payer;
	}
	return his >= MAX_OF_USER || all.nr_left == MAX_LEFT;
}

static void leave(struct turn *t, __u32 pid)
{
	t->left = true;
	for (size_t i = 0; i < MAX_LEFT; i++) {
		if (all.left[i].turn)
			continue;
		all.left[i] = (struct left){ t, pid, payer_of(pid) };
		break;
	}
	all.nr_left++;
	all.thread = false;
}

/* False when it took too long. */
static bool await(const struct turn *t)
{
	long most = all.nr_left < PATIENCE ? MOST_MS : LATE_MS;

	for (long ms = 0; !t->done && ms < (interrupted ? LAST_MS : most); ms += STEP_MS) {
		struct timespec until;

		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += STEP_MS * 1000000L;
		until.tv_sec += until.tv_nsec / 1000000000L;
		until.tv_nsec %= 1000000000L;
		while (!t->done && pthread_cond_timedwait(&all.end, &all.lock, &until) != ETIMEDOUT)
			;
		/* a busy machine may not have begun */
		if (all.turn == t)
			ms = 0;
	}
	return t->done;
}

bool patient_run(__u32 pid, void (*work)(void *job), void (*drop)(void *job), void **job)
{
	struct turn *t;
	bool done = false;

	begin();
	pthread_mutex_lock(&all.lock);
	if (is_given_up(pid)) {
		drop(*job);
		goto out;
	}
	if (!have_thread()) {
		work(*job);
		done = true;
		goto out;
	}
	t = must_alloc(1, sizeof(*t));
	*t = (struct turn){ .work = work, .drop = drop, .job = *job };
	all.turn = t;
	pthread_cond_signal(&all.begin);
	done = await(t);
	if (done)
		free(t);
	else
		leave(t, pid);
out:
	pthread_mutex_unlock(&all.lock);
	if (!done) {
		*job = NULL;
		errno = EAGAIN;
	}
	return done;
}
