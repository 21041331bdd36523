// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/descriptor.h"
#include "base/privilege.h"
#include "base/seccomp.h"
#include "capture/symbols_child.h"

/* What a file unpacks to is bounded by the first, what is mapped of it by the second. */
#define DATA_BYTES	(20UL << 20)
#define SPACE_BYTES	(2UL << 30)
#define END_MS		100		/* that a reader may take to end */
#define CPU_SECONDS	20		/* of a reader's whole life; then there is another */

/* The map of memory may not become code, and nothing is opened. */
static const struct syscall_rule reader_calls[] = {
	{ .nr = SYS_recvmsg }, { .nr = SYS_sendto },
	{ .nr = SYS_read }, { .nr = SYS_pread64 }, { .nr = SYS_lseek }, { .nr = SYS_close },
	{ .nr = SYS_fstat }, { .nr = SYS_newfstatat, 3, 0x1000, 0x1000 }, /* AT_EMPTY_PATH */
	{ .nr = SYS_fcntl, 1, ~0U, F_GETFD }, { .nr = SYS_fcntl, 1, ~0U, F_GETFL },
	{ .nr = SYS_fcntl, 1, ~0U, F_DUPFD_CLOEXEC },
	{ .nr = SYS_mmap, 2, 4, 0 }, { .nr = SYS_mprotect, 2, 4, 0 }, /* no PROT_EXEC */
	{ .nr = SYS_munmap }, { .nr = SYS_mremap }, { .nr = SYS_brk }, { .nr = SYS_madvise },
	{ .nr = SYS_futex }, { .nr = SYS_getrandom }, { .nr = SYS_clock_gettime },
	{ .nr = SYS_rt_sigreturn }, { .nr = SYS_exit }, { .nr = SYS_exit_group },
};

static void limit(int resource, rlim_t most)
{
	const struct rlimit l = { most, most };

	setrlimit(resource, &l);
}

static void limit_reader(void)
{
#ifndef __SANITIZE_ADDRESS__
	/* the sanitizer's own maps are larger than any bound */
	limit(RLIMIT_DATA, DATA_BYTES);
	limit(RLIMIT_AS, SPACE_BYTES);
#endif
	limit(RLIMIT_CPU, CPU_SECONDS);
	limit(RLIMIT_FSIZE, 0);
	limit(RLIMIT_CORE, 0);
}

static void answer_question(struct elf_file *files[READER_FILES], const struct reader_question *q,
			    int fd, struct reader_answer *a)
{
	struct elf_file **file = &files[q->slot % READER_FILES];

	if (q->task == READER_OPEN && fd >= 0) {
		elf_file_close(*file);
		*file = elf_file_open(fd);
		fd = -1;
		a->known = *file != NULL;
		if (*file)
			a->build_id_len = elf_file_build_id(*file, a->build_id);
	} else if (q->task == READER_DEBUG && fd >= 0 && *file) {
		elf_file_add_debug(*file, fd);
		fd = -1;
		a->known = true;
	} else if (q->task == READER_FIND && *file) {
		elf_file_find(*file, q->offset, q->returns, &a->place);
		a->known = true;
	} else if (q->task == READER_MAP && fd >= 0) {
		perf_map_find(fd, q->offset, &a->place);
		a->known = true;
	}
	if (fd >= 0)
		close(fd);
}

static void __attribute__((noreturn)) read_files(int socket, pid_t nursery)
{
	static struct elf_file *files[READER_FILES];
	static struct reader_answer a;
	struct reader_question q;
	int fd, own;

	privilege_keep_open(socket, -1);
	limit_reader();
	/* what we take is read by who asks us, whatever a file makes of us */
	own = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	descriptor_send(socket, "", 1, own);
	if (own >= 0)
		close(own);
	if (privilege_end_with(nursery) ||
	    seccomp_allow(reader_calls, sizeof(reader_calls) / sizeof(reader_calls[0])))
		_exit(1);
	while (descriptor_receive(socket, &q, sizeof(q), &fd) == sizeof(q)) {
		memset(&a, 0, sizeof(a));
		answer_question(files, &q, fd, &a);
		if (send(socket, &a, sizeof(a), MSG_NOSIGNAL) != sizeof(a))
			break;
	}
	_exit(0);
}

static void end_reader(pid_t *pid)
{
	if (*pid <= 0)
		return;
	kill(*pid, SIGKILL);
	/* who waits for a server of files that does not answer ends when that does, or never */
	for (int ms = 0; ms < END_MS && !waitpid(*pid, NULL, WNOHANG); ms++)
		usleep(1000);
	*pid = 0;
}

static void be_quiet(void)
{
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2 };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	/* who started this decides when it ends */
	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	for (int fd = 0; null >= 0 && fd <= STDERR_FILENO; fd++)
		dup2(null, fd);
}

void nursery_run(int socket, pid_t parent)
{
	const struct privileges none = { NULL, 0 };
	pid_t readers[READERS] = { 0 }, own = getpid();
	struct nursery_request r;
	int fd;

	be_quiet();
	prctl(PR_SET_NAME, "fixbuf-symbols");
	privilege_keep_open(socket, -1);
	if (privilege_become_own(&none) || privilege_end_with(parent))
		_exit(1);
	while (descriptor_receive(socket, &r, sizeof(r), &fd) == sizeof(r)) {
		if (r.place < READERS) {
			end_reader(&readers[r.place]);
			if (r.task == NURSERY_START && fd >= 0) {
				readers[r.place] = fork();
				if (!readers[r.place])
					read_files(fd, own);
			}
		}
		if (fd >= 0)
			close(fd);
	}
	for (int i = 0; i < READERS; i++)
		end_reader(&readers[i]);
	_exit(0);
}
