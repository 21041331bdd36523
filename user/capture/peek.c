// SPDX-License-Identifier: GPL-2.0
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include "base/clock.h"
#include "base/err.h"
#include "base/signals.h"
#include "capture/peek.h"

bool peek_is_over(const struct peek *p)
{
	if (p->deadline_ns && clock_now_ns() >= p->deadline_ns)
		return true;
	return interrupted && !p->seen_through;
}

int peek_end(void)
{
	return interrupted ? err_set(EINTR, "interrupted before all rings were read") :
			     err_set(ETIME, "the time was over before all rings were read");
}

int peek(const struct bpf_program *prog, __u64 arg0, __u64 arg1, __u64 arg2)
{
	__u64 args[3] = { arg0, arg1, arg2 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = args, .ctx_size_in = sizeof(args));

	if (!bpf_prog_test_run_opts(bpf_program__fd(prog), &opts))
		return 0;
	return err_set(errno, "this kernel does not run %s: %s; Linux 5.10 or later is needed",
		       bpf_program__name(prog), strerror(errno));
}
