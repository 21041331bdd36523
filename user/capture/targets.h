/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What programs attach to, by the name in their section: libbpf would read the kernel's types a
 * second time, all of them, for the number of one function.
 */
#ifndef FIXBUF_CAPTURE_TARGETS_H
#define FIXBUF_CAPTURE_TARGETS_H

#include <linux/types.h>
#include <stdbool.h>

struct bpf_link;
struct bpf_object;
struct bpf_program;
struct type_index;

/* Before any object is opened: libbpf asks us from then on. */
void targets_register(void);
/* Has the index look for what the object's programs attach to. */
void targets_want(struct type_index *index, const struct bpf_object *obj);

/*
 * Attaches it as its section says. Not by bpf_program__attach(): from libbpf 1.2 on that knows nothing
 * of a program whose type was set. NULL with errno.
 */
struct bpf_link *targets_attach(const struct bpf_program *prog);

/*
 * Whether a task may be preempted in a program of a tracepoint, which is not run on that CPU until
 * it goes on: from 7.0 (f7d327654b88, "bpf: Have __bpf_trace_run() use rcu_read_lock_dont_migrate()").
 * What must see all is attached twice then (bpf/twice.h).
 */
bool targets_may_be_missed(void);
/*
 * Times that the kernel ran neither .prog nor .again, which does the same (NULL = there is none), since
 * one of its kind was under way on that CPU.
 */
__u64 targets_missed_runs(const struct bpf_program *prog, const struct bpf_program *again);

#endif
