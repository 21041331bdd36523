/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reading what a process may keep from being read for as long as it likes: who calls mmap() of a
 * file whose server, the user's own, does not answer holds the lock of its address space meanwhile
 * (linux/fs/fuse/file.c, fuse_file_mmap()), and who reads its pagemap or maps waits; no signal but
 * SIGKILL ends that (mmap_read_lock_killable() in linux/fs/proc/task_mmu.c). So a thread waits,
 * which is left behind when it takes too long.
 */
#ifndef FIXBUF_BASE_PATIENT_H
#define FIXBUF_BASE_PATIENT_H

#include <linux/types.h>
#include <stdbool.h>

/*
 * Runs .work(*job) for the process with this number. True when it is done; false when it took a
 * second, or the process or three of its user's have not let go of the last one yet: errno is EAGAIN,
 * and *job NULL, for it is no longer the caller's. .drop() frees it then, with what it has opened by
 * that time. .work() is called by this thread where no other can be started.
 */
bool patient_run(__u32 pid, void (*work)(void *job), void (*drop)(void *job), void **job);

#endif
