/* SPDX-License-Identifier: GPL-2.0 */
/* What holds of facts by their kind: sizes, and the names that people and programs read. */
#ifndef FIXBUF_MODEL_FACT_H
#define FIXBUF_MODEL_FACT_H

#include <abi/fact.h>
#include <stdbool.h>
#include <stddef.h>

#define CALL_SETUP	0x10000	/* fact_call.op beside enum call_op: not the kernel's number */

struct ledger;

/* What a look found was there before: no event, however often it is written. */
static inline bool fact_is_event(const struct fact *f)
{
	return !(f->flags & FACT_F_SNAPSHOT);
}

/* Bytes that a fact of that kind has at least; 0 for a kind that is none. */
size_t fact_min_size(__u32 kind);
/* "register", "pin", ...; NULL for kinds that are not shown. A call is named by its operation. */
const char *fact_name(const struct fact *f);
/* "ENOMEM" of -ENOMEM. */
const char *fact_errno_name(__s64 result);
/* Whether the arguments of the call were seen: not those of a 32-bit call. */
bool fact_args_known(const struct fact_call *c);
/* It failed, or stopped before it had done all. */
bool fact_call_incomplete(const struct fact_call *c);
/* An I/O over a registered buffer that ended, or whose memory is free again. */
static inline bool fact_is_io(const struct fact *f)
{
	return f->kind == FACT_IO_DONE || f->kind == FACT_IO_FAILED || f->kind == FACT_IO_NOTICE;
}

/* What the program calls the request of an I/O; false where an older record does not say, and 0. */
bool fact_user_data(const struct fact_io *f, __u64 *user_data);

/* What the record has as .ns_pid, 0 where its kind has none; the latter sets it. */
__u32 fact_ns_pid(const struct fact *f);
void fact_set_ns_pid(struct fact *f, __u32 ns_pid);
/* A ring that was not made, as a call of its own kind (CALL_SETUP): for who takes calls. */
void fact_setup_call(struct fact_call *to, const struct fact_setup *from);
/* "setup-failures", ... of bit .n of NOT_SEEN_*. */
const char *not_seen_name(unsigned int n);
/* The descriptor by which the task of .f knows its ring, -1 = none. */
int fact_fd(const struct ledger *l, const struct fact *f);

/* The descriptor at which that process holds the ring, else another's, -1 = none. */
int fact_holder_fd(const struct ledger *l, __u64 ring, __u32 pid);

#endif
