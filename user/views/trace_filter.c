// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include "model/fact.h"
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

bool trace_filter_shows(const struct trace_filter *t, const struct fact *f)
{
	struct trace_filter its = { 0 };
	const char *name = fact_name(f);

	if (!name)
		return false;
	if (t->events && (!trace_filter_add(&its, name, strlen(name)) || !(its.events & t->events)))
		return false;
	return (!t->failed || has_failed(f)) && (!t->slow_ns || took_ns(f) >= t->slow_ns);
}
