// SPDX-License-Identifier: GPL-2.0
#include <endian.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include "base/err.h"
#include "base/seccomp.h"

#if defined(__x86_64__)
#define OWN_ARCH	AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OWN_ARCH	AUDIT_ARCH_AARCH64
#endif
/* x86: the x32 table has the same architecture, and this bit in its numbers */
#define X32_BIT		0x40000000
#define MAX_RULES	96
#define LOW_HALF	(__BYTE_ORDER == __BIG_ENDIAN ? sizeof(__u32) : 0)

struct filter {
	struct sock_filter code[10 + 6 * MAX_RULES];
	unsigned short len;
};

static void put(struct filter *f, __u16 code, __u32 k, __u8 if_true, __u8 if_false)
{
	f->code[f->len++] = (struct sock_filter)BPF_JUMP(code, k, if_true, if_false);
}

static void load(struct filter *f, size_t offset)
{
	put(f, BPF_LD | BPF_W | BPF_ABS, offset, 0, 0);
}

static void answer(struct filter *f, __u32 what)
{
	put(f, BPF_RET | BPF_K, what, 0, 0);
}

/* Each rule is a block that is jumped over, so that no jump is longer than a block. */
static void put_rule(struct filter *f, const struct syscall_rule *r, __u32 what)
{
	if (!r->mask) {
		put(f, BPF_JMP | BPF_JEQ | BPF_K, r->nr, 0, 1);
		answer(f, what);
		return;
	}
	put(f, BPF_JMP | BPF_JEQ | BPF_K, r->nr, 0, 5);
	load(f, offsetof(struct seccomp_data, args) + r->arg * sizeof(__u64) + LOW_HALF);
	put(f, BPF_ALU | BPF_AND | BPF_K, r->mask, 0, 0);
	put(f, BPF_JMP | BPF_JEQ | BPF_K, r->value, 0, 1);
	answer(f, what);
	load(f, offsetof(struct seccomp_data, nr));
}

static int install(const struct syscall_rule *rules, size_t nr, __u32 these, __u32 others)
{
	struct filter f = { .len = 0 };
	struct sock_fprog program = { .filter = f.code };

	if (nr > MAX_RULES)
		return err_set(E2BIG, "a filter of %zu system calls is too long", nr);
#ifdef __SANITIZE_ADDRESS__
	/* its look for leaks, at the end, makes calls of its own */
	return 0;
#endif
#ifdef OWN_ARCH
	load(&f, offsetof(struct seccomp_data, arch));
	put(&f, BPF_JMP | BPF_JEQ | BPF_K, OWN_ARCH, 1, 0);
	answer(&f, SECCOMP_RET_KILL_PROCESS);
#endif
	load(&f, offsetof(struct seccomp_data, nr));
	put(&f, BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1);
	answer(&f, SECCOMP_RET_KILL_PROCESS);
	/* a filter cannot see its flags; told that there is none, the C library takes clone() */
	put(&f, BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1);
	answer(&f, SECCOMP_RET_ERRNO | ENOSYS);
	for (size_t i = 0; i < nr; i++)
		put_rule(&f, &rules[i], these);
	answer(&f, others);
	program.len = f.len;
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		return err_set(errno, "cannot restrict system calls: %s%s", strerror(errno),
			       errno == EINVAL ? "; this kernel has no filters for them (CONFIG_SECCOMP_FILTER), without which export does not run" : "");
	return 0;
}

int seccomp_allow(const struct syscall_rule *rules, size_t nr)
{
	return install(rules, nr, SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO | EPERM);
}

int seccomp_refuse(const struct syscall_rule *rules, size_t nr)
{
	return install(rules, nr, SECCOMP_RET_ERRNO | EPERM, SECCOMP_RET_ALLOW);
}
