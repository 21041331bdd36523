// SPDX-License-Identifier: GPL-2.0
/*
 * stress SECONDS [SEED]: registers, replaces, clones and drops buffers at random from
 * many threads of unprivileged processes under a small RLIMIT_MEMLOCK, does I/O on them,
 * forks, unmaps, interrupts, kills, lets allocations fail; then demands that everything
 * was given back. Root, for the guest of tests/kernel only.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "ring_raw.h"

#define USERS		2
#define PROCESSES	4
#define THREADS		3
#define RINGS		3
#define SLOTS		7
#define HUGE_BYTES	(2UL << 20)
#define ARENA		(3 * HUGE_BYTES)
#define LIMIT_PAGES	(512 + 256)
#define FIRST_UID	70000

enum op {
	REGISTER, REGISTER_TAGS, UNREGISTER, UPDATE, CLONE, IO, IN_FLIGHT, UNMAP, DISCARD, FORK,
	REOPEN, NR_OPS,
};

static const char *const op_names[NR_OPS] = {
	"register", "register-tags", "unregister", "update", "clone", "io", "in-flight", "unmap",
	"discard", "fork", "reopen",
};

/* Shared by all processes: how often each went well, and how often not */
static struct counts {
	unsigned long done[NR_OPS], refused[NR_OPS], started, killed;
} *counts;

static struct ring_raw rings[RINGS];
static pthread_mutex_t queue_lock[RINGS];	/* the kernel locks the rest */
static char *arena;
static int file_fd, pipe_fd[2];

static unsigned int draw(unsigned int *seed, unsigned int n)
{
	return rand_r(seed) % n;
}

static void nap_ms(unsigned int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&t, NULL);
}

static struct iovec random_iov(unsigned int *seed)
{
	size_t at = draw(seed, ARENA), len = 1 + draw(seed, draw(seed, 3) ? 20000 : HUGE_BYTES);

	if (!draw(seed, 9))
		return (struct iovec){ 0 };
	if (!draw(seed, 29))
		return (struct iovec){ arena + ARENA, len };	/* not mapped */
	if (at + len > ARENA)
		len = ARENA - at;
	return (struct iovec){ arena + at, len };
}

static int register_many(struct ring_raw *r, bool tagged, unsigned int *seed)
{
	struct ring_rsrc_register rr = { .nr = SLOTS };
	struct iovec v[SLOTS];
	__u64 tags[SLOTS];

	for (int i = 0; i < SLOTS; i++) {
		v[i] = random_iov(seed);
		tags[i] = v[i].iov_base ? 1000 + i : 0;
	}
	if (!tagged)
		return ring_raw_register_buffers(r, v, SLOTS);
	rr.data = (uintptr_t)v;
	rr.tags = (uintptr_t)tags;
	return ring_raw_register(r, IORING_REGISTER_BUFFERS2, &rr, sizeof(rr));
}

/* One fixed request, or one of each kind linked; whatever completed before is taken */
static int fixed_io(int ring, bool in_flight, unsigned int *seed)
{
	struct ring_raw *r = &rings[ring];
	struct iovec v = random_iov(seed);
	struct io_uring_sqe sqe;
	struct io_uring_cqe cqe;
	int ret;

	if (v.iov_len > 100000)
		v.iov_len = 100000;
	sqe = ring_raw_sqe(draw(seed, 2) ? IORING_OP_READ_FIXED : IORING_OP_WRITE_FIXED, file_fd,
			   v.iov_base, v.iov_len, draw(seed, 1000), draw(seed, SLOTS + 1));
	if (in_flight) {
		sqe.opcode = IORING_OP_READ_FIXED;
		sqe.fd = pipe_fd[0];
		sqe.off = 0;
		sqe.len = 1;
	}
	sqe.flags = draw(seed, 4) ? 0 : IOSQE_ASYNC;
	pthread_mutex_lock(&queue_lock[ring]);
	ret = ring_raw_submit(r, &sqe);
	while (ring_raw_take(r, &cqe))
		;
	pthread_mutex_unlock(&queue_lock[ring]);
	/* more bytes than readers, at times: a request must not wait for ever */
	if (in_flight && draw(seed, 3) && write(pipe_fd[1], "xx", 2) < 0 && errno != EAGAIN)
		return -errno;
	return ret;
}

static int unmap_some(unsigned int *seed)
{
	char *at = arena + draw(seed, ARENA / 4096) * 4096UL;
	size_t len = 4096UL * (1 + draw(seed, 64));

	if (at + len > arena + ARENA)
		len = arena + ARENA - at;
	return mmap(at, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		    0) == MAP_FAILED ? -errno : 0;
}

static int fork_some(unsigned int *seed)
{
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (!pid) {
		/* the rings are ours, too; so is the copy of the arena */
		arena[draw(seed, ARENA)] = 1;
		if (draw(seed, 2))
			register_many(&rings[0], false, seed);
		munmap(arena, ARENA / 2);
		_exit(0);
	}
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return 0;
}

static int reopen(int ring)
{
	int ret;

	pthread_mutex_lock(&queue_lock[ring]);
	ring_raw_close(&rings[ring]);
	ret = ring_raw_open(&rings[ring], 64, 0);
	pthread_mutex_unlock(&queue_lock[ring]);
	return ret;
}

static int step(enum op op, int ring, unsigned int *seed)
{
	struct ring_raw *r = &rings[ring];
	struct iovec v[2];
	__u64 tags[2] = { 0 };

	switch (op) {
	case REGISTER:
	case REGISTER_TAGS:
		return register_many(r, op == REGISTER_TAGS, seed);
	case UNREGISTER:
		return ring_raw_unregister_buffers(r);
	case UPDATE:
		v[0] = random_iov(seed);
		v[1] = random_iov(seed);
		return ring_raw_update_buffers(r, draw(seed, SLOTS), v, draw(seed, 2) ? tags : NULL,
					       1 + draw(seed, 2));
	case CLONE:
		return ring_raw_clone_buffers(r, &rings[draw(seed, RINGS)], 0, 0);
	case IO:
	case IN_FLIGHT:
		return fixed_io(ring, op == IN_FLIGHT, seed);
	case UNMAP:
		return unmap_some(seed);
	case DISCARD:
		return madvise(arena + draw(seed, ARENA / 4096) * 4096UL, 4096, MADV_DONTNEED);
	case FORK:
		return fork_some(seed);
	default:
		return reopen(ring);
	}
}

static void *thread(void *arg)
{
	static const unsigned int weight[NR_OPS] = { 9, 9, 9, 40, 9, 60, 5, 5, 9, 1, 2 };
	unsigned int seed = (uintptr_t)arg, total = 0;

	for (int i = 0; i < NR_OPS; i++)
		total += weight[i];
	for (;;) {
		unsigned int n = draw(&seed, total), op = 0;

		while (n >= weight[op])
			n -= weight[op++];
		if (step(op, draw(&seed, RINGS), &seed) < 0)
			__atomic_add_fetch(&counts->refused[op], 1, __ATOMIC_RELAXED);
		else
			__atomic_add_fetch(&counts->done[op], 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void on_alarm(int sig)
{
	(void)sig;
}

static int become(uid_t uid)
{
	struct rlimit lim = { LIMIT_PAGES * 4096UL, LIMIT_PAGES * 4096UL };

	return setrlimit(RLIMIT_MEMLOCK, &lim) || setgroups(0, NULL) || setresgid(uid, uid, uid) ||
	       setresuid(uid, uid, uid);
}

static void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, text, strlen(text)) < 0)
		perror(path);
	close(fd);
}

/* A process of threads that runs until it is killed */
static void __attribute__((noreturn)) process(uid_t uid, bool failing, unsigned int seed)
{
	struct sigaction sa = { .sa_handler = on_alarm };	/* no SA_RESTART */
	struct itimerval often = { { 0, 7000 }, { 0, 7000 } };
	pthread_t t;

	signal(SIGPIPE, SIG_IGN);
	arena = mmap(NULL, ARENA + 2 * HUGE_BYTES, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (arena == MAP_FAILED)
		_exit(1);
	arena += -(uintptr_t)arena % HUGE_BYTES;
	munmap(arena + ARENA, 4096);
	madvise(arena, 2 * HUGE_BYTES, MADV_HUGEPAGE);
	memset(arena, 1, 2 * HUGE_BYTES);
	file_fd = memfd_create("stress", 0);
	if (file_fd < 0 || ftruncate(file_fd, 1 << 20) || pipe2(pipe_fd, O_NONBLOCK))
		_exit(1);
	/* the reading end blocks, so that requests stay in flight */
	fcntl(pipe_fd[0], F_SETFL, 0);
	if (failing)
		write_text("/proc/self/make-it-fail", "1");
	if (become(uid))
		_exit(1);
	for (int i = 0; i < RINGS; i++) {
		pthread_mutex_init(&queue_lock[i], NULL);
		if (ring_raw_open(&rings[i], 64, 0) && !failing)
			_exit(1);
	}
	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	for (int i = 1; i < THREADS; i++)
		pthread_create(&t, NULL, thread, (void *)(uintptr_t)(seed + i));
	thread((void *)(uintptr_t)seed);
	_exit(0);
}

/* ---- what must hold afterwards ---- */

static int failures, tests;

static void test(bool ok, const char *what)
{
	printf("%sok %d %s\n", ok ? "" : "not ", ++tests, what);
	failures += !ok;
	fflush(stdout);
}

static long pins_held(void)
{
	long long acquired = 0, released = 0;
	char line[256];
	FILE *f;

	write_text("/proc/sys/vm/stat_refresh", "1");
	f = fopen("/proc/vmstat", "re");
	while (f && fgets(line, sizeof(line), f)) {
		sscanf(line, "nr_foll_pin_acquired %lld", &acquired);
		sscanf(line, "nr_foll_pin_released %lld", &released);
	}
	if (f)
		fclose(f);
	return acquired - released;
}

/*
 * One process of each user stays, so that the user and its charge do; at the end it
 * demands that exactly its limit can be registered.
 */
static pid_t keeper(uid_t uid, const int go[2])
{
	size_t len = (LIMIT_PAGES + 1) * 4096UL;
	struct iovec v;
	struct ring_raw r;
	pid_t pid = fork();
	char c;

	if (pid)
		return pid;
	close(go[1]);
	if (become(uid) || read(go[0], &c, 1) < 0 || ring_raw_open(&r, 8, 0))
		_exit(3);
	v.iov_base = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (v.iov_base == MAP_FAILED)
		_exit(3);
	madvise(v.iov_base, len, MADV_NOHUGEPAGE);
	v.iov_len = len;
	if (ring_raw_register_buffers(&r, &v, 1) != -ENOMEM)
		_exit(2);	/* charged less than nothing */
	v.iov_len -= 4096;
	_exit(ring_raw_register_buffers(&r, &v, 1) ? 1 : 0);
}

static bool faults_ready(const char *name)
{
	static const char *const settings[][2] = {
		{ "task-filter", "Y" }, { "probability", "3" }, { "interval", "1" },
		{ "times", "-1" }, { "verbose", "0" }, { "ignore-gfp-wait", "N" },
	};
	char path[128];

	snprintf(path, sizeof(path), "/sys/kernel/debug/%s", name);
	if (access(path, F_OK))
		return false;
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		snprintf(path, sizeof(path), "/sys/kernel/debug/%s/%s", name, settings[i][0]);
		write_text(path, settings[i][1]);
	}
	return true;
}

static void no_leak(void)
{
	char line[256];
	int leaks = 0;
	FILE *f;

	if (access("/sys/kernel/debug/kmemleak", F_OK)) {
		printf("ok %d kmemleak finds nothing # SKIP not in this kernel\n", ++tests);
		return;
	}
	/* young objects are only reported by the second scan */
	for (int i = 0; i < 2; i++) {
		nap_ms(6000);
		write_text("/sys/kernel/debug/kmemleak", "scan");
	}
	f = fopen("/sys/kernel/debug/kmemleak", "re");
	while (f && fgets(line, sizeof(line), f)) {
		leaks += !strncmp(line, "unreferenced", 12);
		if (leaks < 4)
			printf("# %s", line);
	}
	if (f)
		fclose(f);
	test(!leaks, "kmemleak finds nothing");
}

static void run(time_t seconds, unsigned int seed, bool failing)
{
	pid_t pids[PROCESSES] = { 0 };
	time_t end = time(NULL) + seconds;

	while (time(NULL) < end) {
		int i = draw(&seed, PROCESSES);

		if (!pids[i] || waitpid(pids[i], NULL, WNOHANG) == pids[i]) {
			fflush(stdout);
			pids[i] = fork();
			if (!pids[i])
				process(FIRST_UID + i % USERS, failing && i % 2, draw(&seed, 1 << 30));
			if (pids[i] < 0)
				pids[i] = 0;
			counts->started++;
		} else if (!draw(&seed, 5)) {
			kill(pids[i], SIGKILL);
			counts->killed++;
		}
		nap_ms(50 + draw(&seed, 250));
	}
	for (int i = 0; i < PROCESSES; i++)
		if (pids[i]) {
			kill(pids[i], SIGKILL);
			waitpid(pids[i], NULL, 0);
		}
}

int main(int argc, char **argv)
{
	time_t seconds = argc > 1 ? atoi(argv[1]) : 60;
	unsigned int seed = argc > 2 ? (unsigned int)atoi(argv[2]) : 6121;
	bool slab = faults_ready("failslab"), pages = faults_ready("fail_page_alloc"), all = true;
	pid_t keepers[USERS];
	long before, after;
	int go[2], status;

	counts = mmap(NULL, sizeof(*counts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (counts == MAP_FAILED || pipe(go))
		return 3;
	write_text("/sys/kernel/debug/kmemleak", "clear");
	before = pins_held();
	for (int i = 0; i < USERS; i++)
		keepers[i] = keeper(FIRST_UID + i, go);
	printf("1..5\n# seed %u, %s\n", seed,
	       slab || pages ? "allocations fail" : "no fault injection in this kernel");
	run(seconds, seed, slab || pages);

	printf("# %lu processes, %lu killed\n", counts->started, counts->killed);
	for (int i = 0; i < NR_OPS; i++) {
		printf("# %-14s %8lu done %8lu refused\n", op_names[i], counts->done[i],
		       counts->refused[i]);
		all = all && counts->done[i];
	}
	test(all, "every operation was done");
	/* a ring that a process left gives back a little later */
	after = pins_held();
	for (int i = 0; i < 200 && after != before; i++) {
		nap_ms(100);
		after = pins_held();
	}
	printf("# pins held before %ld, after %ld\n", before, after);
	test(after == before, "every pin was given back");
	close(go[1]);
	for (int i = 0; i < USERS; i++) {
		waitpid(keepers[i], &status, 0);
		test(WIFEXITED(status) && !WEXITSTATUS(status), "nothing is charged to the user");
		if (status)
			printf("# keeper ended with %#x\n", status);
	}
	no_leak();
	return failures ? 1 : 0;
}
