// SPDX-License-Identifier: GPL-2.0
/* doctor --bundle: for whoever is to find out what went wrong, and nobody else's business in it. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "base/address_key.h"
#include "base/err.h"
#include "base/files.h"
#include "base/fmt.h"
#include "base/open_safely.h"
#include "base/page_size.h"
#include "base/signals.h"
#include "base/system.h"
#include "base/untrusted.h"
#include "capture/balance.h"
#include "capture/inspect.h"
#include "capture/kernel.h"
#include "checks/holdings.h"
#include "checks/ignored.h"
#include "commands/doctor/bundle.h"
#include "commands/run.h"
#include "model/totals.h"
#include "views/findings.h"
#include "views/holdings.h"
#include "views/verdict.h"

#define MAX_FILE	(16U << 10)

static const struct selection all;

/* ---- the machine --------------------------------------------------------------------- */

/* A line of a file that begins so; all of the file's first line where .begin is "". */
static void put_line(FILE *out, const char *name, const char *path, const char *begin)
{
	char *text = file_text(AT_FDCWD, path, MAX_FILE);
	const char *line = text ? text_line(text, begin) : NULL;

	fprintf(out, "%-26s ", name);
	line += line ? strspn(line, " ") : 0;
	if (line)
		put_tamed(out, (struct untrusted){ line, strcspn(line, "\n") });
	else
		fputs("not known", out);
	fputc('\n', out);
	free(text);
}

static void put_limit(FILE *out, const char *name, int which)
{
	struct rlimit limit;

	if (getrlimit(which, &limit))
		return;
	fprintf(out, "%-26s ", name);
	if (limit.rlim_cur == RLIM_INFINITY)
		fputs("unlimited\n", out);
	else
		fprintf(out, "%llu\n", (unsigned long long)limit.rlim_cur);
}

/* Neither the machine's name, nor its command line, nor anybody's environment. */
static void put_machine(FILE *out)
{
	static const struct { const char *name, *path, *begin; } lines[] = {
		{ "distribution", "/etc/os-release", "PRETTY_NAME=" },
		{ "kernel.kptr_restrict", "/proc/sys/kernel/kptr_restrict", "" },
		{ "unprivileged_bpf_disabled", "/proc/sys/kernel/unprivileged_bpf_disabled", "" },
		{ "perf_event_paranoid", "/proc/sys/kernel/perf_event_paranoid", "" },
		{ "bpf_jit_enable", "/proc/sys/net/core/bpf_jit_enable", "" },
		{ "io_uring_disabled", "/proc/sys/kernel/io_uring_disabled", "" },
		{ "ftrace_enabled", "/proc/sys/kernel/ftrace_enabled", "" },
		{ "security modules", "/sys/kernel/security/lsm", "" },
		{ "lockdown", "/sys/kernel/security/lockdown", "" },
		{ "memory", "/proc/meminfo", "MemTotal:" },
		{ "effective capabilities", "/proc/self/status", "CapEff:\t" },
		{ "seccomp", "/proc/self/status", "Seccomp:\t" },
	};
	struct utsname u;

	uname(&u);
	fprintf(out, "%-26s %s\n", "fixbuf-trace", VERSION);
	fprintf(out, "%-26s %s\n", "libbpf", kern_library());
	fprintf(out, "%-26s %s %s %s\n", "kernel", u.release, u.version, u.machine);
	fprintf(out, "%-26s %ld, %llu byte pages\n", "cpus", sysconf(_SC_NPROCESSORS_ONLN), PAGE_BYTES);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		put_line(out, lines[i].name, lines[i].path, lines[i].begin);
	put_limit(out, "RLIMIT_MEMLOCK", RLIMIT_MEMLOCK);
	put_limit(out, "RLIMIT_NOFILE", RLIMIT_NOFILE);
	put_limit(out, "RLIMIT_AS", RLIMIT_AS);
}

/* ---- what is registered, and whether it is right ---------------------------------------- */

static void put_rings(FILE *out, const struct ledger *l)
{
	const struct output to = { .out = out };
	struct ring_totals t = ledger_totals(l, &all);
	struct holding *list;
	char buf[FMT_LEN];
	size_t nr;

	fprintf(out, "%zu ring%s, %zu buffer%s, %s registered, %llu slot%s skipped, %zu not read\n", t.rings,
		plural(t.rings), t.buffers, plural(t.buffers), fmt_bytes(buf, t.registered_bytes),
		t.skipped_slots, plural(t.skipped_slots), t.unread_rings);
	list = holdings_of(l, &all, BY_PROCESS, 0, &nr);
	holdings_sort(list, nr, SORT_SIZE);
	view_holdings_text(&to, list, nr, nr, BY_PROCESS);
	free(list);
}

static void put_verify(FILE *out, struct capture *c)
{
	const struct check_options checks = { .select = &all };
	struct progress progress = { 0 };
	struct look look = { 0 };

	if (!c->pages) {
		fputs("not done: page frame numbers are hidden from this process, and that takes them\n", out);
		return;
	}
	if (look_closely(c->walk, c->pages, &all, &checks, &look, &progress) ||
	    look_at_balance(c->walk, &all, &look.findings, &look.unsettled) || interrupted) {
		fprintf(out, "not done: %s\n", interrupted ? "a signal ended it" : err_text());
	} else {
		ignored_settle(&(struct ignored){ 0 }, &look.findings, SEVERITY_WARNING, &look.unsettled);
		view_findings_text(out, &look.findings, SIZE_MAX, "", false);
		view_unsettled_text(out, &look.unsettled, false);
		fprintf(out, "%llu page%s compared", look.pages, plural(look.pages));
		view_verdict_line(out, verdict_of(findings_worst(&look.findings), SEVERITY_WARNING,
						  &look.unsettled), &look.findings);
	}
	look_free(&look);
}

static void put_all(FILE *out, const struct bundle *b)
{
	fputs("==== machine ====\n", out);
	put_machine(out);
	fputs("\n==== doctor ====\n", out);
	b->report(out, b->arg);
	fputs("\n==== list ====\n", out);
	if (b->capture)
		put_rings(out, b->l);
	else
		fputs("cannot be looked at, for the reason above\n", out);
	fputs("\n==== verify ====\n", out);
	if (b->capture)
		put_verify(out, b->capture);
	else
		fputs("cannot be looked at, for the reason above\n", out);
}

/* ---- the file ------------------------------------------------------------------------------ */

/* A new one: what is there may be a link, or others may have it open. */
static FILE *open_new(const char *path)
{
	int fd = open_safely(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC);
	FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;

	if (f)
		return f;
	if (fd == -ELOOP)
		misuse("%s is reached through a link that another user may have put there; name another file", path);
	else if (fd == -EEXIST)
		misuse("%s is there already; name another file, or remove it", path);
	else
		misuse("cannot write to %s: %s; name a file that can be created", path,
		       strerror(fd < 0 ? -fd : errno));
	return NULL;
}

int bundle_write(const struct bundle *b)
{
	const char *path = b->path ? b->path : BUNDLE_FILE;
	FILE *f = open_new(path), *all_of_it;
	struct address_key key;
	char *text = NULL;
	size_t len;
	bool failed;

	if (!f)
		return EXIT_USAGE;
	all_of_it = open_memstream(&text, &len);
	if (!all_of_it)
		exit(cannot("out of memory"));
	put_all(all_of_it, b);
	fclose(all_of_it);
	address_key_new(&key);
	put_addresses_hidden(f, text, &key);
	free(text);
	failed = ferror(f);
	if (fclose(f) || failed)
		return misuse("cannot write to %s: %s; what it has is incomplete", path, strerror(errno));
	fprintf(stderr, "wrote %s; it has names of programs, ids and limits: look through it before you send it\n",
		path);
	return EXIT_DONE;
}
