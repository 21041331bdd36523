// SPDX-License-Identifier: GPL-2.0
/*
 * stress SECONDS [SEED]: registers, replaces, clones and drops buffers at random from
 * many threads of unprivileged processes under a small RLIMIT_MEMLOCK, does I/O on them,
 * forks, unmaps, interrupts, kills, lets allocations fail; then demands that all of that
 * happened and that everything was given back. Root, for the guest of tests/kernel only.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "lib/charge.h"
#include "lib/inject.h"
#include "lib/leaks.h"
#include "lib/work.h"
#include "tap.h"
#include "witness.h"

#define USERS		2
#define PROCESSES	4
#define THREADS		3
#define LIMIT_PAGES	(512 + 256)
#define FIRST_UID	70000
#define FAIL_PERCENT	3
/* a ring that was closed gives back a little later; a look takes as long as a wait */
#define PATIENCE_MS	10000

static const struct {
	const char *name;
	unsigned int weight;
} ops[NR_OPS] = {
	{ "register", 9 }, { "register-tags", 9 }, { "unregister", 9 }, { "update", 40 },
	{ "clone", 9 }, { "io", 40 }, { "io-direct", 20 }, { "send", 20 }, { "in-flight", 9 },
	{ "unmap", 5 }, { "discard", 9 }, { "collapse", 2 }, { "fork", 1 }, { "fdinfo", 5 },
	{ "signal", 30 }, { "reopen", 2 },
};

/* Shared by all processes: how often each went well, and how often not, and what else was */
static struct counts {
	unsigned long done[NR_OPS], refused[NR_OPS], moved[NR_OPS];
	unsigned long started, killed, ended, still_pinned, over_limit, interrupted;
} *counts;

static pthread_t threads[THREADS];
static pid_t tids[THREADS];
static unsigned int nr_threads, nr_tids;
static volatile sig_atomic_t stop;
static bool failing;

static void *thread(void *arg)
{
	unsigned int seed = (uintptr_t)arg, total = 0;

	tids[__atomic_fetch_add(&nr_tids, 1, __ATOMIC_RELAXED)] = gettid();
	for (int i = 0; i < NR_OPS; i++)
		total += ops[i].weight;
	while (!stop) {
		unsigned int n = work_draw(&seed, total), op = 0;
		int ret;

		while (n >= ops[op].weight)
			n -= ops[op++].weight;
		/* by number: a thread may have ended */
		if (op == SIGNAL)
			ret = tgkill(getpid(), tids[work_draw(&seed, THREADS)], SIGALRM);
		else
			ret = work_do(op, &seed);
		work_count(ret < 0 ? &counts->refused[op] : &counts->done[op]);
		if (ret == -EINTR)
			work_count(&counts->interrupted);
		/* no allocation fails by itself */
		if (ret == -ENOMEM && !failing && (op == REGISTER || op == UPDATE))
			work_count(&counts->over_limit);
	}
	return NULL;
}

static void on_signal(int sig)
{
	if (sig == SIGTERM)
		stop = 1;
}

/* Takes all back in order: nothing may be pinned for this mm then. */
static void __attribute__((noreturn)) end(void)
{
	for (unsigned int i = 1; i < nr_threads; i++)
		/* it may wait in the kernel */
		while (pthread_tryjoin_np(threads[i], NULL)) {
			pthread_kill(threads[i], SIGALRM);
			usleep(1000);
		}
	work_close_rings();
	if (witness_await_kb(getpid(), "VmPin", 0, PATIENCE_MS))
		work_count(&counts->still_pinned);
	else
		work_count(&counts->ended);
	_exit(0);
}

/* A process of threads that runs until it is told to end, or killed */
static void __attribute__((noreturn)) process(uid_t uid, unsigned int seed)
{
	struct sigaction sa = { .sa_handler = on_signal };	/* no SA_RESTART */

	sigaction(SIGALRM, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	if (!work_open())
		_exit(1);
	if (failing && !inject_here())
		_exit(1);
	if (!charge_user(uid, LIMIT_PAGES, false) && !failing)
		_exit(1);
	/* or /proc/self is root's, and shut */
	prctl(PR_SET_DUMPABLE, 1);
	if (!work_open_rings() && !failing)
		_exit(1);
	threads[nr_threads++] = pthread_self();
	while (nr_threads < THREADS && !pthread_create(&threads[nr_threads], NULL, thread,
						       (void *)(uintptr_t)(seed + nr_threads)))
		nr_threads++;
	thread((void *)(uintptr_t)seed);
	end();
}

/* ---- what must hold afterwards ---- */

/*
 * One process of each user stays, so that the user and its charge do; at the end it
 * demands that exactly its limit can be registered.
 */
static pid_t keeper(uid_t uid, const int go[2])
{
	pid_t pid = fork();
	char c;

	if (pid)
		return pid;
	close(go[1]);
	if (!charge_user(uid, LIMIT_PAGES, false) || read(go[0], &c, 1) < 0)
		_exit(3);
	_exit(charge_left(LIMIT_PAGES, PATIENCE_MS) & 3);
}

static pid_t start(unsigned int i, bool injected, unsigned int seed)
{
	pid_t pid = fork();

	if (!pid) {
		/* of each user one whose allocations fail, one whose do not */
		failing = injected && i / USERS % 2;
		process(FIRST_UID + i % USERS, seed);
	}
	if (pid > 0)
		counts->started++;
	return pid > 0 ? pid : 0;
}

static void run(time_t seconds, unsigned int seed, bool injected)
{
	pid_t pids[PROCESSES] = { 0 };
	bool told[PROCESSES] = { 0 };
	time_t last = time(NULL) + seconds;

	while (time(NULL) < last) {
		int i = work_draw(&seed, PROCESSES);

		if (!pids[i] || waitpid(pids[i], NULL, WNOHANG) == pids[i]) {
			pids[i] = start(i, injected, work_draw(&seed, 1 << 30));
			told[i] = false;
		} else if (!told[i] && !work_draw(&seed, 5)) {
			kill(pids[i], SIGKILL);
			counts->killed++;
		} else if (!told[i] && !work_draw(&seed, 9)) {
			/* it has the time to see whether all was given back */
			kill(pids[i], SIGTERM);
			told[i] = true;
		}
		usleep(1000 * (50 + work_draw(&seed, 250)));
	}
	for (int i = 0; i < PROCESSES; i++)
		if (pids[i]) {
			/* in order, but for one that does not end */
			kill(pids[i], SIGTERM);
			for (int ms = 0; ms < 9 * PATIENCE_MS && !waitpid(pids[i], NULL, WNOHANG); ms += 100)
				usleep(100000);
			kill(pids[i], SIGKILL);
			waitpid(pids[i], NULL, 0);
		}
}

/* 7029acd8a950 (6.13): no call waits for requests any more, and none can be interrupted in that */
static bool calls_wait(void)
{
	unsigned int major = 0, minor = 0;
	struct utsname u;

	return uname(&u) || sscanf(u.release, "%u.%u", &major, &minor) != 2 || major < 6 || (major == 6 && minor < 13);
}

static void all_happened(bool slab, bool pages)
{
	long nr_slab = inject_count("failslab"), nr_pages = inject_count("fail_page_alloc");
	bool all = true, moved = true;

	note("%lu processes, %lu killed, %lu ended", counts->started, counts->killed, counts->ended);
	note("%lu calls over the limit, %lu interrupted, %ld and %ld allocations failed",
	     counts->over_limit, counts->interrupted, nr_slab, nr_pages);
	for (int i = 0; i < NR_OPS; i++) {
		note("%-14s %8lu done %8lu refused %8lu moved bytes", ops[i].name, counts->done[i],
		     counts->refused[i], counts->moved[i]);
		all = all && counts->done[i];
		moved = moved && (i < IO || i > IN_FLIGHT || counts->moved[i]);
	}
	ok(all, "every operation was done");
	ok(moved, "every kind of request moved bytes");
	ok(counts->killed && counts->ended, "processes were killed, and ended");
	ok(counts->over_limit, "the limit was met");
	if (calls_wait())
		ok(counts->interrupted, "calls were interrupted");
	else
		skip("calls were interrupted", "no call of this kernel waits for requests");
	if (slab && pages)
		ok(nr_slab > 0 && nr_pages > 0, "allocations failed, of slabs and of pages");
	else
		skip("allocations failed", "this kernel injects no failures");
}

int main(int argc, char **argv)
{
	time_t seconds = argc > 1 ? atoi(argv[1]) : 60;
	unsigned int seed = argc > 2 ? (unsigned int)atoi(argv[2]) : 6121;
	bool slab, pages;
	pid_t keepers[USERS];
	long long before, after;
	int go[2], status;

	slab = inject_some("failslab", FAIL_PERCENT);
	pages = inject_some("fail_page_alloc", FAIL_PERCENT);
	counts = mmap(NULL, sizeof(*counts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (counts == MAP_FAILED || pipe(go) || !work_prepare(counts->moved))
		bail("no files");
	leaks_forget();
	before = witness_pins();
	for (int i = 0; i < USERS; i++)
		keepers[i] = keeper(FIRST_UID + i, go);
	note("seed %u", seed);
	run(seconds, seed, slab && pages);
	all_happened(slab, pages);
	inject_some("failslab", 0);
	inject_some("fail_page_alloc", 0);

	is(counts->still_pinned, 0, "VmPin is 0 wherever a process ended in order");
	after = witness_pins();
	for (int ms = 0; ms < PATIENCE_MS && after != before; ms += 100) {
		usleep(100000);
		after = witness_pins();
	}
	is(after, before, "every pin was given back");
	close(go[1]);
	for (int i = 0; i < USERS; i++) {
		waitpid(keepers[i], &status, 0);
		is(status, 0, "nothing is charged to user %d", i);
	}
	leaks_none();
	return tap_end();
}
