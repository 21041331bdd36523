/* SPDX-License-Identifier: GPL-2.0 */
/* Finds the cgroup that was asked for, by its path, a systemd unit's name or a container's id. */
#ifndef FIXBUF_CAPTURE_CGROUP_H
#define FIXBUF_CAPTURE_CGROUP_H

#include <stdbool.h>
#include "model/ledger.h"
#include "model/selection.h"

#define CGROUP_PATH_SIZE 512

/*
 * Fills .cgroup_path to .cgroup_level of what .cgroup asks for, if it does. 0, or -errno with a
 * sentence: -ENOTSUP where this machine has no cgroups to select by, else there is no such cgroup.
 */
int cgroup_find(struct selection *s);
/* Whether there is version 2, by which alone a cgroup is found. 0, or -ENOTSUP with a sentence that ends with .what. */
int cgroup_need_v2(const char *what);
/*
 * Whether all processes have their place in version 2: where v1 or both are mounted, it has all of them
 * in its root, or others than who started them says. 0, or -ENOTSUP with a sentence that ends with .remedy.
 */
int cgroup_may_group(const char *remedy);
/* Where a process is, /proc/PID being open at .dir: "/" and what follows; false when it is not told. */
bool cgroup_of(int dir, char path[CGROUP_PATH_SIZE]);
/* Whether .path is the cgroup that was found, or below it. */
bool cgroup_is_in(const struct selection *s, const char *path);
/*
 * The memory that it uses, and the least limit on that, its own or one above as far as they are
 * mounted here; ~0 = none, or not to be read.
 */
void cgroup_memory(const char *path, __u64 *bytes, __u64 *max_bytes);
/* Fills .cgroup and .inner_pid of a holder, its /proc/PID being open at .dir. */
void cgroup_name_holder(struct holder *h, int dir);
/* The same of all that a ring has, where they live. */
void cgroup_name_holders(struct ring *r);

#endif
