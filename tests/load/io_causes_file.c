// SPDX-License-Identifier: GPL-2.0
/*
 * I/O that fails for what its file is, or for what its request asks of it: each cause LOAD_FAILS
 * times. What it says is as of io_causes.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#include "load_failed.h"
#include "load_report.h"
#include "load_ring.h"
#include "memory.h"
#include "witness.h"

#define OP_URING_CMD	46
#define BUF_BYTES	(4 * (int)PAGE)
#define LONG_BYTES	70000	/* more than a datagram has */
#define MESSAGE_IOVECS	1025
#define CQE_SKIP	(1U << 6) /* IOSQE_CQE_SKIP_SUCCESS */
#define HIPRI		1	/* RWF_HIPRI */
#define MULTISHOT	2	/* IORING_RECV_MULTISHOT */

static char *buffer;
static int cached;

/* ---- files -------------------------------------------------------------------------- */

static void sealed(void)
{
	int fd = must(memfd_create("sealed", MFD_CLOEXEC | MFD_ALLOW_SEALING), "memfd");

	must(ftruncate(fd, PAGE), "ftruncate");
	must(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), "a seal");
	load_fails("sealed", IORING_OP_WRITE_FIXED, fd, buffer, 512, 0, NULL);
}

static void beyond_file_size(void)
{
	struct rlimit before, limit;

	signal(SIGXFSZ, SIG_IGN);
	must(getrlimit(RLIMIT_FSIZE, &before), "getrlimit");
	limit = before;
	limit.rlim_cur = PAGE;
	must(setrlimit(RLIMIT_FSIZE, &limit), "setrlimit");
	load_fails("file-size", IORING_OP_WRITE_FIXED, cached, buffer, 512, PAGE, NULL);
	setrlimit(RLIMIT_FSIZE, &before);
}

static void files(void)
{
	int one = must(eventfd(1, EFD_CLOEXEC), "eventfd");
	int uts = must(open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC), "a namespace");
	int path = must(open("/proc/self/exe", O_PATH | O_CLOEXEC), "O_PATH");
	int root = must(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC), "/");
	int mem = must(open("/proc/self/mem", O_RDWR | O_CLOEXEC), "/proc/self/mem");
	int number = must(open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC), "oom_score_adj");

	load_fails("o-path", IORING_OP_READ_FIXED, path, buffer, 512, 0, NULL);
	load_fails("no-reads", IORING_OP_READ_FIXED, uts, buffer, 512, 0, NULL);
	load_fails("short-record", IORING_OP_READ_FIXED, one, buffer, 4, 0, NULL);
	load_fails("directory", IORING_OP_READ, root, buffer, 512, 0, NULL);
	load_fails("proc-mem", IORING_OP_READ, mem, buffer, 512, 16, NULL);
	load_fails("no-number", IORING_OP_WRITE, number, "none", 4, 0, NULL);
	load_fails("command", OP_URING_CMD, cached, NULL, 0, 0, NULL);
	sealed();
	beyond_file_size();
}

/* ---- sockets -------------------------------------------------------------------------- */

static void out_of_band(struct io_uring_sqe *sqe)
{
	sqe->msg_flags = MSG_OOB;
}

/* Refused before the kernel has taken over that it is over a registered buffer. */
static void padded(struct io_uring_sqe *sqe)
{
	sqe->ioprio = IORING_RECVSEND_FIXED_BUF;
	sqe->__pad2[0] = 1;
}

static void skips_success(struct io_uring_sqe *sqe)
{
	sqe->flags = CQE_SKIP;
}

static void multishot(struct io_uring_sqe *sqe)
{
	sqe->ioprio = MULTISHOT;
}

/* Messages that a socket of IPv4, which is not connected, does not take. */
static void messages(int fd)
{
	static struct iovec many[MESSAGE_IOVECS];
	struct sockaddr_in6 other = { .sin6_family = AF_INET6 };
	struct sockaddr_in port_0 = { .sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct msghdr msg = { .msg_name = &other, .msg_namelen = sizeof(other), .msg_iov = many,
			      .msg_iovlen = 1 };

	load_fails("other-family", IORING_OP_SENDMSG, fd, &msg, 1, 0, NULL);
	msg.msg_name = &port_0;
	msg.msg_namelen = sizeof(port_0);
	load_fails("port-0", IORING_OP_SENDMSG, fd, &msg, 1, 0, NULL);
	msg.msg_iovlen = MESSAGE_IOVECS;
	if (witness_kernel(6, 18))
		load_fails("message-iovecs", IORING_OP_SENDMSG, fd, &msg, 1, 0, NULL);
	else
		load_not_failed("message-iovecs", "older kernels have EINVAL for it, as for port 0");
}

static void broadcast(int fd)
{
	struct sockaddr_in all = { .sin_family = AF_INET, .sin_port = htons(9),
				   .sin_addr.s_addr = htonl(INADDR_BROADCAST) };
	struct iovec iov = { buffer, 16 };
	struct msghdr msg = { .msg_name = &all, .msg_namelen = sizeof(all), .msg_iov = &iov,
			      .msg_iovlen = 1 };

	if (sendmsg(fd, &msg, 0) < 0 && errno == EACCES)
		load_fails("broadcast", IORING_OP_SENDMSG, fd, &msg, 1, 0, NULL);
	else
		load_not_failed("broadcast", "there is no route for one");
}

static void sockets(void)
{
	int udp = must(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "a UDP socket");
	int tcp = must(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "a TCP socket");
	struct sockaddr_in self = { .sin_family = AF_INET, .sin_port = htons(9),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int pair[2];

	signal(SIGPIPE, SIG_IGN);
	must(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair), "socketpair");
	load_fails("no-socket", IORING_OP_SEND, cached, buffer, 16, 0, NULL);
	load_fails("never-connected", IORING_OP_SEND, tcp, buffer, 16, 0, NULL);
	load_fails("not-connected", IORING_OP_RECV, tcp, buffer, 16, 0, NULL);
	load_fails("no-address", IORING_OP_SEND, udp, buffer, 16, 0, NULL);
	broadcast(udp);
	messages(udp);
	load_fails("zero-copy-urgent", OP_SEND_ZC, udp, buffer, 16, 0, out_of_band);
	load_fails("padded", OP_SEND_ZC, udp, buffer, 16, 0, padded);
	load_fails("out-of-band", IORING_OP_SEND, pair[0], buffer, 16, 0, out_of_band);
	load_fails("skips-success", OP_SEND_ZC, pair[0], buffer, 16, 0, skips_success);
	load_fails("multishot", IORING_OP_RECV, pair[0], buffer, 16, 0, multishot);
	must(connect(udp, (void *)&self, sizeof(self)), "connect");
	load_fails("too-long", IORING_OP_SEND, udp, mem_pages(LONG_BYTES / PAGE + 1), LONG_BYTES, 0,
		   NULL);
}

/* ---- requests ------------------------------------------------------------------------- */

static void polled(struct io_uring_sqe *sqe)
{
	sqe->rw_flags = HIPRI;
}

static void group_77(struct io_uring_sqe *sqe)
{
	sqe->flags = IOSQE_BUFFER_SELECT;
	sqe->buf_group = 77;
}

/* Of an operation that this kernel does not have. */
static void unknown_op(void)
{
	struct iovec iov = { buffer, 512 };
	int res = 0;

	if (load_ring_has_op(OP_READV_FIXED)) {
		load_not_failed("unknown-op", "this kernel knows each operation");
		return;
	}
	for (int i = 0; i < LOAD_FAILS; i++) {
		request(OP_READV_FIXED, cached, &iov, 1, 0);
		res = load_result(&ring, 1, OP_READV_FIXED);
	}
	load_failed("unknown-op", OP_READV_FIXED, res, LOAD_FAILS);
}

/* A process that becomes another program takes its requests with it. */
static void exec(void)
{
	for (int i = 0; i < LOAD_FAILS; i++) {
		pid_t pid = fork();

		if (!pid) {
			const struct io_uring_params plain = { 0 };
			int pipes[2];

			must(pipe(pipes), "pipe");
			load_ring_open(4, &plain, "in a child");
			request(IORING_OP_READ, pipes[0], buffer, 512, 0);
			must(io_uring_submit(&ring), "submit");
			execl("/bin/true", "true", NULL);
			_exit(1);
		}
		waitpid(pid, NULL, 0);
	}
	load_failed("exec", IORING_OP_READ, -ECANCELED, LOAD_FAILS);
}

int main(int argc, char **argv)
{
	const struct io_uring_params plain = { 0 };
	struct iovec iov;

	report_init(&argc, argv);
	load_ring_open(8, &plain, "plain");
	buffer = mem_pages(4);
	iov = (struct iovec){ buffer, BUF_BYTES };
	must(uring_register(ring.ring_fd, &iov, 1), "register");
	cached = must(mem_cached_file(PAGE), "a file to read");
	files();
	sockets();
	load_fails("hipri", IORING_OP_READ_FIXED, cached, buffer, 512, 0, polled);
	load_fails("no-provided", IORING_OP_READ, cached, NULL, 512, 0, group_77);
	unknown_op();
	exec();
	report_ready();
	return 0;
}
