// SPDX-License-Identifier: GPL-2.0
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "capture/hook_trial.h"

#define ENOTSUPP	524	/* the kernel's own: no header for programs has it */
#define KPROBE_TYPE "/sys/bus/event_source/devices/kprobe/type"

static int refused(int err, const char *step, char *why, size_t size)
{
	if (err == -EPERM || err == -EACCES)
		snprintf(why, size, "%s refused (%s): kernel lockdown, an LSM, or a container", step,
			 err == -EPERM ? "EPERM" : "EACCES");
	else if (err == -ENOTSUPP)
		snprintf(why, size, "%s is not supported by this kernel on this architecture (ENOTSUPP)",
			 step);
	else
		snprintf(why, size, "%s: %s", step, strerror(-err));
	return err;
}

int trial_fentry(const struct prototype *p, bool attach, char *why, size_t size)
{
	static const struct bpf_insn nothing[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_FENTRY,
		    .attach_btf_id = p->func);
	int prog, link, err;

	prog = bpf_prog_load(BPF_PROG_TYPE_TRACING, "trial", "GPL", nothing,
			     sizeof(nothing) / sizeof(nothing[0]), &opts);
	if (prog < 0)
		return refused(prog, "fentry", why, size);
	if (!attach) {
		close(prog);
		return 0;
	}
	link = bpf_raw_tracepoint_open(NULL, prog);
	err = link < 0 ? -errno : 0;
	if (!err)
		close(link);
	close(prog);
	return err ? refused(err, "fentry", why, size) : 0;
}

static int kprobe_type(void)
{
	char digits[16];
	ssize_t n;
	int fd;

	fd = open(KPROBE_TYPE, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, digits, sizeof(digits) - 1);
	close(fd);
	if (n <= 0)
		return -EIO;
	digits[n] = 0;
	return atoi(digits);
}

int trial_kprobe(const char *func, char *why, size_t size)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr), .kprobe_func = (__u64)(unsigned long)func,
	};
	int type = kprobe_type(), fd;

	if (type == -ENOENT) {
		snprintf(why, size, "this kernel has no kprobes (CONFIG_KPROBE_EVENTS)");
		return type;
	}
	if (type < 0)
		return refused(type, "reading " KPROBE_TYPE, why, size);
	attr.type = type;
	fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		return refused(-errno, "kprobe", why, size);
	close(fd);
	return 0;
}
