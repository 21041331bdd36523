/* SPDX-License-Identifier: GPL-2.0 */
/* What this process may do, and on which kernel it runs. */
#ifndef FIXBUF_BASE_SYSTEM_H
#define FIXBUF_BASE_SYSTEM_H

#include <stdbool.h>

/* "6.18.44", as uname(2) says. */
const char *system_release(void);
/* The number in /proc/sys/kernel/.name, .otherwise where there is none. */
int system_setting(const char *name, int otherwise);
/* Whether a capability is in effect, by its number in linux/capability.h. */
bool system_capable(unsigned int cap);
/* In a user namespace of its own, capabilities neither lift RLIMIT_MEMLOCK nor give other users. */
bool system_first_user_namespace(void);

#endif
