/* SPDX-License-Identifier: GPL-2.0 */
/* What this process may do, and on which kernel it runs. */
#ifndef FIXBUF_BASE_SYSTEM_H
#define FIXBUF_BASE_SYSTEM_H

#include <linux/types.h>
#include <stdbool.h>
#include <sys/types.h>

/* "6.18.44", as uname(2) says. */
const char *system_release(void);
/* What tells this boot of this machine from any other, as the kernel made it up; NULL = it does not say. */
const char *system_boot_id(void);
/* The number in /proc/sys/kernel/.name, .otherwise where there is none. */
int system_setting(const char *name, int otherwise);
/* Whether a capability is in effect, by its number in linux/capability.h. */
bool system_capable(unsigned int cap);
/* What reads of processes reads it there. */
bool system_has_proc(void);
#define NO_PROC "no proc file system is mounted at /proc here; mount it (mount -t proc proc /proc)"
/* Of a process that /proc does not show: 0 = there is none, else -errno with a sentence. */
int system_hides(pid_t pid);
/* In a user namespace of its own, capabilities neither lift RLIMIT_MEMLOCK nor give other users. */
bool system_first_user_namespace(void);
/* In a pid namespace of its own, our /proc may show processes by other ids than the first namespace has. */
bool system_first_pid_namespace(void);
/* Whether RLIMIT_MEMLOCK does not hold for a process, 0 = this one; -1 when that cannot be seen. */
int system_lifts_memlock(pid_t pid);
/* RLIMIT_MEMLOCK in bytes, by a /proc/PID/limits: ~0 = unlimited, or not to be seen (NULL). */
void text_memlock(const char *limits, __u64 *soft, __u64 *hard);

#endif
