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
	"NOP", NULL
};

bool trace_filter_add_op(struct trace_filter *t, const char *name, size_t len)
{
	for (unsigned int op = 0; op < 64; op++) {
		const char *its = io_op_name(op);

		if (strcmp(its, "?") && strlen(its) == len && !strncasecmp(its, name, len)) {
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
	return (!t->failed || has_failed(f)) && (!t->slow_ns || took_ns(f) >= t->slow_ns) &&
	       (!t->ops || has_op(t->ops, f)) && bytes_of(f) >= t->min_bytes;
}
