// SPDX-License-Identifier: GPL-2.0
/*
 * I/O that fails, each for another cause, a prime number of times each; or, with the argument
 * "slower", that goes well, but by a worker. Says for each: fail.N=CAUSE, .op, .errno and .count,
 * or skipped.CAUSE=REASON.
 *   io_causes [slower|enomem]
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include "load_failed.h"
#include "load_report.h"
#include "load_ring.h"
#include "memory.h"

#define BUF_BYTES	(4 * (int)PAGE)
#define CLOSED_FD	977
#define IOVECS		1025
#define LIMIT		(512UL << 10)

static char *first, *second, *apart;	/* buffers 0 and 1, and memory that is in none; slot 2 is empty */
static int cached, direct;

/* ---- EFAULT -------------------------------------------------------------------------- */

static void slot_7(struct io_uring_sqe *sqe)
{
	sqe->buf_index = 7;
}

static void slot_1(struct io_uring_sqe *sqe)
{
	sqe->buf_index = 1;
}

static void slot_2(struct io_uring_sqe *sqe)
{
	sqe->buf_index = 2;
}

static void imports(void)
{
	struct iovec two[] = { { first, 512 }, { second, 512 } };

	load_fails("other-buffer", IORING_OP_READ_FIXED, cached, second + 100, 512, 0, NULL);
	load_fails("no-buffer", IORING_OP_READ_FIXED, cached, apart, 512, 0, NULL);
	load_fails("past-end", IORING_OP_WRITE_FIXED, cached, first + BUF_BYTES - 1, 512, 0, NULL);
	load_fails("bad-index", IORING_OP_READ_FIXED, cached, apart, 512, 0, slot_7);
	load_fails("empty-slot", IORING_OP_READ_FIXED, cached, apart, 512, 0, slot_2);
	load_fails("second-iovec", OP_READV_FIXED, cached, two, 2, 0, NULL);
	load_fails("unmapped", IORING_OP_READ, cached, (void *)0x10, 512, 0, NULL);
}

/* I/O over the second buffer, while another is in its slot. */
static void without_second(const char *cause, int op, void *addr, size_t len, unsigned int offset)
{
	struct iovec iov = { second, BUF_BYTES }, other = { addr, len };

	if (uring_update(ring.ring_fd, 1, &other, 1) < 0) {
		load_not_failed(cause, "this kernel updates no slots");
		return;
	}
	load_fails(cause, op, cached, second + offset, 512, 0, slot_1);
	must(uring_update(ring.ring_fd, 1, &iov, 1) == 1 ? 0 : -EIO, "update");
}

static void changed_slots(void)
{
	without_second("shorter", IORING_OP_READ_FIXED, second, PAGE, PAGE - 1);
	without_second("replaced", IORING_OP_WRITE_FIXED, apart, PAGE, 512);
	without_second("unregistered", IORING_OP_WRITE_FIXED, NULL, 0, 512);
}

/* ---- the request --------------------------------------------------------------------- */

static void odd_rw_flags(struct io_uring_sqe *sqe)
{
	sqe->rw_flags = 1 << 20;
}

static void flag_80(struct io_uring_sqe *sqe)
{
	sqe->flags = 0x80;
}

static void provided(struct io_uring_sqe *sqe)
{
	sqe->flags = IOSQE_BUFFER_SELECT;
}

static void class_7(struct io_uring_sqe *sqe)
{
	sqe->ioprio = 7 << 13 | 1;
}

static void level_alone(struct io_uring_sqe *sqe)
{
	sqe->ioprio = 3;
}

static void personality(struct io_uring_sqe *sqe)
{
	sqe->personality = 77;
}

/* The last two words of a sqe, attr_ptr and attr_type_mask, which older headers do not name. */
static void attribute(struct io_uring_sqe *sqe, __u64 mask, __u64 addr)
{
	__u64 *words = (__u64 *)sqe;

	words[6] = addr;
	words[7] = mask;
}

static void attribute_2(struct io_uring_sqe *sqe)
{
	attribute(sqe, 2, (uintptr_t)apart);
}

static void attribute_nowhere(struct io_uring_sqe *sqe)
{
	attribute(sqe, 1, 0x10);
}

static void fields(void)
{
	load_fails("priority-class", IORING_OP_READ_FIXED, cached, first, 512, 0, class_7);
	load_fails("priority-level", IORING_OP_WRITE_FIXED, cached, first, 512, 0, level_alone);
	load_fails("personality", IORING_OP_READ_FIXED, cached, first, 512, 0, personality);
	load_fails("attribute", IORING_OP_READ_FIXED, cached, first, 512, 0, attribute_2);
	load_fails("attribute-nowhere", IORING_OP_READ_FIXED, cached, first, 512, 0, attribute_nowhere);
}

static void requests(void)
{
	static struct iovec many[IOVECS];

	for (int i = 0; i < IOVECS; i++)
		many[i] = (struct iovec){ apart, 1 };
	load_fails("iovecs", IORING_OP_READV, cached, many, IOVECS, 0, NULL);
	load_fails("sqe-flags", IORING_OP_WRITE, cached, apart, 512, 0, flag_80);
	load_fails("rw-flags", IORING_OP_READ, cached, apart, 512, 0, odd_rw_flags);
	load_fails("provided", IORING_OP_READ_FIXED, cached, first, 512, 0, provided);
	load_fails("negative", IORING_OP_WRITE_FIXED, cached, first, 512, -4096, NULL);
	fields();
}

static void alignment(void)
{
	const struct iovec short_one = { first, 100 };

	if (direct < 0) {
		load_not_failed("direct", "no file system here does direct I/O");
		return;
	}
	load_fails("direct-address", IORING_OP_READ_FIXED, direct, first + 1, 4096, 0, NULL);
	load_fails("direct-length", IORING_OP_READ_FIXED, direct, first, 100, 0, NULL);
	load_fails("direct-iovec", IORING_OP_READV, direct, &short_one, 1, 0, NULL);
	load_fails("direct-offset", IORING_OP_READ_FIXED, direct, first, 4096, 7, NULL);
}

/* ---- the file -------------------------------------------------------------------------- */

static int again(int fd, int flags)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return must(open(path, flags | O_CLOEXEC), "a file opened again");
}

static void fixed_file(struct io_uring_sqe *sqe)
{
	sqe->flags = IOSQE_FIXED_FILE;
}

static void full_tmpfs(void)
{
	char dir[] = "/tmp/fixbuf-causes-XXXXXX", path[64];
	int fd;

	if (!mkdtemp(dir) || mount("none", dir, "tmpfs", 0, "size=4k")) {
		load_not_failed("full", "no tmpfs can be mounted");
		return;
	}
	snprintf(path, sizeof(path), "%s/full", dir);
	fd = must(open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600), "a file in a tmpfs");
	if (pwrite(fd, first, PAGE, 0) == (ssize_t)PAGE)
		load_fails("full", IORING_OP_WRITE_FIXED, fd, first, PAGE, PAGE, NULL);
	umount2(dir, MNT_DETACH);
	rmdir(dir);
}

static void files(void)
{
	int none = -1, pipes[2], sockets[2];

	signal(SIGPIPE, SIG_IGN);
	load_fails("closed", IORING_OP_READ_FIXED, CLOSED_FD, first, 512, 0, NULL);
	load_fails("write-only", IORING_OP_READ_FIXED, again(cached, O_WRONLY), first, 512, 0, NULL);
	load_fails("read-only", IORING_OP_WRITE_FIXED, again(cached, O_RDONLY), first, 512, 0, NULL);
	load_fails("no-file-table", IORING_OP_READ_FIXED, 0, first, 512, 0, fixed_file);
	must(io_uring_register_files(&ring, &none, 1), "a table of files");
	load_fails("empty-file-slot", IORING_OP_READ_FIXED, 0, first, 512, 0, fixed_file);
	must(pipe2(pipes, O_CLOEXEC), "pipe");
	close(pipes[0]);
	load_fails("broken-pipe", IORING_OP_WRITE_FIXED, pipes[1], first, 512, 0, NULL);
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), "socketpair");
	load_fails("zero-copy-unix", OP_SEND_ZC, sockets[0], apart, 512, 0, NULL);
	close(sockets[1]);
	load_fails("shut-down", IORING_OP_SEND, sockets[0], apart, 512, 0, NULL);
	full_tmpfs();
}

/* ---- ECANCELED ------------------------------------------------------------------------- */

static void linked(const char *cause, int first_op, int fd, const void *addr, unsigned int len)
{
	int res = 0;

	for (int i = 0; i < LOAD_FAILS; i++) {
		request(first_op, fd, addr, len, 0)->flags = IOSQE_IO_LINK;
		request(IORING_OP_WRITE_FIXED, cached, first, 512, 0);
		res = load_result(&ring, 2, IORING_OP_WRITE_FIXED);
	}
	load_failed(cause, IORING_OP_WRITE_FIXED, res, LOAD_FAILS);
}

/* The head of a link of which a later one is refused. */
static void refused_link(void)
{
	static struct iovec many[IOVECS];
	int res = 0;

	for (int i = 0; i < LOAD_FAILS; i++) {
		request(IORING_OP_READ_FIXED, cached, first, 512, 0)->flags = IOSQE_IO_LINK;
		request(IORING_OP_WRITEV, cached, many, IOVECS, 0);
		res = load_result(&ring, 2, IORING_OP_READ_FIXED);
	}
	load_failed("head-of-refused", IORING_OP_READ_FIXED, res, LOAD_FAILS);
}

static void cancelled(int in)
{
	int res = 0;

	for (int i = 0; i < LOAD_FAILS; i++) {
		struct io_uring_sqe *sqe = request(IORING_OP_READ_FIXED, in, first, 512, 0);
		__u64 name = sqe->user_data;

		io_uring_submit(&ring);
		sqe = request(IORING_OP_ASYNC_CANCEL, -1, NULL, 0, 0);
		sqe->addr = name;
		res = load_result(&ring, 2, IORING_OP_READ_FIXED);
	}
	load_failed("cancelled", IORING_OP_READ_FIXED, res, LOAD_FAILS);
}

static void timed_out(int in)
{
	struct __kernel_timespec soon = { .tv_nsec = 10000000 };
	int res = 0;

	for (int i = 0; i < LOAD_FAILS; i++) {
		struct io_uring_sqe *sqe = request(IORING_OP_READ_FIXED, in, second, 512, 0);

		sqe->flags = IOSQE_IO_LINK;
		sqe->buf_index = 1;
		request(IORING_OP_LINK_TIMEOUT, -1, &soon, 1, 0);
		res = load_result(&ring, 2, IORING_OP_READ_FIXED);
	}
	load_failed("timed-out", IORING_OP_READ_FIXED, res, LOAD_FAILS);
}

static void *submit_and_end(void *in)
{
	for (int i = 0; i < LOAD_FAILS; i++)
		request(IORING_OP_READ_FIXED, *(int *)in, first, 512, 0);
	io_uring_submit(&ring);
	report("ending_tid=%d", gettid());
	return NULL;
}

/* What a thread left is cancelled when it would go on. */
static void thread_ended(int in, int out)
{
	pthread_t t;

	must(-pthread_create(&t, NULL, submit_and_end, &in), "a thread");
	pthread_join(t, NULL);
	must(write(out, first, BUF_BYTES) == BUF_BYTES ? 0 : -EIO, "write");
	load_failed("thread-ended", IORING_OP_READ_FIXED,
		    load_result(&ring, LOAD_FAILS, IORING_OP_READ_FIXED), LOAD_FAILS);
}

static void cancellations(void)
{
	int pipes[2];

	must(pipe2(pipes, O_CLOEXEC), "pipe");
	linked("after-failed", IORING_OP_READ_FIXED, CLOSED_FD, first, 512);
	linked("after-short", IORING_OP_READ_FIXED, cached, first, 2 * PAGE);
	refused_link();
	cancelled(pipes[0]);
	timed_out(pipes[0]);
	thread_ended(pipes[0], pipes[1]);
}

/* ---- rings of their own -------------------------------------------------------------------- */

static void one_more(const char *cause, const struct io_uring_params *params, int op, int fd,
		     const void *addr, struct io_uring_restriction *only)
{
	struct iovec iov = { first, BUF_BYTES };
	struct io_uring_params p = *params;
	struct io_uring_sqe *sqe;
	struct io_uring r;
	int res = 0;

	if (io_uring_queue_init_params(8, &r, &p)) {
		load_not_failed(cause, "this kernel makes no such ring");
		return;
	}
	must(uring_register(r.ring_fd, &iov, 1), "register");
	if (only) {
		must(uring_call(r.ring_fd, IORING_REGISTER_RESTRICTIONS, only, 1), "restrictions");
		must(uring_call(r.ring_fd, IORING_REGISTER_ENABLE_RINGS, NULL, 0), "enable");
	}
	for (int i = 0; i < LOAD_FAILS; i++) {
		sqe = io_uring_get_sqe(&r);
		io_uring_prep_rw(op, sqe, fd, addr, 512, 0);
		sqe->user_data = op;
		res = load_result(&r, 1, op);
	}
	load_failed(cause, op, res, LOAD_FAILS);
	/* the ring stays: what is told of it is looked for by its number */
}

static void rings(void)
{
	struct io_uring_restriction only = { .opcode = IORING_RESTRICTION_SQE_OP,
					     .sqe_op = IORING_OP_READ_FIXED };
	const struct io_uring_params polled = { .flags = IORING_SETUP_IOPOLL };
	const struct io_uring_params disabled = { .flags = IORING_SETUP_R_DISABLED };
	int sockets[2];

	must(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), "socketpair");
	one_more("polled-buffered", &polled, IORING_OP_WRITE_FIXED, again(cached, O_RDWR), first, NULL);
	one_more("polled-socket", &polled, IORING_OP_READ_FIXED, sockets[0], first, NULL);
	one_more("restricted", &disabled, IORING_OP_WRITE_FIXED, cached, first, &only);
}

/* ---- RLIMIT_MEMLOCK -------------------------------------------------------------------------- */

static void send_over_limit(void)
{
	const struct rlimit limit = { LIMIT, LIMIT };
	const struct io_uring_params plain = { 0 };
	int out, in, res = 0;

	become_plain(2 * LIMIT);
	must(setrlimit(RLIMIT_MEMLOCK, &limit) ? -errno : 0, "setrlimit");
	load_ring_open(4, &plain, "as a plain user");
	if (!load_ring_has_op(OP_SEND_ZC))
		report_skip("this kernel has no SEND_ZC");
	if (!tcp_pair(&out, &in))
		report_skip("no TCP here");
	apart = mem_pages(3 * LIMIT / PAGE);
	for (int i = 0; i < LOAD_FAILS; i++) {
		request(OP_SEND_ZC, out, apart, 2 * LIMIT, 0);
		res = load_result(&ring, 1, OP_SEND_ZC);
	}
	load_failed("zero-copy-limit", OP_SEND_ZC, res, LOAD_FAILS);
}

/* ---- what goes well, but slower --------------------------------------------------------------- */

static void async(struct io_uring_sqe *sqe)
{
	sqe->flags = IOSQE_ASYNC;
}

static void drained(struct io_uring_sqe *sqe)
{
	sqe->flags = IOSQE_IO_DRAIN;
}

static void goes(const char *cause, int op, int fd, unsigned int nr,
		 void (*change)(struct io_uring_sqe *sqe))
{
	for (unsigned int i = 0; i < nr; i++) {
		change(request(op, fd, first, 512, 0));
		must(load_result(&ring, 1, op), cause);
	}
	report("slower.%s=%u", cause, nr);
}

/* A request that a worker takes, and that waits for its pipe then: it is queued for a worker again. */
static void async_on_pipe(unsigned int nr)
{
	int pipes[2];

	must(pipe2(pipes, O_CLOEXEC), "pipe");
	for (unsigned int i = 0; i < nr; i++) {
		async(request(IORING_OP_READ, pipes[0], first, 512, 0));
		io_uring_submit(&ring);
		usleep(20000);
		must(write(pipes[1], second, 512) == 512 ? 0 : -EIO, "write");
		must(load_result(&ring, 1, IORING_OP_READ), "a read of a pipe");
	}
	report("slower.async-on-pipe=%u", nr);
}

static void slower(void)
{
	goes("async", IORING_OP_READ_FIXED, cached, 7, async);
	goes("drain", IORING_OP_WRITE_FIXED, cached, 5, drained);
	async_on_pipe(3);
}

int main(int argc, char **argv)
{
	const struct io_uring_params plain = { 0 };
	struct iovec iov[3];
	bool is_direct;
	int fd;

	report_init(&argc, argv);
	if (argc > 1 && !strcmp(argv[1], "enomem")) {
		send_over_limit();
		report_ready();
		return 0;
	}
	load_ring_open(64, &plain, "plain");
	first = mem_pages(12);
	second = first + BUF_BYTES;
	apart = second + BUF_BYTES;
	iov[0] = (struct iovec){ first, BUF_BYTES };
	iov[1] = (struct iovec){ second, BUF_BYTES };
	iov[2] = (struct iovec){ NULL, 0 };
	must(uring_register(ring.ring_fd, iov, 3), "register");
	cached = must(mem_cached_file(PAGE), "a file to read");
	fd = mem_file(BUF_BYTES, &is_direct);
	/* a hole is read without a look at the device */
	direct = is_direct && pwrite(fd, first, BUF_BYTES, 0) == (ssize_t)BUF_BYTES ? fd : -1;
	if (argc > 1) {
		slower();
		report_ready();
		return 0;
	}
	imports();
	changed_slots();
	requests();
	alignment();
	files();
	cancellations();
	rings();
	report_ready();
	return 0;
}
