// SPDX-License-Identifier: GPL-2.0
#include <stddef.h>
#include <unistd.h>
#include "base/signals.h"

volatile sig_atomic_t interrupted, hung_up, asked;

#define PATIENCE_S	3	/* a reader that takes nothing ends a write after a signal, and us with it */

static void on_signal(int sig)
{
	interrupted = sig;
	alarm(PATIENCE_S);
}

static void on_alarm(int sig)
{
	(void)sig;
}

void signals_begin(void)
{
	signal(SIGXFSZ, SIG_IGN);
}

void signals_catch(void)
{
	/* a write that a signal cuts short must not look like one that failed; poll() ends all the same */
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	struct sigaction late = { .sa_handler = on_alarm };

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
