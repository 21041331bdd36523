// SPDX-License-Identifier: GPL-2.0
/*
 * A block device of our own (ublk): 13 reads of it, and what the kernel itself
 * reads when it appears. For each the pages of the request are put into a slot
 * of the server's ring and taken out again, as a server without copies does.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/types.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "load_report.h"
#include "memory.h"

#define READS		13
#define DEPTH		2
#define SLOTS		5
#define FIRST_SLOT	3	/* of tag 0 */
#define READ_BYTES	(7 * PAGE)
#define DEVICE_BYTES	(1 << 20)
#define MOST_S		100

/* linux/ublk_cmd.h, of a version that Debian 12 does not have */
struct ctrl_cmd {
	__u32 dev_id;
	__u16 queue_id, len;
	__u64 addr, data;
	__u16 dev_path_len, pad;
	__u32 reserved;
};

struct io_cmd {
	__u16 q_id, tag;
	__s32 result;
	__u64 addr;
};

struct io_desc {
	__u32 op_flags, nr_sectors;
	__u64 start_sector, addr;
};

struct dev_info {
	__u16 nr_hw_queues, queue_depth, state, pad0;
	__u32 max_io_buf_bytes, dev_id;
	__s32 ublksrv_pid;
	__u32 pad1;
	__u64 flags, ublksrv_flags;
	__u32 owner_uid, owner_gid;
	__u64 reserved[2];
};

struct params {
	__u32 len, types;
	__u32 attrs;
	__u8 logical_bs_shift, physical_bs_shift, io_opt_shift, io_min_shift;
	__u32 max_sectors, chunk_sectors;
	__u64 dev_sectors, virt_boundary_mask;
};

#define DEV_CMD(nr)	_IOWR('u', nr, struct ctrl_cmd)
#define IO_CMD(nr)		_IOWR('u', nr, struct io_cmd)
#define ADD_DEV		DEV_CMD(0x04)
#define DEL_DEV		DEV_CMD(0x05)
#define START_DEV	DEV_CMD(0x06)
#define STOP_DEV	DEV_CMD(0x07)
#define SET_PARAMS	DEV_CMD(0x08)
#define FETCH		IO_CMD(0x20)
#define COMMIT_AND_FETCH IO_CMD(0x21)
#define REGISTER_IO_BUF	IO_CMD(0x23)
#define UNREGISTER_IO_BUF IO_CMD(0x24)
#define PARAM_BASIC	1
#define F_ZERO_COPY	1
#define SETUP_SQE128	(1U << 10)

enum { STEP_REQUEST, STEP_REGISTERED, STEP_DROPPED };

static struct io_uring control, queue;
static struct ctrl_cmd command = { .dev_id = ~0U, .queue_id = ~0 };
static const struct io_desc *descs;
static int control_fd, char_fd;
static atomic_uint registered, dropped, requests;

/* Returns a cleared SQE whose end holds the command's own part. */
static struct io_uring_sqe *prepare(struct io_uring *r, int fd, __u32 op, const void *cmd, size_t len)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(r);

	if (!sqe)
		bail("the ring is full");
	memset(sqe, 0, len > 16 ? 2 * sizeof(*sqe) : sizeof(*sqe));
	sqe->opcode = IORING_OP_URING_CMD;
	sqe->fd = fd;
	sqe->off = op;
	memcpy((char *)sqe + 48, cmd, len);
	return sqe;
}

/* Does one step of the device's life: 0 or -errno. */
static int ctl(__u32 op, const void *arg, __u16 len, __u64 data)
{
	struct io_uring_cqe *cqe;
	int result;

	command.addr = (__u64)(unsigned long)arg;
	command.len = len;
	command.data = data;
	prepare(&control, control_fd, op, &command, sizeof(command));
	io_uring_submit(&control);
	if (io_uring_wait_cqe(&control, &cqe))
		return -EIO;
	result = cqe->res;
	io_uring_cqe_seen(&control, cqe);
	return result;
}

static void push(__u32 op, unsigned int tag, int step, __s32 result, __u64 addr)
{
	struct io_cmd cmd = { .tag = tag, .result = result, .addr = addr };

	prepare(&queue, char_fd, op, &cmd, sizeof(cmd))->user_data = (__u64)step << 32 | tag;
	io_uring_submit(&queue);
}

/* Handles a completion; false when the device is stopped. */
static bool serve(__u64 data, int result)
{
	unsigned int tag = data;

	switch (data >> 32) {
	case STEP_REQUEST:
		if (result)
			return false;
		requests++;
		push(REGISTER_IO_BUF, tag, STEP_REGISTERED, 0, FIRST_SLOT + tag);
		return true;
	case STEP_REGISTERED:
		must(result, "register a request's pages");
		registered++;
		push(UNREGISTER_IO_BUF, tag, STEP_DROPPED, 0, FIRST_SLOT + tag);
		return true;
	default:
		must(result, "unregister them");
		dropped++;
		push(COMMIT_AND_FETCH, tag, STEP_REQUEST, descs[tag].nr_sectors * 512, 0);
		return true;
	}
}

static void *server(void *arg)
{
	struct io_uring_cqe *cqe;
	int left = DEPTH;

	(void)arg;
	must(io_uring_queue_init(4 * DEPTH, &queue, 0), "io_uring_setup");
	must(io_uring_register_buffers_sparse(&queue, SLOTS), "register an empty table");
	for (unsigned int tag = 0; tag < DEPTH; tag++)
		push(FETCH, tag, STEP_REQUEST, 0, 0);
	while (left && !io_uring_wait_cqe(&queue, &cqe)) {
		__u64 data = cqe->user_data;
		int result = cqe->res;

		io_uring_cqe_seen(&queue, cqe);
		left -= !serve(data, result);
	}
	return NULL;
}

static int open_soon(const char *format, unsigned int id, int flags)
{
	char path[32];
	int fd = -1;

	snprintf(path, sizeof(path), format, id);
	for (int i = 0; i < 500 && (fd = open(path, flags | O_CLOEXEC)) < 0; i++)
		usleep(10000);
	return must(fd < 0 ? -errno : fd, path);
}

static void add_device(void)
{
	struct dev_info info = {
		.nr_hw_queues = 1, .queue_depth = DEPTH, .max_io_buf_bytes = 64 << 10,
		.dev_id = ~0U, .flags = F_ZERO_COPY,
	};
	struct params params = {
		.len = sizeof(params), .types = PARAM_BASIC,
		.logical_bs_shift = 9, .physical_bs_shift = 12, .io_opt_shift = 12,
		.io_min_shift = 9, .max_sectors = 128, .dev_sectors = DEVICE_BYTES / 512,
	};
	int err = ctl(ADD_DEV, &info, sizeof(info), 0);

	if (err == -EOPNOTSUPP || err == -EINVAL)
		report_skip("this kernel's ublk does not know servers without copies");
	must(err, "add a ublk device");
	if (!(info.flags & F_ZERO_COPY))
		report_skip("this kernel's ublk has no servers without copies");
	command.dev_id = info.dev_id;
	must(ctl(SET_PARAMS, &params, sizeof(params), 0), "set its size");
	char_fd = open_soon("/dev/ublkc%u", info.dev_id, O_RDWR);
	descs = mmap(NULL, PAGE, PROT_READ, MAP_SHARED | MAP_POPULATE, char_fd, 0);
	must(descs == MAP_FAILED ? -errno : 0, "map its requests");
}

static void read_it(void)
{
	int fd = open_soon("/dev/ublkb%u", command.dev_id, O_RDONLY | O_DIRECT);
	char *p = mem_pages(READ_BYTES / PAGE);

	for (int i = 0; i < READS; i++)
		must(pread(fd, p, READ_BYTES, i * READ_BYTES) == (ssize_t)READ_BYTES ? 0 : -EIO, "read it");
	close(fd);
}

int main(int argc, char **argv)
{
	pthread_t thread;

	report_init(&argc, argv);
	alarm(MOST_S);
	control_fd = open("/dev/ublk-control", O_RDWR | O_CLOEXEC);
	if (control_fd < 0)
		report_skip("there is no ublk driver: %s", strerror(errno));
	if (io_uring_queue_init(4, &control, SETUP_SQE128))
		report_skip("this kernel has no ublk");
	add_device();
	must(-pthread_create(&thread, NULL, server, NULL), "start a thread");
	must(ctl(START_DEV, NULL, 0, getpid()), "start the device");
	read_it();
	must(ctl(STOP_DEV, NULL, 0, 0), "stop the device");
	pthread_join(thread, NULL);
	io_uring_queue_exit(&queue);
	munmap((void *)descs, PAGE);
	close(char_fd);
	must(ctl(DEL_DEV, NULL, 0, 0), "remove the device");
	report("reads=%d", READS);
	report("read.bytes=%d", (int)READ_BYTES);
	report("requests=%u", requests);
	report("registered=%u", registered);
	report("dropped=%u", dropped);
	report("first_slot=%d", FIRST_SLOT);
	report_ready();
	return 0;
}
