// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/page_size.h"
#include "model/fact.h"
#include "model/io_counters.h"
#include "views/trace_filter.h"

const char *const trace_event_names[] = {
	"ring-create", "ring-close", "register", "unregister", "update", "clone", "enter", "buffer",
	"drop", "in-use", "pin", "unpin", "charge", "uncharge", "io-done", "io-notified", NULL
};

static const char *const calls[] = {
	"ring-create", "register", "unregister", "update", "clone", "enter", NULL
};

bool trace_filter_add(struct trace_filter *t, const char *name, size_t len)
{
	for (int i = 0; trace_event_names[i]; i++)
		if (strlen(trace_event_names[i]) == len && !strncmp(trace_event_names[i], name, len)) {
			t->events |= 1U << i;
			return true;
		}
	return false;
}

void trace_filter_calls(struct trace_filter *t)
{
	for (int i = 0; calls[i]; i++)
		trace_filter_add(t, calls[i], strlen(calls[i]));
}

static const char *named(const struct trace_filter *t, const char *name)
{
	struct trace_filter its = { 0 };

	trace_filter_add(&its, name, strlen(name));
	return t->events & its.events ? name : NULL;
}

const char *trace_filter_of_io(const struct trace_filter *t)
{
	return named(t, "io-done") ?: named(t, "io-notified");
}

const char *trace_filter_of_all_calls(const struct trace_filter *t)
{
	struct trace_filter all = { 0 };

	/* --calls is all that are seen */
	trace_filter_calls(&all);
	return (t->events & all.events) == all.events ? NULL : named(t, "enter");
}

const char *const trace_op_names[] = {
	"READ_FIXED", "WRITE_FIXED", "READV_FIXED", "WRITEV_FIXED", "SEND_ZC", "SENDMSG_ZC", "URING_CMD",
	"NOP", "SEND", "RECV", NULL
};

/* What may let an event through: in the order of trace_event_names. */
enum { FAILS = 1, TAKES = 2, IS_IO = 4, HAS_SIZE = 8 };

static const unsigned char can[] = {
	FAILS | TAKES, 0,				/* ring-create, ring-close */
	FAILS | TAKES, FAILS | TAKES, FAILS | TAKES,	/* register, unregister, update */
	FAILS | TAKES, FAILS | TAKES,			/* clone, enter */
	HAS_SIZE, HAS_SIZE, HAS_SIZE,			/* buffer, drop, in-use */
	FAILS | TAKES | HAS_SIZE, FAILS | TAKES | HAS_SIZE, /* pin, unpin */
	FAILS | HAS_SIZE, FAILS | HAS_SIZE,		/* charge, uncharge */
	FAILS | TAKES | IS_IO | HAS_SIZE, TAKES | IS_IO, /* io-done, io-notified */
};

_Static_assert(sizeof(can) == sizeof(trace_event_names) / sizeof(trace_event_names[0]) - 1, "one for each");

const char *trace_filter_never_shows(const struct trace_filter *t)
{
	unsigned int lets = 0;

	for (size_t i = 0; i < sizeof(can); i++)
		lets |= !t->events || t->events & 1U << i ? can[i] : 0;
	if (t->ops && !(lets & IS_IO))
		return "--op shows I/O alone, of which --calls and these --events show none; leave one of them out";
	if (t->min_bytes && !(lets & HAS_SIZE))
		return "--min-size shows what has a size (buffers, pins, charges, I/O), of which --calls and these --events show none; leave one of them out";
	if (t->failed && !(lets & FAILS))
		return "--failed shows calls, pins, charges and I/O, none of which is among these --events; leave one of them out";
	if (t->slow_ns && !(lets & TAKES))
		return "--slow shows calls, pins and I/O, none of which is among these --events; leave one of them out";
	return NULL;
}

static bool is_listed(const char *op)
{
	size_t i = 0;

	while (trace_op_names[i] && strcmp(trace_op_names[i], op))
		i++;
	return trace_op_names[i];
}

bool trace_filter_add_op(struct trace_filter *t, const char *name, size_t len)
{
	for (unsigned int op = 0; op < 64; op++) {
		const char *its = io_op_name(op);

		if (is_listed(its) && strlen(its) == len && !strncasecmp(its, name, len)) {
			t->ops |= 1ULL << op;
			return true;
		}
	}
	return false;
}

static bool has_failed(const struct fact *f)
{
	switch (f->kind) {
	case FACT_CALL:
		return fact_call_incomplete((const void *)f);
	case FACT_SETUP:
		return true;
	case FACT_PIN:
	case FACT_UNPIN:
		return ((const struct fact_pin *)f)->result < 0;
	case FACT_CHARGE:
	case FACT_UNCHARGE:
		return ((const struct fact_charge *)f)->result < 0;
	case FACT_IO_DONE:
	case FACT_IO_FAILED:
		return ((const struct fact_io *)f)->result < 0;
	}
	return false;
}

/* 0 where it was not seen. */
static __u64 took_ns(const struct fact *f)
{
	const struct fact_setup *s = (const void *)f;
	const struct fact_call *c = (const void *)f;

	switch (f->kind) {
	case FACT_CALL:
		return c->start_ns ? f->t_ns - c->start_ns : 0;
	case FACT_SETUP:
		return s->start_ns ? f->t_ns - s->start_ns : 0;
	case FACT_PIN:
	case FACT_UNPIN:
		return ((const struct fact_pin *)f)->duration_ns;
	case FACT_IO_DONE:
	case FACT_IO_FAILED:
	case FACT_IO_NOTICE:
		return ((const struct fact_io *)f)->latency_ns;
	}
	return 0;
}

static __u64 io_bytes(const struct fact_io *io)
{
	return io->io_flags & IO_F_RANGE ? io->len_bytes : io->result > 0 ? (__u64)io->result : 0;
}

/* 0 of what has none, and where it is not known. */
static __u64 bytes_of(const struct fact *f)
{
	switch (f->kind) {
	case FACT_BUFFER:
	case FACT_DROP:
		return ((const struct fact_buffer *)f)->len_bytes;
	case FACT_IN_USE:
		return ((const struct fact_in_use *)f)->len_bytes;
	case FACT_PIN:
	case FACT_UNPIN:
		return ((const struct fact_pin *)f)->pages << PAGE_SHIFT;
	case FACT_CHARGE:
	case FACT_UNCHARGE:
		return (__u64)llabs(((const struct fact_charge *)f)->pages) << PAGE_SHIFT;
	}
	return fact_is_io(f) ? io_bytes((const void *)f) : 0;
}

static bool has_op(__u64 ops, const struct fact *f)
{
	__u32 op = fact_is_io(f) ? ((const struct fact_io *)f)->opcode : 64;

	return op < 64 && ops & 1ULL << op;
}

bool trace_filter_shows(const struct trace_filter *t, const struct ledger *l, const struct fact *f)
{
	struct trace_filter its = { 0 };
	const char *name = fact_name(f);

	if (!name)
		return false;
	if (t->events && (!trace_filter_add(&its, name, strlen(name)) || !(its.events & t->events)))
		return false;
	if (t->has_fd && (__s64)fact_fd(l, f) != t->fd)
		return false;
	if (t->ring && f->ring != t->ring)
		return false;
	return (!t->failed || has_failed(f)) && (!t->slow_ns || took_ns(f) >= t->slow_ns) &&
	       (!t->ops || has_op(t->ops, f)) && bytes_of(f) >= t->min_bytes;
}
