/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whether a task is in the cgroup that was asked for, or in one below it, in the unified hierarchy:
 * each cgroup knows those above it, by level.
 */
#ifndef FIXBUF_BPF_KERNEL_CGROUP_H
#define FIXBUF_BPF_KERNEL_CGROUP_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct kernfs_node {
	const char *name;
	__u64 id;
};

struct cgroup {
	int level;
	struct kernfs_node *kn;
	struct cgroup *ancestors[1];
};

struct cgroup___ids {
	__u64 ancestor_ids[1];
};

struct cgroup_subsys_state {
	struct cgroup *cgroup;
};

struct css_set {
	struct cgroup_subsys_state *subsys[1];
	struct cgroup *dfl_cgrp;
};

struct task_struct___cgroups {
	struct css_set *cgroups;
};

#pragma clang attribute pop

const volatile __u64 select_cgroup __weak;	/* its id; 0 = none was asked for */
const volatile __u32 select_cgroup_level __weak; /* 0 = the root */

/*
 * Before 7f203bc89eb6 ("cgroup: Replace cgroup->ancestor_ids[] with ->ancestors[]"), 6.1, a cgroup
 * has the ids of those above it. .set: a task's struct css_set *. Not static: the verifier looks at
 * it once.
 */
__weak __noinline int set_in_cgroup(__u64 set)
{
	struct cgroup *group = BPF_CORE_READ((struct css_set *)set, dfl_cgrp), *above = NULL;
	__u64 at = select_cgroup_level * sizeof(__u64), id = 0;

	if (BPF_CORE_READ(group, level) < (int)select_cgroup_level)
		return 0;
	if (bpf_core_field_exists(group->ancestors)) {
		bpf_probe_read_kernel(&above, sizeof(above), (void *)group + at +
				      bpf_core_field_offset(struct cgroup, ancestors));
		id = BPF_CORE_READ(above, kn, id);
	} else {
		bpf_probe_read_kernel(&id, sizeof(id), (void *)group + at +
				      bpf_core_field_offset(struct cgroup___ids, ancestor_ids));
	}
	return id == select_cgroup;
}

static __always_inline bool task_in_cgroup(const void *task)
{
	return set_in_cgroup((__u64)BPF_CORE_READ((struct task_struct___cgroups *)task, cgroups));
}

#endif
