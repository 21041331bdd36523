// SPDX-License-Identifier: GPL-2.0
#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/err.h"
#include "base/privilege.h"
#include "base/system.h"

/* Above what containers are given and below what is negative for some: nobody's. */
#define OWN_FIRST	1879048192U
/* systemd's for services, where a user namespace has no more than 65536 */
#define OWN_SMALL	61184U
#define OWN_SMALL_NR	4336U

int privilege_no_new(void)
{
	if (!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return 0;
	return err_set(errno, "cannot give up new privileges: %s", strerror(errno));
}

static void close_from(unsigned int first, unsigned int last)
{
	if (first > last || !syscall(__NR_close_range, first, last, 0))
		return;
	/* before 5.9 */
	for (long fd = first; fd <= last && fd < sysconf(_SC_OPEN_MAX); fd++)
		close(fd);
}

void privilege_keep_open(int a, int b)
{
	int low = a < b ? a : b, high = a < b ? b : a;

	if (low <= STDERR_FILENO)
		low = STDERR_FILENO;
	if (high < low)
		high = low;
	close_from(STDERR_FILENO + 1, low - 1);
	close_from(low + 1, high - 1);
	close_from(high + 1, ~0U);
}

/* None of the same user may trace this process or take its descriptors. */
static void be_closed(void)
{
#ifndef __SANITIZE_ADDRESS__
	/* which looks for leaks by tracing it */
	prctl(PR_SET_DUMPABLE, 0);
#endif
}

/* Who started us as an ordinary user may still end us; root's number stays nowhere. */
static int become(uid_t uid)
{
	return setresgid(uid, uid, uid) || setresuid(uid, uid, geteuid() ? (uid_t)-1 : uid);
}

/* Of a set only what we have. */
static size_t choose(const struct privileges *p)
{
	size_t nr = 0;

	capng_clear(CAPNG_SELECT_ALL);
	for (size_t i = 0; i < p->nr; i++)
		if (system_capable(p->caps[i])) {
			capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, p->caps[i]);
			nr++;
		}
	return nr;
}

int privilege_keep(const struct privileges *p)
{
	/* the bounding set takes CAP_SETPCAP, which an ordinary user with a few capabilities lacks */
	bool bounds = system_capable(CAP_SETPCAP);

	choose(p);
	if ((bounds && capng_apply(CAPNG_SELECT_BOUNDS)) || capng_apply(CAPNG_SELECT_CAPS))
		return err_set(EPERM, "cannot drop capabilities: %s", strerror(errno));
	be_closed();
	return 0;
}

int privilege_only(const struct privileges *p)
{
	bool bounds = system_capable(CAP_SETPCAP);

	choose(p);
	for (size_t i = 0; i < p->nr; i++)
		capng_update(CAPNG_ADD, CAPNG_BOUNDING_SET, p->caps[i]);
	if (capng_apply(bounds ? CAPNG_SELECT_BOTH : CAPNG_SELECT_CAPS))
		return err_set(EPERM, "cannot drop capabilities");
	be_closed();
	return privilege_no_new();
}

int privilege_become_own(const struct privileges *keep)
{
	bool bounds = system_capable(CAP_SETPCAP);
	size_t nr = choose(keep);

	/* what gives up CAP_SETPCAP and CAP_SETUID comes last */
	if (bounds && capng_apply(CAPNG_SELECT_BOUNDS))
		return err_set(EPERM, "cannot drop capabilities");
	if (system_capable(CAP_SETUID) && system_capable(CAP_SETGID)) {
		prctl(PR_SET_KEEPCAPS, nr != 0);
		if (setgroups(0, NULL) || (become(OWN_FIRST + getpid()) &&
					   become(OWN_SMALL + getpid() % OWN_SMALL_NR)))
			return err_set(errno, "cannot become another user: %s", strerror(errno));
	}
	if (capng_apply(CAPNG_SELECT_CAPS))
		return err_set(EPERM, "cannot drop capabilities");
	/* a change of user takes it back, so it comes after */
	be_closed();
	return privilege_no_new();
}

int privilege_end_with(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	return getppid() == parent ? 0 : err_set(ESRCH, "who started this process has ended");
}

static bool works_with(const struct privileges *p, bool (*works)(void *arg), void *arg)
{
	pid_t child = fork();
	int status;

	if (!child)
		_exit(privilege_keep(p) || !works(arg));
	return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
	       !WEXITSTATUS(status);
}

const struct privileges *privilege_least(const struct privileges *sets, size_t nr,
					 bool (*works)(void *arg), void *arg)
{
	for (size_t i = 0; i + 1 < nr; i++)
		if (works_with(&sets[i], works, arg))
			return &sets[i];
	return &sets[nr - 1];
}

const char *privilege_text(char buf[PRIVILEGE_TEXT], const struct privileges *p)
{
	size_t used = 0;

	buf[0] = 0;
	for (size_t i = 0; i < p->nr && used < PRIVILEGE_TEXT; i++) {
		const char *name = capng_capability_to_name(p->caps[i]);

		if (system_capable(p->caps[i]) && name)
			used += snprintf(buf + used, PRIVILEGE_TEXT - used, "%sCAP_%s",
					 used ? ", " : "", name);
	}
	for (char *s = buf; *s; s++)
		if (*s >= 'a' && *s <= 'z')
			*s -= 'a' - 'A';
	return used ? buf : strcpy(buf, "none");
}
