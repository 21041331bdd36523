// SPDX-License-Identifier: GPL-2.0
/*
 * Each side is brought into the form of report --json, list --json or verify --json, by the views that print
 * those: what is compared is what people can look at, and there is one way to read it.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/err.h"
#include "base/files.h"
#include "base/open_safely.h"
#include "base/page_size.h"
#include "base/signals.h"
#include "base/system.h"
#include "capture/balance.h"
#include "capture/inspect.h"
#include "checks/ignored.h"
#include "commands/diff/given_pids.h"
#include "commands/diff/source.h"
#include "commands/recorded.h"
#include "commands/run.h"
#include "model/totals.h"
#include "recording/format.h"
#include "views/findings.h"
#include "views/rings.h"
#include "views/verdict.h"

#define MAX_FILE	(256ULL << 20)

/* ---- files ------------------------------------------------------------------------------- */

/* A file, or what standard input held, opened from its begin. */
struct recorded_source {
	const char *name;
	const char *text;	/* NULL = the file of that name */
	size_t len;
};

static struct recording *open_recording(const struct recorded_source *from)
{
	return from->text ? recording_open_bytes(from->name, from->text, from->len) : recording_open(from->name);
}

static int take_selected(struct snapshot *s, const struct recorded_source *source, const struct selection *select)
{
	struct recording *from = open_recording(source);
	struct replay p;
	struct recorded d;
	struct output to = { 0 };
	char *text = NULL;
	size_t len = 0;
	int status;

	if (!from)
		return misuse("%s", err_text());
	to.out = must_have(open_memstream(&text, &len));
	replay_begin(&p, from);
	status = recorded_read(&d, &p, recording_origin(from), select);
	d.view.to = &to;
	if (!status)
		view_summary_json(&d.view);
	recorded_free(&d);
	replay_close(&p);
	fclose(to.out);
	if (status) {
		free(text);
		return status;
	}
	return snapshot_take(s, source->name, must_have(text), len);
}

static int take_recording(struct snapshot *s, const struct recorded_source *source, const struct selection *select)
{
	struct selection of_file = *select;
	int status;

	if (!given_pids_differ(select))
		return take_selected(s, source, select);
	given_pids_of_recording(&of_file, open_recording(source));
	status = take_selected(s, source, &of_file);
	free(of_file.pids);
	return status;
}

static bool is_recording(const char *text, size_t len)
{
	return len >= strlen(REC_MAGIC) && !memcmp(text, REC_MAGIC, strlen(REC_MAGIC));
}

static int take_text(struct snapshot *s, const char *name, char *text, size_t len, const struct selection *select)
{
	int status;

	if (is_recording(text, len)) {
		status = take_recording(s, &(struct recorded_source){ name, text, len }, select);
		free(text);
		return status;
	}
	status = snapshot_take(s, name, text, len);
	if (!status)
		snapshot_select(s, select);
	return status;
}

int source_read(struct snapshot *s, const char *path, const struct selection *select)
{
	bool piped = !strcmp(path, "-");
	int fd = piped ? dup(STDIN_FILENO) : open_input(path);
	const char *name = piped ? "standard input" : path;
	char *text, magic[sizeof(REC_MAGIC)];
	size_t len;

	/* a recording may be larger than what is taken into memory */
	if (!piped && fd >= 0 && pread(fd, magic, strlen(REC_MAGIC), 0) == strlen(REC_MAGIC) &&
	    is_recording(magic, strlen(REC_MAGIC))) {
		close(fd);
		return take_recording(s, &(struct recorded_source){ .name = path }, select);
	}
	text = file_read(fd, MAX_FILE, &len);
	if (!text)
		return misuse("cannot read %s: %s; " SNAPSHOT_WANTED, name,
			      errno == EFBIG ? "it has 256 MiB or more" : input_error(errno));
	return take_text(s, name, text, len, select);
}

/* ---- now --------------------------------------------------------------------------------- */

static int print_rings(const struct output *to, struct run *r, const struct selection *select)
{
	struct ledger *l = ledger_new();
	int err = walk_rings(r->capture.walk, l);
	struct json j = { 0 };

	if (!err) {
		json_begin(&j, to->out);
		view_rings_json(&j, to, select, l, TIER_TRACEPOINTS, false);
		json_uint(&j, "unsteady_rings", walk_unsteady(r->capture.walk));
		json_uint(&j, "skipped_slots", ledger_totals(l, select).skipped_slots);
		json_end(&j);
		json_free(&j);
	}
	ledger_free(l);
	return err ? run_cannot() : 0;
}

/* What is asked for and was there has gone, and that is told: nothing was left out for it. */
static void settle_gone(struct unsettled_list *u)
{
	for (size_t i = 0; i < u->nr;)
		if (u->list[i].what == UNSETTLED_SELECTION)
			unsettled_take(u, u->list[i]);
		else
			i++;
}

static int print_findings(const struct output *to, struct run *r, const struct selection *select, bool was_there)
{
	const struct check_options checks = { .select = select };
	struct progress p = { .on = isatty(STDERR_FILENO) && !to->quiet };
	struct look look = { 0 };
	struct json j = { 0 };
	int status = 0;

	if (look_closely(r->capture.walk, r->capture.pages, select, &checks, &look, &p) ||
	    look_at_balance(r->capture.walk, select, &look.findings, &look.unsettled) || interrupted)
		status = run_cannot();
	progress_end(&p);
	if (was_there)
		settle_gone(&look.unsettled);
	if (!status) {
		ignored_settle(&(struct ignored){ 0 }, &look.findings, SEVERITY_WARNING, &look.unsettled);
		json_begin(&j, to->out);
		view_rings_json(&j, to, select, look.ledger, TIER_TRACEPOINTS, false);
		view_verdict_json(&j, verdict_of(-1, SEVERITY_INFO, &look.unsettled), &look.unsettled);
		view_findings_json(&j, &look.findings, false);
		json_uint(&j, "unsteady_rings", look.unsteady_rings);
		json_uint(&j, "lost", look.ledger->lost);
		json_end(&j);
		json_free(&j);
	}
	look_free(&look);
	return status;
}

/* Nothing of them runs: the form is that of the others. */
static int print_nobody(const struct output *to, const struct selection *select, bool pages)
{
	const struct unsettled_list settled = { 0 };
	const struct findings none = { 0 };
	struct ledger *l = ledger_new();
	struct json j = { 0 };

	json_begin(&j, to->out);
	view_rings_json(&j, to, select, l, TIER_TRACEPOINTS, false);
	if (pages) {
		view_verdict_json(&j, verdict_of(-1, SEVERITY_INFO, &settled), &settled);
		view_findings_json(&j, &none, false);
	}
	json_end(&j);
	json_free(&j);
	ledger_free(l);
	return 0;
}

static bool was_there(const struct snapshot *was, __u32 pid)
{
	for (size_t i = 0; i < was->nr_rings; i++)
		if (given_pid(was->rings[i].pid, was->rings[i].ns_pid) == pid)
			return true;
	for (__u32 i = 0; i < was->asked.nr_pids; i++)
		if (given_pid(was->asked.pids[i], was->asked.ns_pids[i]) == pid)
			return true;
	return false;
}

/* Those of -p that go on; who is in .was and has ended is no slip. */
static struct selection without_gone(const struct snapshot *was, const struct selection *select)
{
	struct selection left = *select;

	left.pids = must_alloc(select->nr_pids, sizeof(*left.pids));
	left.nr_pids = 0;
	for (size_t i = 0; i < select->nr_pids; i++)
		if (!was_there(was, select->pids[i]) || !kill(select->pids[i], 0) || errno != ESRCH)
			left.pids[left.nr_pids++] = select->pids[i];
	return left;
}

static int print_now(const struct output *to, struct selection *left, bool pages, bool was_any)
{
	static const struct capture_how how;
	const struct capture_wants wants = { .how = &how, .select = left, .pages = pages };
	struct run r = { .to = to };
	int status = run_open(&r, &wants);

	if (!status)
		status = pages ? print_findings(to, &r, left, was_any) : print_rings(to, &r, left);
	run_close(&r);
	return status;
}

int source_now(struct snapshot *s, const struct snapshot *was, const struct output *output,
	       const struct selection *select, bool pages)
{
	struct selection left = without_gone(was, select);
	struct output to = *output;
	int status;
	char *text = NULL;
	size_t len = 0;

	/* a recording may be of another machine */
	page_size_set(sysconf(_SC_PAGESIZE));
	to.out = must_have(open_memstream(&text, &len));
	to.boot_id = system_boot_id();
	if (select->nr_pids && !left.nr_pids)
		status = print_nobody(&to, &left, pages);
	else
		status = print_now(&to, &left, pages, was->nr_rings);
	fclose(to.out);
	free(left.pids);
	free(left.ns_pids);
	free(left.cgroup_path);
	if (status) {
		free(text);
		return status;
	}
	return snapshot_take(s, "what runs now", must_have(text), len);
}
