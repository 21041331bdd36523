// SPDX-License-Identifier: GPL-2.0
/* fixbuf-trace plan: which limit rings and buffers will need. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/err.h"
#include "base/files.h"
#include "base/fmt.h"
#include "base/json.h"
#include "base/system.h"
#include "base/table.h"
#include "base/wrap.h"
#include "checks/plan.h"
#include "commands/option.h"

#define MAX_LIMITS	(64U << 10)

struct plan_options {
	struct output output;
	struct plan plan;
	const char *kernel;	/* NULL = this one */
	struct selection select; /* -p: whose limit; none = our own */
};

struct limit {
	bool none;		/* CAP_IPC_LOCK, or unlimited */
	int capable;		/* of these, the former; -1 = it cannot be seen */
	__u64 soft, hard;	/* bytes; ~0 = unlimited */
};

/* 0, or the exit status after a sentence. */
static int read_limit(const struct plan_options *o, struct limit *l)
{
	pid_t pid = o->select.nr_pids ? o->select.pids[0] : 0;
	char path[48], *limits;

	if (o->select.nr_pids > 1)
		return misuse("one process has one limit; give one with -p");
	/* prlimit(2) would take CAP_SYS_RESOURCE for another user's */
	snprintf(path, sizeof(path), "/proc/%d/limits", pid ? pid : getpid());
	limits = file_text(AT_FDCWD, path, MAX_LIMITS);
	if (!limits && errno == ENOENT)
		return system_hides(pid ? pid : getpid()) ? cannot("%s", err_text()) :
		       cannot("there is no process %d", pid);
	if (!limits)
		return cannot("cannot read the limit of process %d: %s; run this as its user, or as root", pid,
			      strerror(errno));
	text_memlock(limits, &l->soft, &l->hard);
	free(limits);
	l->capable = system_lifts_memlock(pid);
	l->none = l->capable > 0 || l->soft == ~0ULL;
	return 0;
}

/* 1, 0, or -1 where the limit is too small and may not hold. */
static int fits(const struct limit *l, const struct plan_need *need)
{
	if (l->none || need->total_bytes <= l->soft)
		return 1;
	return l->capable < 0 ? -1 : 0;
}

static const char *limit_text(char buf[FMT_LEN], __u64 bytes)
{
	return bytes == ~0ULL ? "unlimited" : fmt_bytes(buf, bytes);
}

static void print_limit(FILE *out, const struct limit *l, const struct plan_need *need)
{
	char soft[FMT_LEN], hard[FMT_LEN], missing[FMT_LEN], is[96];

	if (l->capable > 0) {
		fputs("no limit holds: CAP_IPC_LOCK is in effect\n", out);
		return;
	}
	snprintf(is, sizeof(is), "the limit is %s (hard %s):", limit_text(soft, l->soft), limit_text(hard, l->hard));
	if (l->none)
		wrap_line(out, 0, "%s enough", is);
	else if (fits(l, need) > 0)
		wrap_line(out, 0, "%s enough, unless the user has locked other memory", is);
	else
		wrap_line(out, 0, "%s %s too little%s", is, fmt_bytes(missing, need->total_bytes - l->soft),
			  fits(l, need) ? ", unless CAP_IPC_LOCK lifts it, which cannot be seen from here" : "");
}

static void print_text(const struct plan_options *o, const struct plan_need *need, const struct limit *l)
{
	struct table *t = table_new("<WHAT NUMBER EACH ALL <CHARGED");
	const struct plan *p = &o->plan;
	FILE *out = o->output.out;
	char buf[FMT_LEN];

	table_cell(t, "rings of %u entries", p->entries);
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
	struct json j = { 0 };
	char kernel[32];

	snprintf(kernel, sizeof(kernel), "%u.%u", o->plan.kernel.major, o->plan.kernel.minor);
	json_begin(&j, o->output.out);
	json_int(&j, "schema", 2);
	json_str(&j, "kernel", kernel);
	json_uint(&j, "rings", o->plan.rings);
	json_uint(&j, "ring_bytes", need->ring_bytes);
	json_flag(&j, "ring_charged", need->ring_charged);
	json_uint(&j, "buffers", o->plan.buffers);
	json_uint(&j, "buffers_bytes", need->buffers_bytes);
	json_uint(&j, "total_bytes", need->total_bytes);
	json_known(&j, "limit_bytes", l->soft != ~0ULL, l->soft);
	json_known(&j, "hard_limit_bytes", l->hard != ~0ULL, l->hard);
	json_flag(&j, "unlimited", l->none);
	if (fits(l, need) < 0)
		json_null(&j, "fits");
	else
		json_flag(&j, "fits", fits(l, need));
	json_end(&j);
	json_free(&j);
}

static int run(void *options)
{
	struct plan_options *o = options;
	const char *kernel = o->kernel ? o->kernel : system_release(), *refused;
	struct plan_need need;
	struct limit l = { 0 };
	int status;

	if (!kernel_version_parse(&o->plan.kernel, kernel))
		return misuse("'%s' is not a version of Linux; give 6.12", kernel);
	refused = plan_compute(&o->plan, &need);
	if (refused)
		return misuse("%s", refused);
	status = read_limit(o, &l);
	if (status)
		return status;
	if (o->output.json)
		print_json(o, &need, &l);
	else
		print_text(o, &need, &l);
	return fits(&l, &need) > 0 ? EXIT_DONE : fits(&l, &need) < 0 ? EXIT_UNSETTLED : EXIT_FINDINGS;
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
	  .offset = offsetof(struct plan_options, plan.field), .group = GROUP_TARGET, \
	  .refusal = "'%s' is not a number from 1 to 1000000000" }

static const struct option_row options[] = {
	NUMBER("rings", rings, "N", "so many rings (default 1)"),
	NUMBER("entries", entries, "N", "of the submission queue of each (default 128)"),
	{ .name = "buffers", .arg = "NxSIZE", .help = "buffers of each ring: 1024x64K",
	  .parse = parse_buffers, .offset = offsetof(struct plan_options, plan), .group = GROUP_TARGET,
	  .refusal = "'%s' is not a number of buffers and their size; give 1024x64K" },
	{ .name = "huge", .help = "the buffers of a ring lie side by side in huge pages (2 MiB where pages have 4 KiB)",
	  .parse = parse_flag, .offset = offsetof(struct plan_options, plan.huge), .group = GROUP_TARGET },
	{ .name = "kernel", .arg = "VERSION", .help = "by the rules of this Linux, as 6.12 (default: this one)",
	  .parse = parse_text, .offset = offsetof(struct plan_options, kernel), .group = GROUP_HOW },
	{ .name = "pid", .letter = 'p', .arg = "PID[,PID]", .help = "compare with the limit of this process, one alone (default: one's own)",
	  .parse = parse_pid_list, .offset = offsetof(struct plan_options, select), .group = GROUP_HOW,
	  .refusal = "'%s' is not a process id" },
	ROW_JSON,
	ROW_OUTPUT,
	ROW_NO_HEADER,
	ROWS_SAID,
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
		"  fixbuf-trace plan --buffers 4096x16K --huge -p 812  # against the limit of process 812\n",
	.options = options, .options_size = sizeof(struct plan_options), .defaults = &defaults, .run = run,
};
