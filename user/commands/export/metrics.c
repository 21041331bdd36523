// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <string.h>
#include "base/page_size.h"
#include "base/system.h"
#include "capture/kernel.h"
#include "base/untrusted.h"
#include "commands/export/metrics_private.h"
#include "model/fact.h"
#include "views/stat.h"
#include "views/trace_text.h"

/* ---- the format -------------------------------------------------------------------- */

void metric_family(struct view *v, const char *name, const char *type, const char *unit,
		   const char *help)
{
	bool text = v->format == METRICS_TEXT, info = !strcmp(type, "info");
	const char *suffix = "";

	v->name = name;
	v->counter = !strcmp(type, "counter");
	if (text && v->counter)
		suffix = "_total";
	if (text && info)
		suffix = "_info";
	fprintf(v->out, "# HELP %s%s %s\n# TYPE %s%s %s\n", name, suffix, help, name, suffix,
		text && info ? "gauge" : type);
	if (!text && unit)
		fprintf(v->out, "# UNIT %s %s\n", name, unit);
}

void metric_begin(struct view *v, const char *suffix)
{
	fprintf(v->out, "%s%s{", v->name, v->counter ? "_total" : suffix);
}

void metric_value(struct view *v, const char *fmt, ...)
{
	va_list ap;

	fputs("} ", v->out);
	va_start(ap, fmt);
	vfprintf(v->out, fmt, ap);
	va_end(ap);
	fputc('\n', v->out);
}

void metric_plain(struct view *v, __u64 number)
{
	fprintf(v->out, "%s%s %llu\n", v->name, v->counter ? "_total" : "", number);
}

static void plain_seconds(struct view *v, __u64 ns)
{
	fprintf(v->out, "%s %llu.%09llu\n", v->name, ns / 1000000000, ns % 1000000000);
}

/* Labels that say whose it is. */
static void put_owner(struct view *v, const struct owner *o, enum export_by by)
{
	bool processes = by == EXPORT_BY_PID || by == EXPORT_BY_RING;

	if (o->other) {
		fprintf(v->out, "uid=\"other\",comm=\"other\"%s%s%s", by == EXPORT_BY_CGROUP ? ",cgroup=\"other\"" : "",
			processes ? ",pid=\"other\"" : "", by == EXPORT_BY_RING ? ",ring=\"other\"" : "");
		return;
	}
	fprintf(v->out, "uid=\"%u\",comm=\"", o->key.uid);
	put_label(v->out, comm_name(&o->key.comm));
	if (by == EXPORT_BY_CGROUP) {
		fputs("\",cgroup=\"", v->out);
		put_label(v->out, untrusted(o->cgroup));
	}
	fputc('"', v->out);
	if (processes)
		fprintf(v->out, ",pid=\"%u\"", o->key.pid);
	if (by == EXPORT_BY_RING)
		fprintf(v->out, ",ring=\"0x%llx\"", address_hidden(v->m->key, o->key.ring));
}

#define EACH_OWNER(v, o) \
	for (const struct owner *o = first_owner(v); o; o = next_owner(v, o))

static const struct owner *first_owner(const struct view *v)
{
	return v->m->owners ? v->m->owners : v->m->other;
}

static const struct owner *next_owner(const struct view *v, const struct owner *o)
{
	if (o == v->m->other)
		return NULL;
	return o->hh.next ? o->hh.next : v->m->other;
}

/* .labels() writes what tells this histogram from others of its family. */
static void histogram(struct view *v, const struct bounded *b,
		      void (*labels)(struct view *v, const void *arg), const void *arg)
{
	__u64 sum = 0;

	for (unsigned int i = 0; i <= BOUNDS; i++) {
		sum += b->count[i];
		metric_begin(v, "_bucket");
		labels(v, arg);
		if (i < BOUNDS)
			fprintf(v->out, ",le=\"%.10g\"", BOUND_NS(i) / 1e9);
		else
			fputs(",le=\"+Inf\"", v->out);
		metric_value(v, "%llu", sum);
	}
	metric_begin(v, "_count");
	labels(v, arg);
	metric_value(v, "%llu", sum);
	metric_begin(v, "_sum");
	labels(v, arg);
	metric_value(v, "%llu.%09llu", b->sum_ns / 1000000000, b->sum_ns % 1000000000);
}

/* ---- what is registered ---------------------------------------------------------------- */

#define OWNER_GAUGE(v, condition, number) do {					\
	EACH_OWNER(v, o) {							\
		if (!(condition))						\
			continue;						\
		metric_begin(v, "");						\
		put_owner(v, o, (v)->m->by);					\
		metric_value(v, "%llu", (__u64)(number));			\
	}									\
} while (0)

static void put_registered(struct view *v)
{
	metric_family(v, "fixbuf_rings", "gauge", NULL, "io_uring instances that exist now.");
	OWNER_GAUGE(v, o->rings, o->rings);
	metric_family(v, "fixbuf_registered_buffers", "gauge", NULL,
		      "Buffers registered now; a cloned buffer counts once.");
	OWNER_GAUGE(v, o->rings, o->buffers);
	metric_family(v, "fixbuf_registered_bytes", "gauge", "bytes", "Length of the registered buffers.");
	OWNER_GAUGE(v, o->rings, o->bytes);
	metric_family(v, "fixbuf_pinned_bytes", "gauge", "bytes",
		      "Bytes of the 4 KiB pages that the registered buffers touch; a shared page counts for each buffer.");
	OWNER_GAUGE(v, o->rings, o->pinned_pages * PAGE_BYTES);
	metric_family(v, "fixbuf_charged_bytes", "gauge", "bytes",
		      "Charge that the kernel keeps with each registered buffer; absent from Linux 7.2 on.");
	OWNER_GAUGE(v, o->charge_known, o->charged_pages * PAGE_BYTES);
	metric_family(v, "fixbuf_process_pinned_vm_bytes", "gauge", "bytes",
		      "pinned_vm (VmPin) of the processes that registered, which other users of pinned memory share; a negative value is an underflow.");
	EACH_OWNER(v, o) {
		if (!o->has_account)
			continue;
		metric_begin(v, "");
		put_owner(v, o, v->m->by == EXPORT_BY_RING ? EXPORT_BY_PID : v->m->by);
		metric_value(v, "%lld", o->account_pages * (__s64)PAGE_BYTES);
	}
}

static void put_user(struct view *v, const struct user_gauge *u, __s64 bytes)
{
	metric_begin(v, "");
	if (u->other)
		fputs("uid=\"other\"", v->out);
	else
		fprintf(v->out, "uid=\"%u\"", u->uid);
	metric_value(v, "%lld", bytes);
}

#define EACH_USER(v, u) \
	for (const struct user_gauge *u = (v)->m->users; u && u < (v)->m->users + (v)->m->nr_users; u++)

static __s64 locked_bytes(const struct user_gauge *u)
{
	return u->locked_pages * (__s64)PAGE_BYTES;
}

static void put_users(struct view *v)
{
	metric_family(v, "fixbuf_user_locked_bytes", "gauge", "bytes",
		      "Charged to the user against RLIMIT_MEMLOCK, by all of the user's processes, through io_uring and otherwise.");
	EACH_USER(v, u)
		put_user(v, u, locked_bytes(u));
	metric_family(v, "fixbuf_user_memlock_limit_bytes", "gauge", "bytes",
		      "Smallest RLIMIT_MEMLOCK of the user's processes that hold rings; absent without a limit.");
	EACH_USER(v, u)
		if (u->limited)
			put_user(v, u, u->limit_bytes);
	metric_family(v, "fixbuf_user_headroom_bytes", "gauge", "bytes",
		      "What the user may still lock: the limit less what is locked; absent without a limit.");
	EACH_USER(v, u)
		if (u->limited)
			put_user(v, u, (__s64)u->limit_bytes - locked_bytes(u));
}

/* ---- calls and I/O ------------------------------------------------------------------------ */

static const char *op_name(__u32 op)
{
	return op == CALL_REGISTER ? "register" : op == CALL_UNREGISTER ? "unregister" :
	       op == CALL_UPDATE ? "update" : "clone";
}

static void op_label(struct view *v, const void *arg)
{
	const __u32 *op = arg;

	fprintf(v->out, "op=\"%s\"", op_name(*op));
}

static void put_cause(struct view *v, const struct cause_told *c)
{
	fprintf(v->out, ",errno=\"%s\",cause=\"", c->error ? fact_errno_name(-c->error) : "other");
	put_label(v->out, untrusted(c->text ? c->text : "other"));
	fputc('"', v->out);
	metric_value(v, "%llu", c->count);
}

/* Why calls failed. */
static void put_call_causes(struct view *v)
{
	metric_family(v, "fixbuf_register_failures", "counter", NULL,
		      "Calls of io_uring_register() about buffers that failed, by error and cause.");
	EACH_OWNER(v, o)
		for (size_t i = 0; i < o->nr_calls; i++)
			for (size_t k = 0; k < o->calls[i].causes.nr; k++) {
				metric_begin(v, "");
				put_owner(v, o, v->m->by);
				fprintf(v->out, ",op=\"%s\"", op_name(o->calls[i].op));
				put_cause(v, &o->calls[i].causes.list[k]);
			}
	metric_family(v, "fixbuf_setup_failures", "counter", NULL,
		      "Calls of io_uring_setup() that failed, by error and cause; seen at the tiers functions and kprobes.");
	EACH_OWNER(v, o)
		for (size_t k = 0; k < o->setups.nr; k++) {
			metric_begin(v, "");
			put_owner(v, o, v->m->by);
			put_cause(v, &o->setups.list[k]);
		}
}

static void put_calls(struct view *v)
{
	static const __u32 ops[] = { CALL_REGISTER, CALL_UNREGISTER, CALL_UPDATE, CALL_CLONE };

	metric_family(v, "fixbuf_register_calls", "counter", NULL, "Calls of io_uring_register() about buffers, by result.");
	EACH_OWNER(v, o)
		for (size_t i = 0; i < o->nr_calls; i++) {
			metric_begin(v, "");
			put_owner(v, o, v->m->by);
			fprintf(v->out, ",op=\"%s\",result=\"%s\"", op_name(o->calls[i].op),
				o->calls[i].error ? fact_errno_name(-o->calls[i].error) : "ok");
			metric_value(v, "%llu", o->calls[i].count);
		}
	metric_family(v, "fixbuf_register_duration_seconds", "histogram", "seconds", "Duration of these calls.");
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		histogram(v, &v->m->call_time[ops[i]], op_label, &ops[i]);
	put_call_causes(v);
}

struct io_of {
	const struct owner *o;
	const struct io_count *c;
};

static void io_labels(struct view *v, const void *arg)
{
	const struct io_of *io = arg;

	put_owner(v, io->o, v->m->by);
	fprintf(v->out, ",opcode=\"%s\",fixed=\"%s\"", io_op_name(io->c->opcode),
		io->c->fixed ? "true" : "false");
}

#define IO_COUNTER(v, field) do {						\
	EACH_OWNER(v, o)							\
		for (size_t i = 0; i < o->nr_ios; i++) {			\
			metric_begin(v, "");						\
			io_labels(v, &(struct io_of){ o, &o->ios[i] });		\
			metric_value(v, "%llu", o->ios[i].field);			\
		}								\
} while (0)

static void put_io_causes(struct view *v)
{
	metric_family(v, "fixbuf_io_failures", "counter", NULL,
		      "Requests that failed or were cancelled, by error and cause, as stat and report tell it.");
	EACH_OWNER(v, o)
		for (size_t i = 0; i < o->nr_ios; i++)
			for (size_t k = 0; k < o->ios[i].causes.nr; k++) {
				metric_begin(v, "");
				io_labels(v, &(struct io_of){ o, &o->ios[i] });
				put_cause(v, &o->ios[i].causes.list[k]);
			}
}

static void put_io(struct view *v)
{
	metric_family(v, "fixbuf_io_operations", "counter", NULL,
		      "Requests that completed; fixed=true: over a registered buffer.");
	IO_COUNTER(v, ops);
	metric_family(v, "fixbuf_io_bytes", "counter", "bytes", "Bytes transferred by these requests.");
	IO_COUNTER(v, bytes);
	metric_family(v, "fixbuf_io_errors", "counter", NULL, "Requests that failed, except with ECANCELED.");
	IO_COUNTER(v, errors);
	put_io_causes(v);
	metric_family(v, "fixbuf_io_short_operations", "counter", NULL,
		      "Requests that transferred less than they asked for.");
	IO_COUNTER(v, shorts);
	metric_family(v, "fixbuf_io_punted_operations", "counter", NULL,
		      "Requests that were handed to a worker thread.");
	IO_COUNTER(v, punts);
	metric_family(v, "fixbuf_io_latency_seconds", "histogram", "seconds",
		      "Time from submission to completion.");
	EACH_OWNER(v, o)
		for (size_t i = 0; i < o->nr_ios; i++)
			histogram(v, &o->ios[i].latency, io_labels,
				  &(struct io_of){ o, &o->ios[i] });
	metric_family(v, "fixbuf_io_notification_seconds", "histogram", "seconds",
		      "Time from the submission of a zero-copy send to the notification that its memory may be used again.");
	EACH_OWNER(v, o)
		for (size_t i = 0; i < o->nr_ios; i++)
			if (io_op_notifies(o->ios[i].opcode))
				histogram(v, &o->ios[i].notices, io_labels,
					  &(struct io_of){ o, &o->ios[i] });
}

/* ---- findings ------------------------------------------------------------------------------ */

static void put_tag(struct view *v, enum finding_tag tag, enum severity severity)
{
	metric_begin(v, "");
	fprintf(v->out, "severity=\"%s\",tag=\"%s\"", severity_name(severity), finding_tag_name(tag));
}

/* A zero for the severity of a tag that passes look for, if no cause says another: to be waited for. */
static void put_counts(struct view *v, enum finding_tag tag)
{
	for (int s = 0; s < NR_SEVERITIES; s++)
		if (v->m->findings[tag][s] || finding_is_sought(tag, s)) {
			put_tag(v, tag, s);
			metric_value(v, "%llu", v->m->findings[tag][s]);
		}
}

static void put_finding_bytes(struct view *v, const struct owner *o, enum finding_tag tag)
{
	for (int s = 0; s < NR_SEVERITIES; s++)
		if (o->has_finding[tag][s]) {
			put_tag(v, tag, s);
			fputc(',', v->out);
			put_owner(v, o, v->m->by);
			metric_value(v, "%llu", o->finding_pages[tag][s] * PAGE_BYTES);
		}
}

static void put_unsettled(struct view *v)
{
	const struct export_model *m = v->m;

	metric_family(v, "fixbuf_unsettled", "gauge", NULL,
		      "What the last pass could not look at or confirm, by reason and user: rings, buffers, pages, processes or suspicions.");
	for (__u32 i = 0; i < m->pass.nr_unsettled; i++) {
		metric_begin(v, "");
		fprintf(v->out, "reason=\"%s\"", unsettled_name(m->unsettled[i].what));
		if (m->unsettled[i].uid != PASS_NO_UID)
			fprintf(v->out, ",uid=\"%u\"", m->unsettled[i].uid);
		metric_value(v, "%llu", m->unsettled[i].count);
	}
	for (int what = 0; what < NR_UNSETTLED; what++) {
		if (!m->unsettled_others[what])
			continue;
		metric_begin(v, "");
		fprintf(v->out, "reason=\"%s\",uid=\"other\"", unsettled_name(what));
		metric_value(v, "%llu", m->unsettled_others[what]);
	}
}

static void put_findings(struct view *v)
{
	const struct export_model *m = v->m;

	metric_family(v, "fixbuf_verify_up", "gauge", NULL,
		      "Whether pages and accounts are checked in the background.");
	metric_plain(v, m->verifying);
	metric_family(v, "fixbuf_verify_passes", "counter", NULL, "Passes over all pages so far.");
	metric_plain(v, m->passes);
	metric_family(v, "fixbuf_verify_failed_passes", "counter", NULL, "Passes that failed.");
	metric_plain(v, m->failed_passes);
	if (!m->has_pass)
		return;
	metric_family(v, "fixbuf_findings", "gauge", NULL, "Findings of the last pass.");
	for (int tag = 0; tag < NR_FINDING_TAGS; tag++)
		put_counts(v, tag);
	metric_family(v, "fixbuf_findings_ignored", "gauge", NULL,
		      "Findings of the last pass that --ignore left out of all others.");
	metric_plain(v, m->pass.ignored);
	metric_family(v, "fixbuf_finding_bytes", "gauge", "bytes",
		      "Memory that the findings of the last pass are about, by owner.");
	EACH_OWNER(v, o)
		for (int tag = 0; tag < NR_FINDING_TAGS; tag++)
			put_finding_bytes(v, o, tag);
	put_unsettled(v);
	metric_family(v, "fixbuf_verify_timestamp_seconds", "gauge", "seconds", "Time at which the last pass ended.");
	plain_seconds(v, m->pass.realtime_ns);
	metric_family(v, "fixbuf_verify_duration_seconds", "gauge", "seconds", "Duration of the last pass.");
	plain_seconds(v, m->pass.took_ns);
	metric_family(v, "fixbuf_verify_pages", "gauge", NULL, "Pages that the last pass looked at.");
	metric_plain(v, m->pass.pages);
	metric_family(v, "fixbuf_verify_unsteady", "gauge", NULL,
		      "Rings and buffers that changed too fast for the last pass to read.");
	metric_plain(v, m->pass.unsteady_rings + m->pass.unsteady_buffers);
	metric_family(v, "fixbuf_verify_denied", "gauge", NULL,
		      "Buffers in processes that the checker may not inspect: their pages were not compared.");
	metric_plain(v, m->pass.denied_buffers);
}

/* ---- all ------------------------------------------------------------------------------------ */

void view_openmetrics(FILE *out, const struct export_model *m, enum metrics_format format,
		      enum tier tier)
{
	struct view v = { .out = out, .m = m, .format = format };

	metric_family(&v, "fixbuf_exporter", "info", NULL, "The exporter, the kernel and the tier.");
	metric_begin(&v, "_info");
	fprintf(out, "version=\"" VERSION "\",kernel=\"");
	put_label(out, untrusted(system_release()));
	fprintf(out, "\",tier=\"%s\"", tier_name(tier));
	metric_value(&v, "1");
	put_registered(&v);
	put_users(&v);
	put_calls(&v);
	put_io(&v);
	put_findings(&v);
	metrics_loss(&v);
	metric_family(&v, "fixbuf_collect_timestamp_seconds", "gauge", "seconds", "Time at which this was collected.");
	plain_seconds(&v, m->realtime_ns);
	metric_family(&v, "fixbuf_collect_duration_seconds", "gauge", "seconds", "Duration of collecting this.");
	plain_seconds(&v, m->collect_ns);
	metric_family(&v, "fixbuf_walk_duration_seconds", "gauge", "seconds", "Duration of the last look at all rings.");
	plain_seconds(&v, m->walk_ns);
	if (format == METRICS_OPENMETRICS)
		fputs("# EOF\n", out);
}
