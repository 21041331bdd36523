// SPDX-License-Identifier: GPL-2.0
/*
 * An unprivileged process with names that hurt (its own, its program's, a file's, a memfd's, a function's)
 * beside root's tool: nothing of them gets out raw, in any command or format. The expected forms
 * are written here by hand; strict.h knows nothing of the tool's own taming.
 * Independent of the kernel: not run in guests.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "hostile.h"
#include "http.h"
#include "load.h"
#include "metrics.h"
#include "strict.h"
#include "tool.h"
#include "tool_json.h"
#include "witness.h"

#define HOSTILE_JSON	"\033\a\n\xef\xbf\xbd\xc2\x9b\xe2\x80\xae\"<;\\"
#define OPENMETRICS	"Accept: application/openmetrics-text;version=1.0.0,*/*;q=0.1\r\n"

static char dir[] = "/tmp/fixbuf-names-XXXXXX", program[128], file[128], rec[64];

enum form { TEXT, JSON, FOLDED, METRICS, CSV };

static bool is_clean(enum form form, const char *text, const char *what)
{
	size_t len = strlen(text);
	const char *wrong = form == JSON ? strict_json(text, len) : form == FOLDED ? strict_folded(text, len) :
			    form == CSV ? strict_csv(text, len) : form == METRICS ? strict_metrics(text, len, 0) : strict_text(text, len);

	return ok(!wrong, "%s is clean%s%s", what, wrong ? ": " : "", wrong ? wrong : "");
}

/* What it printed is clean, and holds the name in the way of its form unless .name is false. */
static void check(struct tool_run *a, enum form form, bool name, const char *what)
{
	if (!is_clean(form, a->out, what))
		note("%s", a->out);
	is_clean(TEXT, a->err, "what it says beside that");
	if (form == TEXT && name)
		has_text(a->out, HOSTILE_TAMED, "%s has the name", what);
}

#define RUN(form, name, what, ...) do {					\
	struct tool_run a__;						\
									\
	tool(&a__, __VA_ARGS__, NULL);					\
	check(&a__, form, name, what);					\
	tool_free(&a__);						\
} while (0)

static void copy_program(void)
{
	char command[9000];

	/* the shell's quotes cannot hold the name: it comes as an argument */
	snprintf(command, sizeof(command), "cp '%s' %s/program && head -c 8192 /dev/zero > %s/file",
		 load_path("hostile"), dir, dir);
	if (system(command))
		bail("cannot copy the load");
	snprintf(program, sizeof(program), "%s/program", dir);
	snprintf(file, sizeof(file), "%s/file", dir);
	snprintf(command, sizeof(command), "%s/" HOSTILE, dir);
	if (rename(program, command))
		bail("cannot rename the load");
	snprintf(program, sizeof(program), "%s/" HOSTILE, dir);
	snprintf(command, sizeof(command), "%s/f" HOSTILE, dir);
	if (rename(file, command))
		bail("cannot rename the file");
	snprintf(file, sizeof(file), "%s/f" HOSTILE, dir);
}

/* ---- of what is there ------------------------------------------------------------------ */

static void snapshots(const struct load *l)
{
	struct tool_run a;
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", l->pid);
	RUN(TEXT, true, "list", "list", "-p", pid);
	tool(&a, "list", "--json", NULL);
	check(&a, JSON, true, "list --json");
	is_text(json_text(json_ring(a.json, l->pid, -1), "comm"), HOSTILE_JSON,
		"the name is in it, but for what is no UTF-8");
	tool_free(&a);
	RUN(CSV, false, "list --csv", "list", "--csv", "-p", pid);
	RUN(CSV, false, "list --by process --csv", "list", "--by", "process", "--csv", "-p", pid);
	if (kernel_only())
		return;
	RUN(TEXT, false, "verify", "verify", "-p", pid);
	RUN(JSON, false, "verify --json", "verify", "--json", "-p", pid);
	RUN(TEXT, false, "verify --watch", "verify", "--watch", "-d", "500ms", "-p", pid);
}

static void metrics(void)
{
	struct exporter x;
	char *answer;

	exporter_start(&x, NULL);
	free(exporter_await(&x, 2, "fixbuf_registered_buffers", "comm=\"\\\\x1b"));
	answer = http_get(x.port, "/metrics", OPENMETRICS);
	is_clean(METRICS, http_body(answer), "export");
	/* each backslash twice, a quote behind one */
	has_text(answer, "comm=\"\\\\x1b\\\\x07\\n\\\\xff\\\\u009b\\\\u202e\\\"<;\\\\\\\\\"", "its labels have the name");
	free(answer);
	exporter_end(&x);
}

/* JSON that went to a file, beside what the program printed. */
static void check_file(const char *what, bool name)
{
	char *text = file_text(rec);

	is_clean(JSON, text, what);
	if (name)
		has_text(text, "\"comm\":\"\\u001b\\u0007\\n\xef\xbf\xbd\\u009b\\u202e\\\"<;\\\\\"",
			 "which has the name");
	free(text);
}

/* ---- of what happens --------------------------------------------------------------------- */

static void live(void)
{
	struct tool_run a;
	char *text;

	tool(&a, "trace", "--stacks", "--io", "--", program, "--no-wait", file, NULL);
	check(&a, TEXT, true, "trace --stacks");
	/* with bpf_find_vma() the kernel side sees the mapping at the call itself */
	if (witness_kernel(5, 17)) {
		has_text(a.out, "'f" HOSTILE_TAMED "'", "an explanation names the file");
		has_text(a.out, "'memfd:m" HOSTILE_TAMED "'", "and the memfd");
	} else {
		skip("an explanation names the file",
		     "before 5.17 the program's mappings are asked for after the call, and may be gone");
	}
	has_text(a.out, HOSTILE_SYMBOL_TAMED "+0x", "a stack names the function");
	has_text(a.out, "/" HOSTILE_TAMED ")", "and the program");
	tool_free(&a);
	if (kernel_only())
		return;
	RUN(TEXT, false, "trace --json", "trace", "--json", "--stacks", "-o", rec, "--", program,
	    "--no-wait", file);
	check_file("its file", true);
	RUN(TEXT, true, "stat", "stat", "--by-buffer", "--hist", "--advise", "--", program,
	    "--no-wait", file);
	RUN(TEXT, false, "stat --json", "stat", "--json", "-o", rec, "--", program, "--no-wait",
	    file);
	check_file("its file", false);
	RUN(TEXT, false, "stat --csv", "stat", "--csv", "-o", rec, "--", program, "--no-wait", file);
	text = file_text(rec);
	is_clean(CSV, text, "its file");
	has_text(text, ",\"\\x1b\\x07\\n\\xff\\u009b\\u202e\"\"<;\\\",", "which has the name");
	free(text);
}

/* ---- of recordings ----------------------------------------------------------------------- */

/* Whether protoc escaped anything but quotes and backslashes in its strings. */
static bool has_escapes(const char *text)
{
	for (const char *s = strchr(text, '\\'); s; s = strchr(s + 2, '\\'))
		if (!strchr("\\\"'", s[1]))
			return true;
	return false;
}

static void timeline(void)
{
	char out[80], command[256], *text;
	struct tool_run a;

	snprintf(out, sizeof(out), "%s.pftrace", rec);
	tool(&a, "report", "--perfetto", out, rec, NULL);
	is(a.status, 0, "report --perfetto");
	tool_free(&a);
	if (system("command -v protoc > /dev/null")) {
		skip("the timeline is clean", "there is no protoc");
		unlink(out);
		return;
	}
	snprintf(command, sizeof(command), "protoc --decode=perfetto.Trace --proto_path=user/share "
		 "perfetto.proto < %s > %s.txt", out, out);
	is(system(command), 0, "protoc reads the timeline");
	snprintf(command, sizeof(command), "%s.txt", out);
	text = file_text(command);
	ok(!has_escapes(text), "the timeline is clean");
	has_text(text, "process_name: \"\\\\x1b\\\\x07\\\\n\\\\xff\\\\u009b\\\\u202e\\\"<;\\\\\"", "it has the name");
	free(text);
	unlink(command);
	unlink(out);
}

static void recordings(void)
{
	static const char *const views[] = { "--summary", "--list", "--stat", "--verify", "--trace" };
	char out[80], *text;
	const char *wrong;
	struct tool_run a;

	tool(&a, "record", "--stacks", "--io", "-q", "-o", rec, "--", program, "--no-wait", file, NULL);
	is(a.status, 0, "record");
	is_clean(TEXT, a.err, "what record says");
	tool_free(&a);
	for (size_t i = 0; i < sizeof(views) / sizeof(views[0]); i++) {
		RUN(TEXT, !strcmp(views[i], "--trace") || !strcmp(views[i], "--summary"), views[i],
		    "report", rec, views[i]);
		RUN(JSON, false, views[i], "report", rec, views[i], "--json");
	}
	tool(&a, "report", rec, "--folded", NULL);
	check(&a, FOLDED, false, "--folded");
	/* ';' and blanks part names there */
	has_text(a.out, "evil\\x1b\\xff\\u009b\\u202e<_;", "it has the function");
	tool_free(&a);
	snprintf(out, sizeof(out), "%s.html", rec);
	tool(&a, "report", "--html", out, rec, NULL);
	is(a.status, 0, "report --html");
	tool_free(&a);
	text = file_text(out);
	wrong = strict_html(text, strlen(text));
	ok(!wrong, "the page is clean%s%s", wrong ? ": " : "", wrong ? wrong : "");
	has_text(text, "\\\\x1b\\\\x07\\\\n\\\\xff\\\\u009b\\\\u202e\\\"\\u003c;", "it has the name");
	free(text);
	unlink(out);
	timeline();
}

int main(void)
{
	struct load l;

	if (!mkdtemp(dir) || chmod(dir, 0755))
		bail("no temporary folder");
	snprintf(rec, sizeof(rec), "%s/rec", dir);
	copy_program();
	if (!load_start(&l, "hostile", file, NULL))
		skip_all("%s", l.skip);
	snapshots(&l);
	if (!kernel_only())
		metrics();
	load_end(&l);
	live();
	if (!kernel_only())
		recordings();
	unlink(program);
	unlink(file);
	unlink(rec);
	if (rmdir(dir))
		note("%s is left behind", dir);
	return tap_end();
}
