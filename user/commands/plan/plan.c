// SPDX-License-Identifier: GPL-2.0
/* fixbuf-trace plan: which limit rings and buffers will need. */
#include <stdlib.h>
#include <string.h>
#include "base/err.h"
#include "base/fmt.h"
#include "base/json.h"
#include "base/system.h"
#include "base/table.h"
#include "base/wrap.h"
#include "base/untrusted.h"
#include "checks/plan.h"
#include "commands/option.h"
#include "commands/plan/limit.h"

struct plan_options {
	struct output output;
	struct plan plan;
	const char *kernel;	/* NULL = this one */
	struct selection select; /* whose limit; nobody = our own */
};

static const char *limit_text(char buf[FMT_LEN], __u64 bytes)
{
	return bytes == ~0ULL ? "unlimited" : fmt_bytes(buf, bytes);
}

#define WHOSE_TEXT	128

/* ", the least of 7 processes, of pid 812 (db)" */
static const char *whose(char buf[WHOSE_TEXT], const struct limit *l)
{
	buf[0] = 0;
	if (l->processes - l->hidden > 1)
		snprintf(buf, WHOSE_TEXT, ", the least of %u processes, of pid %u (%s)", l->processes - l->hidden,
			 l->pid, TAME_COMM(l->comm));
	else if (l->processes)
		snprintf(buf, WHOSE_TEXT, " of pid %u (%s)", l->pid, TAME_COMM(l->comm));
	return buf;
}

static void print_limit(FILE *out, const struct limit *l, const struct plan_need *need)
{
	char soft[FMT_LEN], hard[FMT_LEN], missing[FMT_LEN], locked[FMT_LEN], of[WHOSE_TEXT], is[256];

	if (l->knows_locked)
		wrap_line(out, 0, "the user has %s locked now", fmt_bytes(locked, l->locked_bytes));
	else if (l->pinning)
		wrap_line(out, 0, "%zu process%s of the user with rings pin%s %s now (VmPin)", l->pinning,
			  l->pinning == 1 ? "" : "es", l->pinning == 1 ? "s" : "",
			  fmt_bytes(locked, l->locked_bytes));
	if (l->hidden)
		wrap_line(out, 0, "the limits of %u more processes may not be read by this user", l->hidden);
	if (l->capable > 0) {
		fprintf(out, "no limit holds%s: CAP_IPC_LOCK is in effect\n",
			l->processes - l->hidden > 1 ? " for any of the processes" : "");
		return;
	}
	snprintf(is, sizeof(is), "the limit is %s (hard %s)%s:", limit_text(soft, l->soft), limit_text(hard, l->hard),
		 whose(of, l));
	if (l->none)
		wrap_line(out, 0, "%s enough", is);
	else if (limit_fits(l, need->total_bytes) > 0 || (l->hidden && l->locked_bytes + need->total_bytes <= l->soft))
		wrap_line(out, 0, "%s enough%s%s", is, l->knows_locked || l->pinning ? " beside that" : "",
			  l->knows_locked ? "" : ", unless the user has locked other memory");
	else
		wrap_line(out, 0, "%s %s too little%s%s", is,
			  fmt_bytes(missing, l->locked_bytes + need->total_bytes - l->soft),
			  l->knows_locked || l->pinning ? " beside that" : "",
			  limit_fits(l, need->total_bytes) ? ", unless CAP_IPC_LOCK lifts it, which cannot be seen from here" : "");
}

/* ", cq 4096" */
static const char *completions(char buf[24], const struct plan *p)
{
	buf[0] = 0;
	if (p->cq_entries)
		snprintf(buf, 24, ", cq %u", p->cq_entries);
	return buf;
}

static void print_text(const struct plan_options *o, const struct plan_need *need, const struct limit *l)
{
	struct table *t = table_new("<WHAT NUMBER EACH ALL <CHARGED");
	const struct plan *p = &o->plan;
	FILE *out = o->output.out;
	char buf[FMT_LEN], cq[24];

	table_cell(t, "rings of %u entries%s%s%s", p->entries, completions(cq, p), p->sqe128 ? ", SQE128" : "",
		   p->cqe32 ? ", CQE32" : "");
	table_cell(t, "%u", p->rings);
	table_cell(t, "%s", fmt_bytes(buf, need->ring_bytes));
	table_cell(t, "%s", fmt_bytes(buf, p->rings * need->ring_bytes));
	table_cell(t, "%s", need->ring_charged ? "yes" : "not on this kernel");
	if (p->buffers) {
		table_cell(t, "tables of %u buffers", p->buffers);
		table_cell(t, "%u", p->rings);
		table_cell(t, "%s", fmt_bytes(buf, need->buffers_bytes));
		table_cell(t, "%s", fmt_bytes(buf, p->rings * need->buffers_bytes));
		table_cell(t, "yes");
	}
	table_print(t, out, !o->output.no_header, 0);
	wrap_line(out, 0, "%s on Linux %u.%u: LimitMEMLOCK=%llu in the unit, ulimit -l %llu, --ulimit memlock=%llu",
		  fmt_bytes(buf, need->total_bytes), p->kernel.major, p->kernel.minor, need->total_bytes,
		  (need->total_bytes + 1023) / 1024, need->total_bytes);
	print_limit(out, l, need);
	if (!o->output.quiet && !p->huge && p->buffers)
		wrap_line(out, 0, "a buffer that begins within a page takes one more page, and of huge pages, transparent ones too, each is charged whole; each ring that has the same buffer pays for it, unless it is cloned");
}

static void print_json(const struct plan_options *o, const struct plan_need *need, const struct limit *l)
{
	int fits = limit_fits(l, need->total_bytes);
	struct json j = { 0 };
	char kernel[32];

	snprintf(kernel, sizeof(kernel), "%u.%u", o->plan.kernel.major, o->plan.kernel.minor);
	json_begin(&j, o->output.out);
	json_int(&j, "schema", 2);
	json_str(&j, "kernel", kernel);
	json_uint(&j, "rings", o->plan.rings);
	json_uint(&j, "entries", o->plan.entries);
	json_known(&j, "cq_entries", o->plan.cq_entries, o->plan.cq_entries);
	json_flag(&j, "sqe128", o->plan.sqe128);
	json_flag(&j, "cqe32", o->plan.cqe32);
	json_uint(&j, "ring_bytes", need->ring_bytes);
	json_flag(&j, "ring_charged", need->ring_charged);
	json_uint(&j, "buffers", o->plan.buffers);
	json_uint(&j, "buffers_bytes", need->buffers_bytes);
	json_uint(&j, "total_bytes", need->total_bytes);
	json_known(&j, "limit_bytes", l->soft != ~0ULL, l->soft);
	json_known(&j, "hard_limit_bytes", l->hard != ~0ULL, l->hard);
	json_flag(&j, "unlimited", l->none);
	if (l->processes) {
		json_uint(&j, "processes", l->processes);
		json_uint(&j, "hidden_processes", l->hidden);
		json_uint(&j, "limit_pid", l->pid);
		json_comm(&j, "limit_comm", &l->comm);
		json_known(&j, "locked_bytes", l->knows_locked, l->locked_bytes);
		json_known(&j, "pinned_bytes", l->pinning, l->locked_bytes);
	}
	if (fits < 0)
		json_null(&j, "fits");
	else
		json_flag(&j, "fits", fits);
	json_end(&j);
	json_free(&j);
}

static int run(void *options)
{
	struct plan_options *o = options;
	const char *kernel = o->kernel ? o->kernel : system_release(), *refused;
	struct plan_need need;
	struct limit l = { 0 };
	int status, fits;

	if (!kernel_version_parse(&o->plan.kernel, kernel))
		return misuse("'%s' is not a version of Linux; give 6.12", kernel);
	refused = plan_compute(&o->plan, &need);
	if (refused)
		return misuse("%s", refused);
	status = limit_read(&o->select, need.total_bytes, &l);
	if (status)
		return status;
	if (o->output.json)
		print_json(o, &need, &l);
	else
		print_text(o, &need, &l);
	fits = limit_fits(&l, need.total_bytes);
	return fits > 0 ? EXIT_DONE : fits < 0 ? EXIT_UNSETTLED : EXIT_FINDINGS;
}

/* ---- options ------------------------------------------------------------------------- */

/* "1024x64K" */
static parser(parse_buffers)
{
	struct plan *p = at;
	char count[16];
	size_t n = strcspn(arg, "x");

	(void)row;
	if (!arg[n] || n >= sizeof(count))
		return false;
	memcpy(count, arg, n);
	count[n] = 0;
	return !parse_u32(count, &p->buffers) && p->buffers && !parse_size(arg + n + 1, &p->buffer_bytes);
}

#define NUMBER(option, field, word, text) \
	{ .name = option, .arg = word, .words = words_count, .help = text, .parse = parse_number, \
	  .offset = offsetof(struct plan_options, plan.field), .group = GROUP_HOW, \
	  .refusal = "'%s' is not a number from 1 to 1000000000" }

#define FLAG(option, field, text) \
	{ .name = option, .help = text, .parse = parse_flag, .offset = offsetof(struct plan_options, plan.field), \
	  .group = GROUP_HOW }

static const struct option_row options[] = {
	NUMBER("rings", rings, "N", "so many rings (default 1)"),
	NUMBER("entries", entries, "N", "of the submission queue of each (default 128)"),
	NUMBER("cq-entries", cq_entries, "N", "of the completion queue of each, IORING_SETUP_CQSIZE (default: twice --entries)"),
	FLAG("sqe128", sqe128, "with submission entries of 128 bytes, IORING_SETUP_SQE128"),
	FLAG("cqe32", cqe32, "with completion entries of 32 bytes, IORING_SETUP_CQE32"),
	{ .name = "buffers", .arg = "NxSIZE", .help = "buffers of each ring: 1024x64K",
	  .parse = parse_buffers, .offset = offsetof(struct plan_options, plan), .group = GROUP_HOW,
	  .refusal = "'%s' is not a number of buffers and their size; give 1024x64K" },
	FLAG("huge", huge, "the buffers of a ring lie side by side in huge pages (2 MiB where pages have 4 KiB)"),
	{ .name = "kernel", .arg = "VERSION", .help = "by the rules of this Linux, as 6.12 (default: this one)",
	  .parse = parse_text, .offset = offsetof(struct plan_options, kernel), .group = GROUP_HOW },
	{ .name = "pid", .letter = 'p', .arg = "PID[,PID]", .help = "compare with the limit of this process, one alone (default: one's own)",
	  .parse = parse_pid_list, .offset = offsetof(struct plan_options, select), .group = GROUP_TARGET,
	  .refusal = "'%s' is not a process id" },
	{ .name = "uid", .letter = 'u', .arg = "USER", .help = "with the least limit of this user's processes, beside what the user has locked",
	  .parse = parse_user, .offset = offsetof(struct plan_options, select), .group = GROUP_TARGET,
	  .refusal = UNKNOWN_USER },
	{ .name = "unit", .arg = "NAME", .help = "with the least limit of this systemd unit's processes", .value = CGROUP_BY_UNIT,
	  .parse = parse_cgroup, .offset = offsetof(struct plan_options, select), .group = GROUP_TARGET,
	  .refusal = "'%s' is empty, or a second one; give one unit" },
	ROW_JSON,
	ROW_OUTPUT,
	ROW_NO_HEADER,
	ROWS_SAID,
	{ 0 }
};

#define RULE_ONE_OF(a, b) { a, EXCLUDES, b, "a plan is compared with one limit; give one of -p, -u and --unit" }

static const struct option_rule rules[] = {
	RULE_ONE_OF("pid", "uid"),
	RULE_ONE_OF("pid", "unit"),
	RULE_ONE_OF("uid", "unit"),
	{ 0 }
};

static const struct plan_options defaults = { .plan = { .rings = 1, .entries = 128 } };

const struct command plan_command = {
	.name = "plan",
	.summary = "which RLIMIT_MEMLOCK rings and buffers will need; needs no privilege",
	.text = "Computes what the kernel will charge the user for rings and registered buffers, by the "
		"rules of this kernel or of --kernel, and compares it with the limit. Exits 1 when the "
		"limit is too small, 4 when it may not hold and that cannot be seen.\v"
		"Examples:\n"
		"  fixbuf-trace plan --buffers 1024x64K                # one ring, on this kernel\n"
		"  fixbuf-trace plan --rings 64 --entries 1024 --buffers 16x1M --kernel 6.18\n"
		"  fixbuf-trace plan --buffers 4096x16K --huge -p 812  # against the limit of process 812\n"
		"  fixbuf-trace plan --buffers 1024x64K --unit db      # of what runs of db.service\n"
		"  fixbuf-trace plan --buffers 1024x64K -u postgres    # beside what that user has locked\n",
	.options = options, .rules = rules, .options_size = sizeof(struct plan_options), .defaults = &defaults, .run = run,
};
