// SPDX-License-Identifier: GPL-2.0
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/signals.h"

volatile sig_atomic_t interrupted, interrupted_again, hung_up, asked;

static int outputs[] = { STDOUT_FILENO, STDERR_FILENO, -1 };

#define TOGETHER_NS	(100 * NS_PER_MS) /* timeout(1) signals a process and its group: those are one */
#define PATIENCE_S	3	/* after a signal, or our time, with a reader that takes nothing */
#define AGAIN_S		1	/* it may stop later */

static void on_signal(int sig)
{
	static __u64 first_ns;
	__u64 now = clock_now_ns();

	if (!interrupted) {
		first_ns = now;
		/* who presses Ctrl-C again and again does not wait the longer */
		alarm(PATIENCE_S);
	} else if (now - first_ns > TOGETHER_NS) {
		interrupted_again = 1;
	}
	interrupted = sig;
}

/*
 * Whether there is no room although nothing is written meanwhile. After our time a reader that is slow is
 * waited for, as long as it takes something.
 */
static bool is_stuck(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	return !poll(&p, 1, interrupted ? 0 : PATIENCE_S * 1000);
}

/* A reader that takes nothing counts as gone: the write that waits begins anew, and fails. */
static void on_alarm(int sig)
{
	int ends[2];

	(void)sig;
	for (size_t i = 0; i < sizeof(outputs) / sizeof(outputs[0]); i++) {
		if (outputs[i] < 0 || !is_stuck(outputs[i]) || pipe(ends))
			continue;
		close(ends[0]);
		dup2(ends[1], outputs[i]);
		close(ends[1]);
	}
	alarm(AGAIN_S);
}

void signals_output(int fd)
{
	outputs[2] = fd;
}

void signals_end_after(__u64 ns)
{
	alarm(ns / NS_PER_S + AGAIN_S);
}

void signals_begin(void)
{
	signal(SIGXFSZ, SIG_IGN);
}

void signals_catch(void)
{
	/* a write that a signal cuts short must not look like one that failed; poll() ends all the same */
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	struct sigaction late = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGALRM, &late, NULL);
	signal(SIGPIPE, SIG_IGN);
}

void signals_leave(void)
{
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	/* one that came meanwhile */
	if (interrupted)
		raise(interrupted);
}

static void on_hangup(int sig)
{
	(void)sig;
	hung_up = 1;
}

void signals_catch_hangup(void)
{
	struct sigaction sa = { .sa_handler = on_hangup, .sa_flags = SA_RESTART }, before;

	if (!sigaction(SIGHUP, NULL, &before) && before.sa_handler != SIG_IGN)
		sigaction(SIGHUP, &sa, NULL);
}

static void on_user(int sig)
{
	(void)sig;
	asked = 1;
}

void signals_catch_user(void)
{
	struct sigaction sa = { .sa_handler = on_user, .sa_flags = SA_RESTART };

	sigaction(SIGUSR1, &sa, NULL);
}
