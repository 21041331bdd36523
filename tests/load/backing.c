// SPDX-License-Identifier: GPL-2.0
/*
 * What may become of registered memory, one mode a cause: backing MODE. Says
 * what verify must find (expect.TAG=pages), and a part of its sentence and of
 * its remedy; a mode without is legal, and verify must be silent.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "load_report.h"
#include "memory.h"

#ifndef MADV_COLD
#define MADV_COLD	20
#define MADV_PAGEOUT	21
#endif
#define GUARD_INSTALL	102	/* MADV_GUARD_INSTALL, 6.13 */
#define GUARD_REMOVE	103

#define PAGES	17
#define AT	5	/* what happens to pages [AT, AT + NR) of the buffer */
#define NR	3

static struct io_uring ring;

static void expect(const char *tag, unsigned int pages, const char *says, const char *advises)
{
	report_expect(tag, pages);
	report("says=%s", says);
	report("advises=%s", advises);
}

static void stale(unsigned int pages, const char *says, const char *advises)
{
	expect("stale-page", pages, says, advises);
}

static void hold(char *p, size_t pages)
{
	struct iovec iov = { p, pages * PAGE };

	if (!ring.ring_fd)
		must(uring_open(&ring, 4), "io_uring_setup");
	must(uring_register(ring.ring_fd, &iov, 1), "register");
}

static char *private(void)
{
	char *p = mem_pages(PAGES);

	hold(p, PAGES);
	return p;
}

static void advise(char *p, size_t pages, int advice, const char *name)
{
	if (madvise(p, pages * PAGE, advice)) {
		if (errno == EINVAL)
			report_skip("this kernel does not know %s", name);
		must(-errno, name);
	}
}

static int file(size_t pages)
{
	int fd = memfd_create("backing", MFD_CLOEXEC);

	must(fd < 0 || ftruncate(fd, pages * PAGE) ? -errno : 0, "memfd");
	return fd;
}

static char *map(void *at, size_t pages, int flags, int fd, off_t page)
{
	char *p = mmap(at, pages * PAGE, PROT_READ | PROT_WRITE, flags, fd, page * PAGE);

	if (p == MAP_FAILED)
		must(-errno, "mmap");
	return p;
}

/* The buffer is pages [2, 2 + PAGES) of a file that goes on behind them. */
static char *of_file(int *fd)
{
	char *p;

	*fd = file(PAGES + 4);
	p = map(NULL, PAGES, MAP_SHARED, *fd, 2);
	mem_touch(p, PAGES);
	if (!ring.ring_fd)
		must(uring_open(&ring, 4), "io_uring_setup");
	if (uring_register(ring.ring_fd, &(struct iovec){ p, PAGES * PAGE }, 1))
		report_skip("this kernel does not register files' pages");
	return p;
}

static void resize(int fd, size_t pages)
{
	must(ftruncate(fd, pages * PAGE) ? -errno : 0, "ftruncate");
}

static void punch(int fd)
{
	must(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (2 + AT) * PAGE, NR * PAGE) ?
	     -errno : 0, "fallocate");
}

/* ---- data is lost ---------------------------------------------------------------- */

static void dropped(void)
{
	advise(private() + AT * PAGE, NR, MADV_DONTNEED, "MADV_DONTNEED");
	stale(NR, "were dropped", "MADV_DONTNEED");
}

static void dropped_one(void)
{
	advise(private() + AT * PAGE, 1, MADV_DONTNEED, "MADV_DONTNEED");
	stale(1, "was dropped", "MADV_DONTNEED");
}

static void replaced(void)
{
	char *p = private() + AT * PAGE;

	advise(p, NR, MADV_DONTNEED, "MADV_DONTNEED");
	mem_touch(p, NR);
	stale(NR, "were replaced", "MADV_DONTNEED");
}

static void dropped_mapped_anew(void)
{
	char *p = private();

	map(p, PAGES, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	stale(PAGES, "were dropped (MADV_DONTNEED, or mapped anew)", "unregister it first");
}

static void dropped_huge(void)
{
	char *p = mem_huge();

	if (!p)
		report_skip("no transparent huge page to be had");
	hold(p, THP / PAGE);
	advise(p + THP / 2, THP / 2 / PAGE, MADV_DONTNEED, "MADV_DONTNEED");
	stale(THP / 2 / PAGE, "were dropped", "MADV_DONTNEED");
}

static void truncated(void)
{
	int fd;

	of_file(&fd);
	resize(fd, 2 + AT);
	stale(PAGES - AT, "were cut off their file", "F_SEAL_SHRINK");
}

static void truncated_regrown(void)
{
	int fd;

	of_file(&fd);
	resize(fd, 2 + AT);
	resize(fd, PAGES + 4);
	stale(PAGES - AT, "were taken out of their file", "punch holes");
}

static void punched(void)
{
	int fd;

	of_file(&fd);
	punch(fd);
	stale(NR, "were taken out of their file", "punch holes");
}

static void punched_touched(void)
{
	int fd;
	char *p = of_file(&fd);

	punch(fd);
	mem_touch(p + AT * PAGE, NR);
	stale(NR, "were taken out of their file", "punch holes");
}

static void punched_madvise(void)
{
	int fd;

	advise(of_file(&fd) + AT * PAGE, NR, MADV_REMOVE, "MADV_REMOVE");
	stale(NR, "were taken out of their file", "MADV_REMOVE");
}

static void replaced_file(void)
{
	int fd;
	char *p = of_file(&fd);

	map(p, PAGES, MAP_SHARED | MAP_FIXED, file(PAGES), 0);
	stale(PAGES, "were replaced", "register the buffer again");
}

static void replaced_place(void)
{
	int fd;
	char *p = of_file(&fd);

	map(p, PAGES, MAP_SHARED | MAP_FIXED, fd, 3);
	stale(PAGES, "were replaced", "register the buffer again");
}

static void replaced_kind(void)
{
	int fd;
	char *p = of_file(&fd);

	map(p, PAGES, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	stale(PAGES, "were replaced", "register the buffer again");
}

static void guarded(void)
{
	advise(private() + AT * PAGE, NR, GUARD_INSTALL, "MADV_GUARD_INSTALL");
	stale(NR, "are behind a guard", "MADV_GUARD_REMOVE");
}

static void guarded_before(void)
{
	char *p = private() + AT * PAGE;

	advise(p, NR, GUARD_INSTALL, "MADV_GUARD_INSTALL");
	advise(p, NR, GUARD_REMOVE, "MADV_GUARD_REMOVE");
	stale(NR, "were dropped", "MADV_DONTNEED");
}

static void moved(void)
{
	char *p = private(), *to = mem_pages(PAGES);

	if (mremap(p, PAGES * PAGE, PAGES * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) == MAP_FAILED)
		must(-errno, "mremap");
	expect("unmapped-page", PAGES, "are no longer mapped there, but elsewhere", "new address");
}

static void unmapped(void)
{
	munmap(private() + AT * PAGE, NR * PAGE);
	expect("unmapped-page", NR, "are no longer mapped;", "before its memory is unmapped");
}

/*
 * The mapping behind the buffer is of a file whose path, where a reader of
 * 512 bytes at a time would cut it, looks like a mapping of all memory.
 */
static void unmapped_beside_name(void)
{
	char dir[] = "/tmp/fixbuf-XXXXXX", path[1024];
	char *p = private();
	size_t n;
	int fd;

	if (!mkdtemp(dir))
		must(-errno, "mkdtemp");
	n = snprintf(path, sizeof(path), "%s/", dir);
	memset(path + n, 'n', 200);
	n += 200;
	path[n] = 0;
	mkdir(path, 0700);
	path[n++] = '/';
	/* proc pads what comes before a path to 73 bytes */
	memset(path + n, 'n', 511 - 73 - n);
	n = 511 - 73;
	snprintf(path + n, sizeof(path) - n, "1000-7fffffffffff rw-s 0 0:0 77");
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	must(fd < 0 || ftruncate(fd, PAGE) ? -errno : 0, "a file with a long name");
	map(NULL, 1, MAP_SHARED, fd, 0);
	munmap(p, PAGES * PAGE);
	unlink(path);
	*strrchr(path, '/') = 0;
	rmdir(path);
	rmdir(dir);
	expect("unmapped-page", PAGES, "are no longer mapped;", "before its memory is unmapped");
}

/* Who registered goes, its child goes on with the ring: a server that detaches itself. */
static void copied(void)
{
	int done[2], alive[2];
	char c;

	fflush(stdout);
	must(pipe(done) ? -errno : 0, "pipe");
	if (fork()) {
		close(done[1]);
		_exit(read(done[0], &c, 1) < 0);
	}
	must(pipe(alive) ? -errno : 0, "pipe");
	private();
	if (fork())
		_exit(0);
	/* its end closes when its memory is gone */
	close(alive[1]);
	must(read(alive[0], &c, 1) < 0 ? -errno : 0, "read");
	report("holder=%d", getpid());
	stale(PAGES, "were copied after a fork", "only for whole pages that hold nothing else");
}

/* ---- legal ------------------------------------------------------------------------- */

static void same_dontneed(void)
{
	int fd;

	advise(of_file(&fd) + AT * PAGE, NR, MADV_DONTNEED, "MADV_DONTNEED");
}

static void same_anonymous(void)
{
	char *p = map(NULL, PAGES, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	mem_touch(p, PAGES);
	must(uring_open(&ring, 4), "io_uring_setup");
	if (uring_register(ring.ring_fd, &(struct iovec){ p, PAGES * PAGE }, 1))
		report_skip("this kernel does not register files' pages");
	advise(p, PAGES, MADV_DONTNEED, "MADV_DONTNEED");
}

static void same_cold(void)
{
	char *p = private();

	advise(p, PAGES, MADV_COLD, "MADV_COLD");
	advise(p, PAGES, MADV_PAGEOUT, "MADV_PAGEOUT");
}

static void same_cold_file(void)
{
	int fd;
	char *p = of_file(&fd);

	advise(p, PAGES, MADV_COLD, "MADV_COLD");
	advise(p, PAGES, MADV_PAGEOUT, "MADV_PAGEOUT");
}

static void same_free(void)
{
	advise(private(), PAGES, MADV_FREE, "MADV_FREE");
}

static void same_no_access(void)
{
	must(mprotect(private(), PAGES * PAGE, PROT_NONE) ? -errno : 0, "mprotect");
}

static void same_split(void)
{
	char *p = mem_huge();

	if (!p)
		report_skip("no transparent huge page to be had");
	hold(p, THP / PAGE);
	must(mprotect(p + THP / 2, PAGE, PROT_READ) ? -errno : 0, "mprotect");
	advise(p, THP / PAGE, MADV_COLD, "MADV_COLD");
}

static void same_twice(void)
{
	int fd = file(PAGES);
	char *p = map(NULL, PAGES, MAP_SHARED, fd, 0), *q = map(NULL, PAGES, MAP_SHARED, fd, 0);
	struct iovec iov[] = { { p, PAGES * PAGE }, { q, PAGES * PAGE } };

	mem_touch(p, PAGES);
	must(uring_open(&ring, 4), "io_uring_setup");
	if (uring_register(ring.ring_fd, iov, 2))
		report_skip("this kernel does not register files' pages");
	advise(q, PAGES, MADV_DONTNEED, "MADV_DONTNEED");
}

static void keep_child(void)
{
	int alive[2];
	char c;

	must(pipe(alive) ? -errno : 0, "pipe");
	if (!fork()) {
		close(alive[1]);
		_exit(read(alive[0], &c, 1) < 0);
	}
}

static void same_forked(void)
{
	private();
	keep_child();
}

static void same_not_forked(void)
{
	advise(private(), PAGES, MADV_DONTFORK, "MADV_DONTFORK");
	keep_child();
}

static void same_userfault(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	char *p = private();
	struct uffdio_register reg = {
		.range = { (unsigned long)p, PAGES * PAGE }, .mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	int fd = syscall(__NR_userfaultfd, O_CLOEXEC);

	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &reg))
		report_skip("userfaultfd is refused: %s", strerror(errno));
}

static void huge_file(bool cut)
{
	int fd = memfd_create("huge", MFD_CLOEXEC | MFD_HUGETLB);
	char *p;

	if (fd < 0 || ftruncate(fd, THP))
		report_skip("no hugetlb: %s", strerror(errno));
	p = mmap(NULL, THP, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		report_skip("no huge page is set aside (vm.nr_hugepages)");
	mem_touch(p, 1);
	hold(p, THP / PAGE);
	if (cut)
		resize(fd, 0);
	else
		advise(p, THP / PAGE, MADV_DONTNEED, "MADV_DONTNEED of hugetlb");
}

static void truncated_hugetlb(void)
{
	huge_file(true);
	stale(THP / PAGE, "were cut off their file", "F_SEAL_SHRINK");
}

static void same_hugetlb(void)
{
	huge_file(false);
}

/* The address space changes, the pid does not. */
static void same_exec(const char *self, bool again)
{
	if (again) {
		private();
		return;
	}
	private();
	execl("/proc/self/exe", self, "same-exec", "again", NULL);
	must(-errno, "exec");
}

static const struct mode {
	const char *name;
	void (*run)(void);
} modes[] = {
	{ "dropped", dropped }, { "dropped-one", dropped_one },
	{ "dropped-mapped-anew", dropped_mapped_anew }, { "dropped-huge", dropped_huge },
	{ "replaced", replaced }, { "replaced-file", replaced_file },
	{ "replaced-place", replaced_place }, { "replaced-kind", replaced_kind },
	{ "truncated", truncated }, { "truncated-regrown", truncated_regrown },
	{ "truncated-hugetlb", truncated_hugetlb },
	{ "punched", punched }, { "punched-touched", punched_touched },
	{ "punched-madvise", punched_madvise },
	{ "guarded", guarded }, { "guarded-before", guarded_before },
	{ "copied", copied },
	{ "moved", moved }, { "unmapped", unmapped },
	{ "unmapped-beside-name", unmapped_beside_name },
	{ "same-dontneed", same_dontneed }, { "same-anonymous", same_anonymous },
	{ "same-cold", same_cold }, { "same-cold-file", same_cold_file },
	{ "same-free", same_free }, { "same-no-access", same_no_access },
	{ "same-split", same_split }, { "same-twice", same_twice },
	{ "same-forked", same_forked }, { "same-not-forked", same_not_forked },
	{ "same-userfault", same_userfault }, { "same-hugetlb", same_hugetlb },
};

int main(int argc, char **argv)
{
	report_init(&argc, argv);
	if (argc > 1 && !strcmp(argv[1], "same-exec")) {
		same_exec(argv[0], argc > 2);
		report_ready();
		return 0;
	}
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (argc < 2 || strcmp(argv[1], modes[i].name))
			continue;
		modes[i].run();
		report_ready();
		return 0;
	}
	fprintf(stderr, "usage: backing MODE\n");
	return 2;
}
