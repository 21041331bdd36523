// SPDX-License-Identifier: GPL-2.0
/*
 * export by root beside users who want to harm it: what each of its processes may do, and what
 * happens when one is taken over, killed or stopped, or when everybody connects at once.
 * Independent of the kernel: not run in guests.
 * Not under ASan: system calls are not filtered there, and export.c tests what it says.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "http.h"
#include "memory.h"
#include "metrics.h"
#include "silent.h"
#include "witness.h"

#define BIT(cap)	(1ULL << (cap))
#define BPF		(BIT(39) | BIT(38))
#define PAGES		(BIT(21) | BIT(19) | BIT(2))	/* SYS_ADMIN, SYS_PTRACE, DAC_READ_SEARCH */
/* and to become another user, end it, and load on old kernels */
#define START		(PAGES | BPF | BIT(24) | BIT(14) | BIT(8) | BIT(7) | BIT(6) | BIT(5))
#define FILTERED	2
#define IDLE		240
#define LAST_PAUSE_S	4
#define NOISE_S		2	/* as a pause is told from twice as much beside others */

static struct exporter x;
static pid_t collector, server, keeper, verifier;

/* ---- what each may ------------------------------------------------------------------ */

static bool find_processes(void)
{
	pid_t list[4];
	size_t nr = witness_children(collector, list, 4);

	server = keeper = verifier = 0;
	for (size_t i = 0; i < nr; i++)
		*(witness_status(list[i], "CapPrm", 16) ? &keeper : &server) = list[i];
	if (keeper)
		witness_children(keeper, &verifier, 1);
	return nr == 2 && server && keeper && verifier;
}

static void row(const char *who, pid_t pid, unsigned long long most)
{
	unsigned long long caps = witness_status(pid, "CapPrm", 16);

	note("%-9s uid %llu, CapPrm %llx, CapEff %llx, CapBnd %llx, NoNewPrivs %llu, Seccomp %llu, %d files",
	     who, witness_status(pid, "Uid", 10), caps, witness_status(pid, "CapEff", 16),
	     witness_status(pid, "CapBnd", 16), witness_status(pid, "NoNewPrivs", 10),
	     witness_status(pid, "Seccomp", 10), witness_nr_fds(pid));
	ok(!(caps & ~most), "%s: has no capability that it does not need", who);
	is(witness_status(pid, "CapInh", 16) | witness_status(pid, "CapAmb", 16), 0,
	   "%s: none to hand on", who);
	is(witness_status(pid, "CapBnd", 16) & ~(pid == keeper ? most : 0), 0,
	   "%s: and none to be had", who);
	is(witness_status(pid, "NoNewPrivs", 10), 1, "%s: can gain none", who);
	is(witness_status(pid, "Seccomp", 10), FILTERED, "%s: its system calls are filtered", who);
	if (pid != keeper)
		ok(witness_status(pid, "Uid", 10) > 65534, "%s: is a user that nobody else is", who);
}

static void privileges(void)
{
	unsigned long long uids[3] = {
		witness_status(collector, "Uid", 10), witness_status(server, "Uid", 10),
		witness_status(verifier, "Uid", 10),
	};

	row("collector", collector, BPF | BIT(21));
	row("server", server, 0);
	row("verifier", verifier, PAGES | BPF);
	row("keeper", keeper, START);
	ok(uids[0] != uids[1] && uids[0] != uids[2] && uids[1] != uids[2],
	   "those who read what others write are three users");
	/* sockets, the epoll descriptor and standard error; "." and ".." */
	ok(witness_nr_fds(server) <= 8, "the server has hardly a file open");
	ok(witness_nr_fds(keeper) <= 8, "nor has the keeper");
}

/* As the user that a process is, another one can be neither traced nor robbed. */
static void is_closed(const char *who, pid_t pid)
{
	unsigned long long uid = witness_status(pid, "Uid", 10);
	pid_t thief = fork();
	int status;

	if (!thief) {
		int fd;

		if (setresgid(uid, uid, uid) || setresuid(uid, uid, uid))
			_exit(9);
		if (!ptrace(PTRACE_SEIZE, pid, NULL, NULL))
			_exit(1);
		fd = syscall(SYS_pidfd_open, pid, 0);
		if (fd >= 0 && syscall(SYS_pidfd_getfd, fd, 2, 0) >= 0)
			_exit(2);
		_exit(errno == EPERM || errno == ENOSYS ? 0 : 3);
	}
	waitpid(thief, &status, 0);
	is(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 0,
	   "%s: one of the same user may not trace it or take its descriptors", who);
}

/* ---- who asks ----------------------------------------------------------------------- */

static void hosts(void)
{
	static const struct {
		const char *host;
		int status;
	} all[] = {
		{ "127.0.0.1", 200 }, { "[::1]:9836", 200 }, { "localhost:80", 200 },
		{ "good.example", 200 }, { "evil.example", 421 }, { "evil.example:9836", 421 },
		{ "localhost.evil.example", 421 },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		char request[256], *a;
		int len = snprintf(request, sizeof(request), "GET /metrics HTTP/1.1\r\nHost: %s\r\n\r\n",
				   all[i].host);

		a = http_talk(x.port, request, len);
		is(http_status(a), all[i].status, "asked as %s", all[i].host);
		free(a);
	}
}

/* The oldest that said nothing has to go, so that who says something is heard. */
static void idle_clients(void)
{
	struct rlimit files = { 1024, 1024 };
	int fds[IDLE], answered = 0;
	double start;

	setrlimit(RLIMIT_NOFILE, &files);
	for (int i = 0; i < IDLE; i++)
		fds[i] = http_connect(x.port);
	start = now_s();
	for (int i = 0; i < 4; i++) {
		char *a = http_get(x.port, "/metrics", "");

		answered += http_status(a) == 200;
		free(a);
	}
	is(answered, 4, "behind %d clients that say nothing each scrape is answered", IDLE);
	ok(now_s() - start < 4, "at once (%.2f s)", now_s() - start);
	for (int i = 0; i < IDLE; i++)
		close(fds[i]);
}

/* ---- who is silent -------------------------------------------------------------------- */

/* What looks at pages has threads that wait for them, and goes on. */
static void beside_silence(void)
{
	struct load silent, other;
	char label[32];
	char *text;

	if (!silent_start(&silent)) {
		skip("who is silent", "%s", silent.skip);
		silent_end(&silent);
		return;
	}
	snprintf(label, sizeof(label), "uid=\"%llu\"", load_number(&silent, "uid"));
	is_metric(&x, load_number(&silent, "pages"),
		  "what a process does not let be read is told of its user", "fixbuf_unsettled", label);
	if (!load_start(&other, "fault_munmap", NULL))
		bail("fault_munmap: %s", other.skip);
	snprintf(label, sizeof(label), "pid=\"%d\"", other.pid);
	is_metric(&x, load_number(&other, "expect.unmapped-page") * PAGE,
		  "the findings of others are told beside it", "fixbuf_finding_bytes", label);
	text = exporter_scrape(&x);
	is(metric(text, "fixbuf_verify_up", NULL), 1, "who verifies goes on");
	free(text);
	load_end(&other);
	is(silent_end(&silent), 0, "it is let go");
}

/* ---- who is gone --------------------------------------------------------------------- */

/* Waits until the keeper has another child than that one; returns when, 0 when it has none in time. */
static double comes_back(pid_t before, int seconds)
{
	pid_t pid;

	for (int i = 0; i < seconds * 100; i++) {
		if (witness_children(keeper, &pid, 1) == 1 && pid != before) {
			verifier = pid;
			return now_s();
		}
		usleep(10000);
	}
	return 0;
}

/* The keeper waits twice as long each time, or who dies at each start would take a processor. */
static void verifier_killed(void)
{
	char *text;

	for (int pause = 1; pause <= LAST_PAUSE_S; pause *= 2) {
		pid_t before = verifier;
		double killed, back;

		text = exporter_await(&x, 1, "fixbuf_verify_up", NULL);
		is(metric(text, "fixbuf_verify_up", NULL), 1, "pages are verified");
		free(text);
		killed = now_s();
		kill(verifier, SIGKILL);
		if (pause == LAST_PAUSE_S) {
			text = exporter_await(&x, 0, "fixbuf_verify_up", NULL);
			is(metric(text, "fixbuf_verify_up", NULL), 0, "who verifies was killed: it is told");
			free(text);
		}
		back = comes_back(before, 30) - killed;
		ok(back >= pause && back < pause + NOISE_S, "another one is started after %d s (%.2f)", pause, back);
	}
	text = exporter_await(&x, 1, "fixbuf_verify_up", NULL);
	is(metric(text, "fixbuf_verify_up", NULL), 1, "and verifies");
	free(text);
	ok(find_processes(), "it has four processes again");
	row("verifier", verifier, PAGES | BPF);
}

static void collector_stopped(void)
{
	int status = 200;
	char *a;

	kill(collector, SIGSTOP);
	/* data is told for three intervals */
	a = http_get(x.port, "/metrics", "");
	is(http_status(a), 200, "who collects is stopped: what was collected is told");
	free(a);
	for (int i = 0; i < 40 && status == 200; i++) {
		usleep(500000);
		a = http_get(x.port, "/metrics", "");
		status = http_status(a);
		free(a);
	}
	is(status, 503, "but not for ever");
	kill(collector, SIGCONT);
	for (int i = 0; i < 40 && status != 200; i++) {
		usleep(250000);
		a = http_get(x.port, "/metrics", "");
		status = http_status(a);
		free(a);
	}
	is(status, 200, "until it goes on");
}

static void all_end_with_it(void)
{
	pid_t list[] = { server, keeper, verifier };
	int left = 0;

	kill(collector, SIGKILL);
	tool_wait(&x.a, &(struct tool_how){ 0 });
	for (int i = 0; i < 100; i++) {
		left = 0;
		for (size_t k = 0; k < 3; k++)
			left += !kill(list[k], 0);
		if (!left)
			break;
		usleep(50000);
	}
	is(left, 0, "who collects was killed: no process is left");
	tool_free(&x.a);
}

/* Who was asked for by number has ended: the page checker is started again all the same. */
static void checked_one_ended(void)
{
	pid_t his = fork();
	char id[16], *text;

	if (!his) {
		pause();
		_exit(0);
	}
	snprintf(id, sizeof(id), "%d", his);
	exporter_start(&x, "--verify-interval", "1s", "-p", id, NULL);
	collector = x.a.pid;
	ok(find_processes(), "-p: it has four processes");
	kill(his, SIGKILL);
	waitpid(his, NULL, 0);
	kill(verifier, SIGKILL);
	free(exporter_await(&x, 0, "fixbuf_verify_up", NULL));
	text = exporter_await(&x, 1, "fixbuf_verify_up", NULL);
	is(metric(text, "fixbuf_verify_up", NULL), 1, "-p of one that has ended: pages are verified again");
	free(text);
	all_end_with_it();
}

int main(void)
{
	exporter_needed();
	exporter_start(&x, "--verify-interval", "1s", "-i2s", "--by", "pid", "--allow-host", "good.example", NULL);
	collector = x.a.pid;
	if (!ok(find_processes(), "it has four processes"))
		bail("server %d, keeper %d, verifier %d", server, keeper, verifier);
	privileges();
	is_closed("collector", collector);
	is_closed("server", server);
	hosts();
	idle_clients();
	beside_silence();
	verifier_killed();
	collector_stopped();
	all_end_with_it();
	checked_one_ended();
	return tap_end();
}
