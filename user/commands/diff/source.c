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

static int take_recording(struct snapshot *s, const char *name, struct recording *from, const struct selection *select)
{
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
	return snapshot_take(s, name, must_have(text), len);
}

static bool is_recording(const char *text, size_t len)
{
	return len >= strlen(REC_MAGIC) && !memcmp(text, REC_MAGIC, strlen(REC_MAGIC));
}

static int take_text(struct snapshot *s, const char *name, char *text, size_t len, const struct selection *select)
{
	int status;

	if (is_recording(text, len)) {
		status = take_recording(s, name, recording_open_bytes(name, text, len), select);
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
		return take_recording(s, name, recording_open(path), select);
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

/* Of -p, who is in .was: such a number is no slip. */
static bool has_gone(const struct snapshot *was, const struct selection *select)
{
	for (size_t i = 0; i < select->nr_pids; i++)
		for (size_t k = 0; k < was->nr_rings; k++)
			if (was->rings[k].pid == select->pids[i] && kill(select->pids[i], 0) && errno == ESRCH)
				return true;
	return false;
}

int source_now(struct snapshot *s, const struct snapshot *was, const struct output *output,
	       struct selection *select, bool pages)
{
	static const struct capture_how how;
	const struct capture_wants wants = { .how = &how, .select = select, .pages = pages };
	struct output to = *output;
	struct run r = { .to = output };
	int status;
	char *text = NULL;
	size_t len = 0;

	/* a recording may be of another machine */
	page_size_set(sysconf(_SC_PAGESIZE));
	select->found = has_gone(was, select);
	status = run_open(&r, &wants);
	to.out = must_have(open_memstream(&text, &len));
	to.boot_id = system_boot_id();
	if (!status)
		status = pages ? print_findings(&to, &r, select, was->nr_rings) : print_rings(&to, &r, select);
	fclose(to.out);
	run_close(&r);
	if (status) {
		free(text);
		return status;
	}
	return snapshot_take(s, "what runs now", must_have(text), len);
}
