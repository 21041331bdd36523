// SPDX-License-Identifier: GPL-2.0
/*
 * A user's program that was made to harm who traces it with stacks (tests/live/hostile_symbols):
 * it registers a buffer as told, out of functions whose names are known.
 *
 *   attacker become FOLDER HOW	by root: gives that up and becomes FOLDER/program
 *   attacker be FOLDER HOW	that program
 */
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "load_report.h"
#include "memory.h"
#include "named.h"
#include "uring.h"

#define HEAP_WORD	0x10011UL	/* as in tests/live/hostile_symbols.c */
#define STAY_MS		5000

static const char *dir;

static const char *in_dir(const char *name)
{
	static char path[2][4096];
	static int turn;

	turn = !turn;
	snprintf(path[turn], sizeof(path[turn]), "%s/%s", dir, name);
	return path[turn];
}

static struct iovec iov;

/* So that it is found alive: until the test has seen what is told of it. */
static void stay(void)
{
	for (int ms = 0; ms < STAY_MS && access(in_dir("seen"), F_OK); ms += 10)
		usleep(10000);
}

/* A name as a C++ compiler makes it. */
static long mangled(int ring) __asm__("_ZN7hostile2up8registerEi");
/* As Rust's does, and as it did before. */
static long rust(int ring) __asm__("_RNvNtCs1234_7hostile4rust8register");
static long old_rust(int ring) __asm__("_ZN7hostile6legacy8register17h0123456789abcdefE");

static NAMED long hostile_register(int ring)
{
	long ret = syscall(SYS_io_uring_register, ring, IORING_REGISTER_BUFFERS, &iov, 1);

	__asm__ volatile("" ::: "memory");
	return ret;
}

static NAMED long rust(int ring)
{
	long ret = hostile_register(ring);

	__asm__ volatile("" ::: "memory");
	return ret;
}

static NAMED long old_rust(int ring)
{
	long ret = rust(ring);

	__asm__ volatile("" ::: "memory");
	return ret;
}

static NAMED long mangled(int ring)
{
	long ret = old_rust(ring);

	__asm__ volatile("" ::: "memory");
	return ret;
}

#ifdef __x86_64__
/* Frames that never were: the walk by frame pointers finds a word of the heap. */
static NAMED long with_heap_word(int ring)
{
	unsigned long frame[2] = { 0, HEAP_WORD }, ret;
	register long nr __asm__("r10") = 1;

	frame[0] = (unsigned long)__builtin_frame_address(0);
	__asm__ volatile("push %%rbp; mov %[frame], %%rbp; syscall; pop %%rbp"
			 : "=a"(ret)
			 : "0"((long)SYS_io_uring_register), "D"((long)ring),
			   "S"((long)IORING_REGISTER_BUFFERS), "d"(&iov), "r"(nr),
			   [frame] "r"(frame)
			 : "rcx", "r11", "memory");
	return ret;
}

/* push %rbp; mov %rsp,%rbp; mov $io_uring_register,%eax; syscall; pop %rbp; ret */
static const unsigned char code[] = {
	0x55, 0x48, 0x89, 0xe5, 0xb8, SYS_io_uring_register & 0xff, SYS_io_uring_register >> 8, 0,
	0, 0x0f, 0x05, 0x5d, 0xc3,
};

/* .map: 'p' a pipe that nobody writes into, 'z' a link to what never ends, else one that is right. */
static void as_compiled_code(int ring, char map)
{
	void *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long (*run)(int ring, long op, void *arg, long none, long nr) = p;
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/tmp/perf-%d.map", getpid());
	unlink(path);
	if (map == 'p')
		must(mkfifo(path, 0644), "mkfifo");
	else if (map == 'z')
		must(symlink("/dev/zero", path), "symlink");
	f = fopen(path, map == 'p' || map == 'z' ? "r+e" : "we");
	if (!f || p == MAP_FAILED)
		return;
	if (map != 'p' && map != 'z')
		fprintf(f, "%lx %zx compiled method\n", (unsigned long)p, sizeof(code));
	fflush(f);
	memcpy(p, code, sizeof(code));
	/* the fourth argument of the call is in another register than of a function */
	__asm__ volatile("mov $1, %%r10" ::: "r10");
	run(ring, IORING_REGISTER_BUFFERS, &iov, 0, 1);
	stay();
	fclose(f);
	unlink(path);
}
#endif

static int be_hostile(const char *how)
{
	struct io_uring r;

	iov = (struct iovec){ mem_pages(1), PAGE };
	must(uring_open(&r, 4), "io_uring_setup");
	/* the attack is prepared; who traces goes on */
	if (!strcmp(how, "replace"))
		must(rename(in_dir("other"), in_dir("program")), "rename");
#ifdef __x86_64__
	if (!strcmp(how, "word")) {
		with_heap_word(r.ring_fd);
		stay();
		return 0;
	}
	if (!strncmp(how, "map", 3)) {
		as_compiled_code(r.ring_fd, how[3]);
		return 0;
	}
#endif
	mangled(r.ring_fd);
	if (!strcmp(how, "die"))
		_exit(0);
	stay();
	return 0;
}

/* Started by the tool as root: gives that up, and becomes the program of the folder. */
static int become_hostile(char **argv)
{
	const char *how = argv[3];

	if (!strcmp(how, "die") || !strcmp(how, "elsewhere")) {
		/* another file of that name in a place of its own */
		must(unshare(CLONE_NEWNS), "unshare");
		must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "mount private");
		must(mount(in_dir("program"), in_dir("other"), NULL, MS_BIND, NULL), "mount");
	}
	become_plain(64 * PAGE);
	if (!strcmp(how, "own-mounts") && unshare(CLONE_NEWUSER | CLONE_NEWNS))
		return 77;
	execl(in_dir(!strcmp(how, "die") || !strcmp(how, "elsewhere") ? "other" : "program"),
	      "program", "be", dir, how, NULL);
	return 127;
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	dir = argv[2];
	return strcmp(argv[1], "be") ? become_hostile(argv) : be_hostile(argv[3]);
}
