/* SPDX-License-Identifier: GPL-2.0 */
/*
 * In which control group processes are, for the label of --by cgroup. Reading that has a bounded
 * cost: each process is looked up once in a while, so many in a collection, fewer of one user, half of
 * them for those that are new. What is remembered has a bound, too, and a user has a quarter of it; who
 * is asked for stays. A process of which it is not known (gone before it was read, or one of too many of
 * its user) has an empty label: it is in that user's row of such.
 */
#ifndef FIXBUF_COMMANDS_EXPORT_CGROUPS_H
#define FIXBUF_COMMANDS_EXPORT_CGROUPS_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include "base/address_key.h"

#define CGROUP_READS		1024	/* in a collection */
#define CGROUP_READS_OF_USER	64
#define CGROUP_READS_OF_ROOT	512	/* whose a whole machine of containers may be */
#define CGROUPS_KNOWN		16384	/* processes that are remembered */
#define CGROUPS_OF_USER		(CGROUPS_KNOWN / 4) /* root may have what one other user leaves */
#define CGROUP_FRESH_NS		60000000000ULL
#define CGROUP_LABEL		512

struct cgroup_of_pid;
struct cgroup_name;
struct cgroup_user;

struct cgroups {
	/* Of a process: false when it cannot be told. NULL: nobody asks. */
	bool (*read)(__u32 pid, char path[CGROUP_LABEL]);
	struct cgroup_of_pid *by_pid;	/* owned, as all lists */
	struct cgroup_name *names;
	struct cgroup_user *users;
	size_t reads;
	__u64 now_ns;
	struct address_key key;
};

void cgroups_init(struct cgroups *c, bool (*read)(__u32 pid, char path[CGROUP_LABEL]));
/* A collection begins: its reads are counted anew. */
void cgroups_begin(struct cgroups *c, __u64 now_ns);
/* What stands for the group of that process of that user; 0 = not known. The same path of the same user has the same. */
__u64 cgroups_id(struct cgroups *c, __u32 pid, __u32 uid);
/* Its path, "" of 0; good until cgroups_begin(). */
const char *cgroups_path(const struct cgroups *c, __u64 id);
void cgroups_free(struct cgroups *c);

/* The reader of a live system. */
bool cgroup_of_process(__u32 pid, char path[CGROUP_LABEL]);

#endif
