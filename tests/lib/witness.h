/* SPDX-License-Identifier: GPL-2.0 */
/* The witnesses of the tests: what the kernel itself says, without the tool. */
#ifndef FIXBUF_WITNESS_H
#define FIXBUF_WITNESS_H

#include <stdbool.h>
#include <sys/types.h>

/* A field of /proc/PID/status in kB ("VmPin", "VmLck", "VmRSS"), -1 when there is none. */
long long witness_status_kb(pid_t pid, const char *field);
/* The same field of any kind as a number in that base; ~0 when there is none. */
unsigned long long witness_status(pid_t pid, const char *field, int base);
/* Waits up to ms for the field to become kb; returns the last value. */
long long witness_await_kb(pid_t pid, const char *field, long long kb, int ms);

/* Pin references taken minus given back, system-wide since boot; -1 when not counted. */
long long witness_pins(void);
/* Waits until that has not moved for half a second, as rings and slots are released late. */
long long witness_pins_at_rest(void);

/* "UserBufs" of /proc/PID/fdinfo/FD, -1 when it does not say. */
long long witness_user_bufs(pid_t pid, int fd);

/* Page frame at an address, 0 when none is present (or without CAP_SYS_ADMIN). */
unsigned long long witness_pfn(pid_t pid, const void *addr);
/* Whether a page is present at the address; works without privilege. */
bool witness_present(pid_t pid, const void *addr);

/* Bytes of huge pages in the mapping of this process that begins at or holds p. */
size_t witness_huge_bytes(const void *p);

/*
 * Whether neighbours in memory are one segment, whatever folios they are of, as the kernel's
 * own types say (patches/0010): how many segments a buffer has is then up to the allocator.
 */
bool witness_joins_pages(void);

/* Whether this kernel is that version or a later one. */
bool witness_kernel(unsigned int major, unsigned int minor);

/* Lists the children of a process, at most .max: returns how many. */
size_t witness_children(pid_t pid, pid_t *list, size_t max);

/* Counts the open descriptors of a process. */
int witness_nr_fds(pid_t pid);

#endif
