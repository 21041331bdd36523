// SPDX-License-Identifier: GPL-2.0
/* fixbuf-trace doctor: how well this kernel can be watched, and what to do about the rest. */
#include <linux/capability.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "base/err.h"
#include "base/fmt.h"
#include "base/json.h"
#include "base/own_ring.h"
#include "base/page_size.h"
#include "base/system.h"
#include "base/table.h"
#include "base/wrap.h"
#include "capture/call_hooks.h"
#include "capture/kernel.h"
#include "capture/live.h"
#include "capture/proc_pins.h"
#include "capture/proc_rings.h"
#include "checks/checks.h"
#include "checks/shares.h"
#include "commands/doctor/bundle.h"
#include "commands/option.h"
#include "commands/run.h"

struct check {
	const char *name;
	char value[160];
	bool good;
	char advice[400];	/* what to do, or what it means; "" = nothing */
};

struct doctor_options {
	struct output output;
	struct capture_how how;
	bool bundle;
	const char *file;
};

struct report {
	struct check list[16];
	size_t nr;
};

static struct check *add(struct report *r, const char *name, bool good, const char *value, ...)
{
	struct check *c = &r->list[r->nr++];
	va_list ap;

	c->name = name;
	c->good = good;
	c->advice[0] = 0;
	va_start(ap, value);
	vsnprintf(c->value, sizeof(c->value), value, ap);
	va_end(ap);
	return c;
}

static void advise(struct check *c, const char *advice)
{
	snprintf(c->advice, sizeof(c->advice), "%s", advice);
}

/* First line of a small file without its newline; false when it cannot be read. */
static bool first_line(const char *path, char *line, size_t size)
{
	FILE *f = fopen(path, "re");
	bool ok = f && fgets(line, size, f);

	if (f)
		fclose(f);
	if (ok)
		line[strcspn(line, "\n")] = 0;
	return ok;
}

static void check_privilege(struct report *r)
{
	struct check *c = add(r, "page frames", system_capable(CAP_SYS_ADMIN), "%s",
			      system_capable(CAP_SYS_ADMIN) ? "visible" : "hidden");
	bool others;

	if (!c->good)
		advise(c, "verify needs CAP_SYS_ADMIN to read frame numbers from /proc/PID/pagemap");
	others = system_capable(CAP_SYS_PTRACE) &&
		 (system_capable(CAP_DAC_READ_SEARCH) || system_capable(CAP_DAC_OVERRIDE));
	c = add(r, "other users' maps", others, "%s", others ? "readable" : "not readable");
	if (!c->good)
		advise(c, "grant CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH to compare the pages of other users' processes");
}

static void check_pid_namespace(struct report *r, const struct capture *capture)
{
	bool first = !walk_is_inside(capture->walk);
	struct check *c = add(r, "pid namespace", first, first ? "the first" : "a container's");

	if (!first)
		advise(c, "processes outside of it are not looked at; their calls and I/O are seen, under the host's pids; run it in the host's pid namespace");
}

static void check_lockdown(struct report *r)
{
	char line[128];
	struct check *c;

	if (!first_line("/sys/kernel/security/lockdown", line, sizeof(line))) {
		add(r, "lockdown", true, "not readable (securityfs is not mounted or has none)");
		return;
	}
	c = add(r, "lockdown", strstr(line, "[none]") != NULL, "%s", line);
	if (strstr(line, "[confidentiality]"))
		advise(c, "the kernel refuses BPF programs that read its memory; boot without lockdown=confidentiality");
	else if (!c->good)
		advise(c, "the kernel may refuse function probes; tracepoints and the walk still work");
}

static void check_io_uring(struct report *r)
{
	char line[16] = "0";
	struct check *c;

	first_line("/proc/sys/kernel/io_uring_disabled", line, sizeof(line));
	c = add(r, "io_uring", line[0] == '0', line[0] == '0' ? "enabled" : line[0] == '1' ?
		"for privileged processes and one group" : "disabled");
	if (!c->good)
		advise(c, "sysctl kernel.io_uring_disabled=0 lets every process create rings");
}

/* Most of what is tried at start needs one. */
static void check_own_ring(struct report *r)
{
	struct ring_raw own;
	int err = ring_raw_open(&own, 1, 0);
	struct check *c;

	c = add(r, "own ring", !err, err ? "none: %s" : "can be made",
		err ? strerrorname_np(-err) : "");
	ring_raw_close(&own);
	if (err)
		advise(c, ring_raw_why(err));
}

static void check_memlock(struct report *r)
{
	struct rlimit limit;
	char buf[FMT_LEN];
	struct check *c;

	getrlimit(RLIMIT_MEMLOCK, &limit);
	c = add(r, "RLIMIT_MEMLOCK here", true, "%s",
		limit.rlim_cur == RLIM_INFINITY ? "unlimited" : fmt_bytes(buf, limit.rlim_cur));
	if (limit.rlim_cur != RLIM_INFINITY)
		advise(c, "limits what a user without CAP_IPC_LOCK can register, all processes together; raise it with LimitMEMLOCK=, limits.conf or ulimit -l");
}

/* The account nearest to its limit. */
static void check_accounts(struct report *r, const struct ledger *l)
{
	const struct ledger_user *fullest = NULL;
	double worst = -1;
	__u64 limit = 0;
	char buf[FMT_LEN];

	for (const struct ledger_user *u = l->users; u; u = u->hh.next) {
		const struct holder *h = user_tightest_holder(l, u, NULL);
		double share;

		if (!h)
			continue;
		share = h->memlock_limit_bytes ? (double)u->locked_pages * PAGE_BYTES / h->memlock_limit_bytes : 1;
		if (share > worst) {
			worst = share;
			fullest = u;
			limit = h->memlock_limit_bytes;
		}
	}
	if (!fullest)
		add(r, "accounts", true, "no ring counts against a limit");
	else if (100 * worst >= NEAR_LIMIT_PERCENT)
		advise(add(r, "accounts", false, "uid %u uses %.0f%% of %s", fullest->uid, 100 * worst,
			   fmt_bytes(buf, limit)),
		       "'fixbuf-trace list' says who holds it");
	else
		add(r, "accounts", true, "fullest: uid %u, %.0f%% of %s", fullest->uid, 100 * worst,
		    fmt_bytes(buf, limit));
}

/* A ring may live on by a poll(2) of more descriptors than the walk looks through, alone. */
static void check_unseen(struct report *r, const struct walk *w)
{
	if (walk_all_are_charged(w))
		advise(add(r, "rings that nothing shows", true, "told by what they charge; -v says of whom not"),
		       "one of an owner with CAP_IPC_LOCK only while a process uses the memory of who made it");
	else
		advise(add(r, "rings that nothing shows", true, "told by what they charge, if anything; -v says more"),
		       "one of an owner with CAP_IPC_LOCK charges nobody on this kernel: kept by a poll(2) of thousands of descriptors alone, it is not found (verify says unseen-mappings)");
}

static const char *tier_means(enum tier t)
{
	if (t == TIER_UNKNOWN)
		return "nothing can be watched here; see 'rings' below";
	if (t == TIER_TRACEPOINTS)
		return "calls and tables are seen, pins and charges derived and marked ~";
	return "pins, unpins, charges and uncharges are seen as they happen";
}

static void print_text(const struct doctor_options *o, enum tier tier, const struct report *r,
		       const struct hook *hooks, size_t nr)
{
	struct table *t = nr ? table_new("<EVENT <ATTACH-POINT <STATE <WHY") : NULL;
	struct utsname u;

	uname(&u);
	fprintf(o->output.out, "kernel  %s %s, types from %s\n", u.release, u.machine,
		o->how.btf ? o->how.btf : "/sys/kernel/btf/vmlinux");
	fprintf(o->output.out, "tier    %s: %s\n\n", tier_name(tier), tier_means(tier));
	for (size_t i = 0; i < nr; i++) {
		table_cell(t, "%s", hooks[i].fact);
		table_cell(t, "%s", hooks[i].point);
		table_cell(t, "%s", hooks[i].attached ? "attached" : "-");
		table_cell(t, "%s", hooks[i].reason);
	}
	if (nr) {
		table_print(t, o->output.out, true, 0);
		fputc('\n', o->output.out);
	}
	t = table_new("<CHECK <STATE <VALUE");
	for (size_t i = 0; i < r->nr; i++) {
		table_cell(t, "%s", r->list[i].name);
		table_cell(t, "%s", r->list[i].good ? "ok" : "look");
		table_cell(t, "%s", r->list[i].value);
	}
	table_print(t, o->output.out, true, 0);
	for (size_t i = 0; i < r->nr; i++)
		if (r->list[i].advice[0] && (!r->list[i].good || o->output.verbose)) {
			fputs(i ? "" : "\n", o->output.out);
			wrap_line(o->output.out, 0, "%s: %s", r->list[i].name, r->list[i].advice);
		}
}

static void print_json(const struct doctor_options *o, enum tier tier, const struct report *r,
		       const struct hook *hooks, size_t nr)
{
	struct json j = { 0 };

	json_begin(&j, o->output.out);
	json_int(&j, "schema", 2);
	json_str(&j, "kernel", system_release());
	json_str(&j, "tier", tier == TIER_UNKNOWN ? NULL : tier_name(tier));
	json_open_list(&j, "hooks");
	for (size_t i = 0; i < nr; i++) {
		json_item_open(&j);
		json_str(&j, "event", hooks[i].fact);
		json_str(&j, "point", hooks[i].point);
		json_flag(&j, "attached", hooks[i].attached);
		json_str(&j, "reason", hooks[i].reason);
		json_close(&j);
	}
	json_close(&j);
	json_open_list(&j, "checks");
	for (size_t i = 0; i < r->nr; i++) {
		json_item_open(&j);
		json_str(&j, "check", r->list[i].name);
		json_flag(&j, "ok", r->list[i].good);
		json_str(&j, "value", r->list[i].value);
		json_str(&j, "advice", r->list[i].advice);
		json_close(&j);
	}
	json_close(&j);
	json_end(&j);
	json_free(&j);
}

struct shown_rings {
	size_t nr;
	__u64 bytes;
};

static void add_shown(const struct proc_ring *ring, void *arg)
{
	struct shown_rings *s = arg;

	s->nr++;
	for (size_t i = 0; i < ring->nr_buffers; i++)
		s->bytes += ring->buffers[i].len_bytes;
}

/* The limit is the user's: no process shows alone how much of it is left. */
static void check_shown_pins(struct report *r)
{
	char pinned[FMT_LEN], limit[FMT_LEN];
	struct proc_pins p;
	struct check *c;

	proc_pins_read(getuid(), &p);
	if (!p.processes)
		return;
	c = add(r, "VmPin in /proc", !proc_pins_near(&p), "pinned by your %zu process%s with rings: %s of %s",
		p.processes, p.processes == 1 ? "" : "es", fmt_bytes(pinned, p.bytes),
		p.soft_bytes == ~0ULL ? "no limit" : fmt_bytes(limit, p.soft_bytes));
	advise(c, "RLIMIT_MEMLOCK counts all processes of the user together: what they pin, and what VmPin does not show, such as the memory of rings (Linux 6.14 to 7.1); beyond it a call fails with ENOMEM; 'fixbuf-trace list' shows who holds what; raise it with LimitMEMLOCK=, limits.conf or ulimit -l");
}

/* What /proc shows to anybody of his own processes. */
static void check_shown_rings(struct report *r)
{
	static const struct selection all;
	struct shown_rings s = { 0 };
	char bytes[FMT_LEN];

	proc_rings(&all, add_shown, &s);
	if (!s.nr) {
		add(r, "rings in /proc", true, "none is shown to this user");
		return;
	}
	advise(add(r, "rings in /proc", true, "%zu open, %s registered", s.nr, fmt_bytes(bytes, s.bytes)),
	       "descriptors are counted: a ring that several have, and what it registered, as often");
	check_shown_pins(r);
}

/* What is printed, or bundled. */
struct told {
	const struct doctor_options *o;
	enum tier tier;
	const struct report *r;
	const struct hook *hooks;
	size_t nr;
};

static void print_bundled(FILE *out, void *arg)
{
	const struct told *t = arg;
	struct doctor_options all = *t->o;

	all.output.out = out;
	all.output.verbose = 1;
	print_text(&all, t->tier, t->r, t->hooks, t->nr);
}

/* .l, .capture: NULL = nothing can be looked at. */
static int tell(const struct told *t, struct capture *capture, struct ledger *l)
{
	const struct bundle b = {
		.path = t->o->file, .report = print_bundled, .arg = (void *)t, .capture = capture, .l = l,
	};

	if (t->o->bundle)
		return bundle_write(&b);
	(t->o->output.json ? print_json : print_text)(t->o, t->tier, t->r, t->hooks, t->nr);
	return EXIT_DONE;
}

/* What can be said without looking into the kernel; the rest is missing, and said to be. */
static int without_kernel(const struct doctor_options *o, struct report *r)
{
	struct check *c = add(r, "rings", false, "cannot be looked at");

	advise(c, err_text());
	check_shown_rings(r);
	check_privilege(r);
	check_lockdown(r);
	check_io_uring(r);
	check_memlock(r);
	return tell(&(struct told){ o, TIER_UNKNOWN, r, NULL, 0 }, NULL, NULL);
}

static int doctor(void *options)
{
	const struct doctor_options *o = options;
	struct selection all = { .nr_pids = 0 };
	struct live *none = NULL;
	const struct facts_handler on = live_handler(&none);
	const struct capture_wants wants = { .how = &o->how, .select = &all, .on = &on, .pages = o->bundle && system_capable(CAP_SYS_ADMIN) };
	struct run run = { .to = &o->output };
	struct ledger *l = ledger_new();
	struct report r = { .nr = 0 };
	const struct hook *hooks;
	int status;
	size_t nr;

	check_own_ring(&r);
	status = run_open(&run, &wants);
	if (!status && walk_rings(run.capture.walk, l))
		status = run_cannot();
	/* a bug report is wanted most where nothing works */
	if (status && system_has_proc() && (!r.list[0].good || !kern_is_allowed() || o->bundle)) {
		int told = without_kernel(o, &r);

		if (told || (kern_is_allowed() && !r.list[0].good))
			status = told;
	} else if (!status) {
		check_privilege(&r);
		check_pid_namespace(&r, &run.capture);
		check_lockdown(&r);
		check_io_uring(&r);
		check_memlock(&r);
		check_accounts(&r, l);
		check_unseen(&r, run.capture.walk);
		hooks = attach_hooks(run.capture.attach, &nr);
		status = tell(&(struct told){ o, attach_tier(run.capture.attach), &r, hooks, nr },
			      &run.capture, l);
	}
	run_close(&run);
	ledger_free(l);
	return status;
}

static const struct option_row options[] = {
	ROW_TIER(struct doctor_options),
	ROW_BTF(struct doctor_options),
	{ .name = "bundle",
	  .help = "write what a bug report needs to FILE (" BUNDLE_FILE "), which must be new: versions, "
		  "limits, this report, and what list and verify say, without addresses of the kernel",
	  .parse = parse_flag, .offset = offsetof(struct doctor_options, bundle), .group = GROUP_VIEW },
	ROW_FILE(struct doctor_options, parse_text),
	ROW_JSON,
	ROW_OUTPUT,
	ROWS_SAID,
	{ 0 }
};

static const struct option_rule rules[] = {
	{ "", NEEDS, "bundle", "FILE is that of --bundle; add it, or take -o FILE for the report alone" },
	{ "bundle", EXCLUDES, "json", "--bundle is text for a bug report; leave --json out" },
	{ "bundle", EXCLUDES, "output", "--bundle takes the name of its file: --bundle FILE; leave -o out" },
	{ 0 }
};

const struct command doctor_command = {
	.name = "doctor",
	.summary = "which tier and attach points, which limits, what to do about it",
	.text = "Says how well this kernel can be watched, which attach points were chosen or refused "
		"and why, and what to do about what is missing.\v"
		"Examples:\n"
		"  fixbuf-trace doctor           # a report for a person\n"
		"  fixbuf-trace doctor --json    # for a program\n"
		"  fixbuf-trace doctor -v        # with what libbpf says\n"
		"  fixbuf-trace doctor --bundle  # a file for a bug report\n",
	.options = options, .rules = rules,
	.options_size = sizeof(struct doctor_options),
	.run = doctor,
};
