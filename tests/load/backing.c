// SPDX-License-Identifier: GPL-2.0
/*
 * Registered memory that is no longer what its address shows, one mode a cause:
 * backing MODE. Says what verify must find (expect.TAG=pages), and a part of its
 * sentence and of its remedy.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "backing.h"
#include "load_report.h"
#include "memory.h"

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT	21
#endif
#define DONTUNMAP	4	/* MREMAP_DONTUNMAP, 5.7 */
#define GUARD_INSTALL	102	/* MADV_GUARD_INSTALL, 6.13 */
#define GUARD_REMOVE	103

#define PAGES	BACKING_PAGES
#define AT	5	/* what happens to pages [AT, AT + NR) of the buffer */
#define NR	3

static void stale(unsigned int pages, const char *says, const char *advises)
{
	expect("stale-page", pages, says, advises);
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

static void dropped(void)
{
	backing_advise(backing_private() + AT * PAGE, NR, MADV_DONTNEED, "MADV_DONTNEED");
	stale(NR, "were dropped", "MADV_DONTNEED");
}

static void dropped_one(void)
{
	backing_advise(backing_private() + AT * PAGE, 1, MADV_DONTNEED, "MADV_DONTNEED");
	stale(1, "was dropped", "MADV_DONTNEED");
}

static void replaced(void)
{
	char *p = backing_private() + AT * PAGE;

	backing_advise(p, NR, MADV_DONTNEED, "MADV_DONTNEED");
	mem_touch(p, NR);
	stale(NR, "were replaced", "MADV_DONTNEED");
}

static void dropped_mapped_anew(void)
{
	char *p = backing_private();

	backing_map(p, PAGES, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	stale(PAGES, "mapped anew, or", "unregister it first");
}

/* The pages go on at another address, and nothing is left where they were. */
static void dropped_by_mremap(void)
{
	char *p = backing_private() + AT * PAGE;

	/* by number: the C library passes the address only with MREMAP_FIXED */
	if (syscall(SYS_mremap, p, NR * PAGE, NR * PAGE, MREMAP_MAYMOVE | DONTUNMAP, 0) == -1)
		must(-errno, "mremap");
	stale(NR, "were dropped (MADV_DONTNEED, MREMAP_DONTUNMAP", "MREMAP_DONTUNMAP");
}

static void dropped_huge(void)
{
	char *p = mem_huge();

	if (!p)
		report_skip("no transparent huge page to be had");
	backing_hold(p, THP / PAGE);
	backing_advise(p + THP / 2, THP / 2 / PAGE, MADV_DONTNEED, "MADV_DONTNEED");
	stale(THP / 2 / PAGE, "were dropped", "MADV_DONTNEED");
}

static void truncated(void)
{
	int fd;

	backing_of_file(&fd);
	resize(fd, 2 + AT);
	stale(PAGES - AT, "were cut off their file", "F_SEAL_SHRINK");
}

/* The pages are copies that no file holds. */
static void truncated_private(void)
{
	int fd = backing_file(PAGES);
	char *p = backing_map(NULL, PAGES, MAP_PRIVATE, fd, 0);

	mem_touch(p, PAGES);
	backing_hold(p, PAGES);
	resize(fd, AT);
	stale(PAGES - AT, "were cut off their file", "F_SEAL_SHRINK");
}

static void truncated_regrown(void)
{
	int fd;

	backing_of_file(&fd);
	resize(fd, 2 + AT);
	resize(fd, PAGES + 4);
	stale(PAGES - AT, "were taken out of their file", "punch holes");
}

static void punched(void)
{
	int fd;

	backing_of_file(&fd);
	punch(fd);
	stale(NR, "were taken out of their file", "punch holes");
}

static void punched_touched(void)
{
	int fd;
	char *p = backing_of_file(&fd);

	punch(fd);
	mem_touch(p + AT * PAGE, NR);
	stale(NR, "were taken out of their file", "punch holes");
}

static void punched_madvise(void)
{
	int fd;

	backing_advise(backing_of_file(&fd) + AT * PAGE, NR, MADV_REMOVE, "MADV_REMOVE");
	stale(NR, "were taken out of their file", "MADV_REMOVE");
}

static void replaced_file(void)
{
	int fd;
	char *p = backing_of_file(&fd);

	backing_map(p, PAGES, MAP_SHARED | MAP_FIXED, backing_file(PAGES), 0);
	stale(PAGES, "were replaced", "register the buffer again");
}

static void replaced_place(void)
{
	int fd;
	char *p = backing_of_file(&fd);

	backing_map(p, PAGES, MAP_SHARED | MAP_FIXED, fd, 3);
	stale(PAGES, "were replaced", "register the buffer again");
}

static void replaced_kind(void)
{
	int fd;
	char *p = backing_of_file(&fd);

	backing_map(p, PAGES, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	stale(PAGES, "were replaced", "register the buffer again");
}

static void guarded(void)
{
	backing_advise(backing_private() + AT * PAGE, NR, GUARD_INSTALL, "MADV_GUARD_INSTALL");
	stale(NR, "are behind a guard", "MADV_GUARD_REMOVE");
}

static void guarded_before(void)
{
	char *p = backing_private() + AT * PAGE;

	backing_advise(p, NR, GUARD_INSTALL, "MADV_GUARD_INSTALL");
	backing_advise(p, NR, GUARD_REMOVE, "MADV_GUARD_REMOVE");
	stale(NR, "were dropped", "MADV_DONTNEED");
}

struct poison {			/* struct uffdio_poison, 6.6 */
	struct uffdio_range range;
	__u64 mode;
	__s64 updated;
};

#define POISON	_IOWR(UFFDIO, 0x08, struct poison)

static void poisoned(void)
{
	int file, fd;
	char *p = backing_of_file(&file);
	struct poison poison = { .range = { (unsigned long)p + AT * PAGE, NR * PAGE } };

	fd = backing_userfault(p, UFFDIO_REGISTER_MODE_MISSING);
	backing_advise(p + AT * PAGE, NR, MADV_DONTNEED, "MADV_DONTNEED");
	if (ioctl(fd, POISON, &poison))
		report_skip("this kernel has no UFFDIO_POISON: %s", strerror(errno));
	stale(NR, "are poisoned", "UFFDIO_POISON");
}

static void dropped_of_device(void)
{
	int fd = must(open("/dev/zero", O_RDWR | O_CLOEXEC), "/dev/zero");
	char *p = backing_map(NULL, PAGES, MAP_PRIVATE, fd, 0);

	mem_touch(p, PAGES);
	backing_hold(p, PAGES);
	backing_advise(p + AT * PAGE, NR, MADV_DONTNEED, "MADV_DONTNEED");
	stale(NR, "were dropped", "MADV_DONTNEED");
}

struct place {
	char *at;
	int fd;
};

static void *toggle(void *arg)
{
	const struct place *p = arg;

	for (;;) {
		backing_map(p->at, PAGES, MAP_SHARED | MAP_FIXED, p->fd, 3);
		usleep(7000);
		backing_map(p->at, PAGES, MAP_SHARED | MAP_FIXED, p->fd, 2);
		usleep(7000);
	}
	return NULL;
}

/* Another place of the file, and the right one again, all the time. */
static void toggling(void)
{
	static struct place place;
	pthread_t thread;

	place.at = backing_of_file(&place.fd);
	must(-pthread_create(&thread, NULL, toggle, &place), "a thread");
}

static void moved(void)
{
	char *p = backing_private(), *to = mem_pages(PAGES);

	if (mremap(p, PAGES * PAGE, PAGES * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) == MAP_FAILED)
		must(-errno, "mremap");
	expect("unmapped-page", PAGES, "are no longer mapped there, but elsewhere", "new address");
}

static void unmapped(void)
{
	munmap(backing_private() + AT * PAGE, NR * PAGE);
	expect("unmapped-page", NR, "are no longer mapped;", "before its memory is unmapped");
}

/*
 * The mapping behind the buffer is of a file whose path, where a reader of
 * 512 bytes at a time would cut it, looks like a mapping of all memory.
 */
static void unmapped_beside_name(void)
{
	char dir[] = "/tmp/fixbuf-XXXXXX", path[1024];
	char *p = backing_private();
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
	backing_map(NULL, 1, MAP_SHARED, fd, 0);
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
	backing_private();
	if (fork())
		_exit(0);
	/* its end closes when its memory is gone */
	close(alive[1]);
	must(read(alive[0], &c, 1) < 0 ? -errno : 0, "read");
	/* who looks at a fork sees it at this one: at the one before the memory was still there */
	if (!fork())
		_exit(0);
	wait(NULL);
	report("holder=%d", getpid());
	stale(PAGES, "were copied after a fork", "only for whole pages that hold nothing else");
}

static void truncated_hugetlb(void)
{
	int fd;

	backing_of_huge(&fd);
	resize(fd, 0);
	stale(THP / PAGE, "were cut off their file", "F_SEAL_SHRINK");
}

/* In one large folio, which is not split while it is pinned. */
static void truncated_large(void)
{
	size_t left = 100;
	char *p;
	int fd;

	must(unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ? -errno :
	     0, "mount namespace");
	if (mount("none", "/tmp", "tmpfs", 0, "huge=always"))
		report_skip("this kernel has no huge pages in tmpfs");
	fd = open("/tmp/large", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	must(fd < 0 ? -errno : 0, "open");
	resize(fd, THP / PAGE);
	p = backing_map(NULL, 2 * THP / PAGE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	p = (char *)(((unsigned long)p + THP - 1) & ~(THP - 1));
	p = backing_map(p, THP / PAGE, MAP_SHARED | MAP_FIXED, fd, 0);
	mem_touch(p, THP / PAGE);
	backing_hold(p, THP / PAGE);
	resize(fd, left);
	stale(THP / PAGE - left, "were cut off their file", "F_SEAL_SHRINK");
}

static void *drop_and_stay(void *arg)
{
	backing_advise((char *)arg + AT * PAGE, NR, MADV_DONTNEED, "MADV_DONTNEED");
	stale(NR, "were dropped", "MADV_DONTNEED");
	report_ready();
	exit(0);
}

#define SWAP_PAGES	256

/* A child that ends the swapping when this program has ended, however it does. */
static void swap_off_at_the_end(const char *path)
{
	int alive[2];
	char c;

	must(pipe(alive) ? -errno : 0, "pipe");
	fflush(stdout);
	if (fork()) {
		close(alive[0]);
		return;
	}
	close(alive[1]);
	if (!read(alive[0], &c, 1))
		swapoff(path);
	unlink(path);
	_exit(0);
}

/* Swaps to a file of our own, as mkswap writes it. */
static void swap_on(void)
{
	static const char *const folders[] = { "/mnt/disk", "/var/tmp" };
	static char path[64], header[65536];
	__u32 version[2] = { 1, SWAP_PAGES - 1 };
	int fd = -1;

	for (size_t i = 0; fd < 0 && i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(path, sizeof(path), "%s/fixbuf-swap-XXXXXX", folders[i]);
		fd = mkstemp(path);
	}
	must(fd < 0 ? -errno : 0, "a file to swap to");
	memcpy(header + 1024, version, sizeof(version));
	memcpy(header + PAGE - 10, "SWAPSPACE2", 10);
	for (int i = 0; i < SWAP_PAGES; i++) {
		must(write(fd, header, PAGE) == (ssize_t)PAGE ? 0 : -errno, "write");
		memset(header, 0, sizeof(header));
	}
	must(fsync(fd) ? -errno : 0, "fsync");
	close(fd);
	swap_off_at_the_end(path);
	if (swapon(path, 0))
		report_skip("cannot swap to %s: %s", path, strerror(errno));
}

/* The pages that took the place of the registered ones are on disk, the registered ones are not. */
static void swapped(void)
{
	char *p;

	swap_on();
	p = backing_private() + AT * PAGE;
	backing_advise(p, NR, MADV_DONTNEED, "MADV_DONTNEED");
	mem_touch(p, NR);
	backing_advise(p, NR, MADV_PAGEOUT, "MADV_PAGEOUT");
	stale(NR, "were replaced", "MADV_DONTNEED");
}

/* The thread that a process is named after ends, the others go on. */
static void dropped_main_ended(void)
{
	pthread_t t;

	must(-pthread_create(&t, NULL, drop_and_stay, backing_private()), "thread");
	/* pthread_exit() takes a library that a guest does not have */
	syscall(__NR_exit, 0);
}

static const struct load_mode modes[] = {
	{ "dropped", dropped }, { "dropped-one", dropped_one },
	{ "dropped-mapped-anew", dropped_mapped_anew }, { "dropped-huge", dropped_huge },
	{ "swapped", swapped }, { "replaced", replaced }, { "replaced-file", replaced_file },
	{ "replaced-place", replaced_place }, { "replaced-kind", replaced_kind },
	{ "dropped-by-mremap", dropped_by_mremap }, { "truncated-private", truncated_private },
	{ "truncated", truncated }, { "truncated-regrown", truncated_regrown },
	{ "truncated-hugetlb", truncated_hugetlb }, { "truncated-large", truncated_large },
	{ "punched", punched }, { "punched-touched", punched_touched },
	{ "punched-madvise", punched_madvise },
	{ "guarded", guarded }, { "guarded-before", guarded_before },
	{ "dropped-main-ended", dropped_main_ended }, { "copied", copied },
	{ "poisoned", poisoned }, { "dropped-of-device", dropped_of_device },
	{ "toggling", toggling }, { "moved", moved }, { "unmapped", unmapped },
	{ "unmapped-beside-name", unmapped_beside_name },
};

int main(int argc, char **argv)
{
	report_init(&argc, argv);
	return load_modes(argc, argv, modes, sizeof(modes) / sizeof(modes[0]));
}
