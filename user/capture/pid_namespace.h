/* SPDX-License-Identifier: GPL-2.0 */
/*
 * In which pid namespace we are, and which one our /proc shows: its ids are those that people see
 * and give. Iterators show the processes of ours and of those below it, no others.
 */
#ifndef FIXBUF_CAPTURE_PID_NAMESPACE_H
#define FIXBUF_CAPTURE_PID_NAMESPACE_H

#include "capture/holders.h"
#include "model/selection.h"

struct walk_bpf;

/* Once the kernel side knows our process: from then on facts have .ns_pid. */
void pid_namespace_learn(struct walk_bpf *skel);
/*
 * Makes .pids, which are as /proc shows them, those of the initial namespace, by what the iterator
 * over tasks tells of all processes. 0, or -errno with a sentence.
 */
int pid_namespace_translate(struct selection *s, const struct holders *processes);

#endif
