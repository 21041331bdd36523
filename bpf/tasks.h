/* SPDX-License-Identifier: GPL-2.0 */
/* What the iterator over tasks tells of the one that it is at: tasks.bpf.c, waited.bpf.c. */
#ifndef FIXBUF_BPF_TASKS_H
#define FIXBUF_BPF_TASKS_H

#include "abi/fact.h"

#define TASK_HOLDERS	65	/* together they fit one buffer of the iterator */

extern __u64 at_task;		/* struct task_struct * */
extern struct fact_holder out_holders[TASK_HOLDERS];
extern __u32 nr_holders;	/* more than TASK_HOLDERS: the others are not there */

/* Tells the rings that it sleeps in a call of. */
int find_waited(void);

#endif
