/* SPDX-License-Identifier: GPL-2.0 */
/* A process gives up all system calls but those that it names. */
#ifndef FIXBUF_BASE_SECCOMP_H
#define FIXBUF_BASE_SECCOMP_H

#include <linux/types.h>
#include <stddef.h>

struct syscall_rule {
	int nr;
	__u8 arg;		/* with .mask: the number of the argument that decides */
	__u32 mask, value;	/* meant when its low half & mask is value; mask 0: always */
};

/*
 * From here on every other call fails with EPERM, so that a library that tries one goes on
 * without (clone3() with ENOSYS); a call of another architecture's table ends the process. For all
 * threads to come; takes no_new_privs, or CAP_SYS_ADMIN. -errno with a sentence.
 */
int seccomp_allow(const struct syscall_rule *rules, size_t nr);
/* The same with every call allowed but these. */
int seccomp_refuse(const struct syscall_rule *rules, size_t nr);

#endif
