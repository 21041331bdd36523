// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>
#include "load_report.h"
#include "memory.h"

#define PLAIN_UID (1 << 22)

static bool no_wait, late;
static int stay_s;

void report_init(int *argc, char **argv)
{
	int kept = 1;

	for (int i = 1; i < *argc; i++) {
		if (!strcmp(argv[i], "--no-wait"))
			no_wait = true;
		else if (!strcmp(argv[i], "--late"))
			late = true;
		else if (!strcmp(argv[i], "--stay") && i + 1 < *argc)
			stay_s = atoi(argv[++i]);
		else
			argv[kept++] = argv[i];
	}
	argv[kept] = NULL;
	*argc = kept;
	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	report("pid=%d", getpid());
}

void report(const char *line, ...)
{
	va_list ap;

	va_start(ap, line);
	vprintf(line, ap);
	va_end(ap);
	putchar('\n');
}

void report_ring(const char *name, int fd, unsigned int slots)
{
	report("%s.fd=%d", name, fd);
	report("%s.slots=%u", name, slots);
}

void report_slot(const char *name, unsigned int index, const struct iovec *iov,
		 unsigned int charged, unsigned int refs)
{
	uintptr_t start = (uintptr_t)iov->iov_base, end = start + iov->iov_len;

	report("%s.%u.addr=%p", name, index, iov->iov_base);
	report("%s.%u.len=%zu", name, index, iov->iov_len);
	report("%s.%u.pages=%lu", name, index, (end + PAGE - 1) / PAGE - start / PAGE);
	report("%s.%u.charged=%u", name, index, charged);
	report("%s.%u.refs=%u", name, index, refs);
}

void report_expect(const char *tag, unsigned long long pages)
{
	report("expect.%s=%llu", tag, pages);
}

uid_t plain_uid(void)
{
	/* the kernel gives back late what one that has ended held; a pid is below 1 << 22 */
	return PLAIN_UID + getpid();
}

void become_plain(size_t memlock_bytes)
{
	struct rlimit limit = { memlock_bytes, memlock_bytes };
	uid_t uid = plain_uid();

	must(setrlimit(RLIMIT_MEMLOCK, &limit) ? -errno : 0, "setrlimit");
	must(setresgid(uid, uid, uid) ? -errno : 0, "setresgid");
	must(setresuid(uid, uid, uid) ? -errno : 0, "setresuid");
	/* setresuid() made the process undumpable, and then it cannot read its own /proc files */
	prctl(PR_SET_DUMPABLE, 1);
	report("uid=%u", uid);
}

void report_ready(void)
{
	char line[16];

	puts("READY");
	fflush(stdout);
	sleep(stay_s);
	if (!no_wait && !stay_s && !fgets(line, sizeof(line), stdin))
		return;
}

void report_before_fault(void)
{
	if (late)
		report_ready();
}

void report_skip(const char *reason, ...)
{
	va_list ap;

	printf("SKIP ");
	va_start(ap, reason);
	vprintf(reason, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
	_exit(EXIT_SKIPPED);
}

int must(int ret, const char *what)
{
	if (ret < 0) {
		fflush(stdout);
		fprintf(stderr, "%s: %s\n", what, strerror(-ret));
		_exit(1);
	}
	return ret;
}

void expect(const char *tag, unsigned int pages, const char *says, const char *advises)
{
	report_expect(tag, pages);
	report("says=%s", says);
	report("advises=%s", advises);
}

int load_modes(int argc, char **argv, const struct load_mode *modes, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		if (argc < 2 || strcmp(argv[1], modes[i].name))
			continue;
		modes[i].run();
		report_ready();
		return 0;
	}
	fprintf(stderr, "usage: %s MODE\n", argv[0]);
	return 2;
}
