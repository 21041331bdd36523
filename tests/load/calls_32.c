// SPDX-License-Identifier: GPL-2.0
/*
 * A program of 32 bits, of i386 or arm, without a C library, as no machine needs to have one of
 * that kind: "calls_32 FD" does with a ring of its own ("made32"), and with one that a 64-bit
 * program made and left to it as descriptor FD ("made64"), what "calls 32-bit" does, and says the same.
 * "calls_32 FD wait" waits with both tables until it may go on, as other loads do.
 */
#include <linux/io_uring.h>

#define NR_READ		3
#define NR_WRITE	4
#define NR_EXIT		1
#define NR_SETUP	425
#define NR_REGISTER	427

#define NR		3
#define CLOSED_FD	977
#define BYTES		4096

static struct io_uring_params params;
static struct { __u32 base, len; } narrow[NR];
static struct { __u64 base, len; } wide[NR];
static struct io_uring_rsrc_update2 change;
static char buffers[2 * NR][BYTES] __attribute__((aligned(BYTES)));

#if defined(__i386__)

static int call(int number, int a, int b, const void *c, int d)
{
	int ret;

	__asm__ volatile("int $0x80" : "=a" (ret) : "a" (number), "b" (a), "c" (b), "d" (c), "S" (d)
			 : "memory");
	return ret;
}

/* The stack holds argc, then argv. */
__asm__(".globl _start\n_start:\n\tpush %esp\n\tcall start\n");

#elif defined(__arm__)

static int call(int number, int a, int b, const void *c, int d)
{
	register int nr __asm__("r7") = number, r0 __asm__("r0") = a, r1 __asm__("r1") = b;
	register const void *r2 __asm__("r2") = c;
	register int r3 __asm__("r3") = d;

	__asm__ volatile("svc 0" : "+r" (r0) : "r" (nr), "r" (r1), "r" (r2), "r" (r3) : "memory");
	return r0;
}

__asm__(".globl _start\n.arm\n_start:\n\tmov r0, sp\n\tblx start\n");

#endif

static void say(const char *text)
{
	int n = 0;

	while (text[n])
		n++;
	call(NR_WRITE, 1, (int)text, (const void *)n, 0);
}

static void say_number(const char *name, __u32 n, const char *end)
{
	static char text[] = "0x00000000";

	for (int i = 9; i > 1; i--, n >>= 4)
		text[i] = "0123456789abcdef"[n & 15];
	say(name);
	say(text);
	say(end);
}

__attribute__((noreturn)) static void end(int status)
{
	call(NR_EXIT, status, 0, 0, 0);
	__builtin_unreachable();
}

static int must(int ret, const char *what)
{
	if (ret < 0) {
		say_number(what, -ret, " is its errno\n");
		end(1);
	}
	return ret;
}

static int register_it(int fd, int op, const void *arg, int nr)
{
	return call(NR_REGISTER, fd, op, arg, nr);
}

static void fill(int first)
{
	for (int i = 0; i < NR; i++) {
		narrow[i].base = wide[i].base = (__u32)buffers[first + i];
		narrow[i].len = wide[i].len = BYTES;
	}
}

/* A table of three, whose slot 1 becomes two pages. .iov: narrow or wide. */
static void table(int fd, const void *iov)
{
	fill(0);
	must(register_it(fd, IORING_REGISTER_BUFFERS, iov, NR), "register: ");
	fill(NR);
	narrow[0].len = wide[0].len = 2 * BYTES;
	change.offset = 1;
	change.data = (__u32)iov;
	change.nr = 1;
	must(register_it(fd, IORING_REGISTER_BUFFERS_UPDATE, &change, sizeof(change)), "update: ");
}

__attribute__((noreturn)) static void run(const char *argument, int wait)
{
	int fd, given = 0;
	char line;

	for (; *argument; argument++)
		given = 10 * given + *argument - '0';
	fd = must(call(NR_SETUP, 4, (int)&params, 0, 0), "io_uring_setup: ");
	table(fd, narrow);
	table(given, wide);
	say_number("made32.fd=", fd, "\n");
	say_number("made64.fd=", given, "\n");
	say_number("made32.slot1=", (__u32)buffers[NR], "\n");
	say_number("made64.slot1=", (__u32)buffers[NR], "\n");
	if (wait) {
		say("READY\n");
		call(NR_READ, 0, (int)&line, (const void *)1, 0);
	}
	/* what fails is told with its own cause */
	must(register_it(fd, IORING_UNREGISTER_BUFFERS, 0, 0), "unregister: ");
	narrow[2].base = 0;
	register_it(fd, IORING_REGISTER_BUFFERS, narrow, NR);
	register_it(CLOSED_FD, IORING_REGISTER_BUFFERS, narrow, NR);
	end(0);
}

__attribute__((noreturn, used)) static void start(char **stack)
{
	if ((int)stack[0] < 2)
		end(2);
	run(stack[2], (int)stack[0] > 2);
}
