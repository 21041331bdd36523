// SPDX-License-Identifier: GPL-2.0
/*
 * report --html in a real browser without a window: it draws without a word
 * on the console, fetches nothing, and shows the values of its own data, which
 * are those of report --trace of the same file.
 * Independent of the kernel: not run in guests.
 * Not under ASan: what writes the page is tested by report.c.
 */
#include <json-c/json.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "load.h"
#include "page_data.h"
#include "tool.h"
#include "tool_json.h"

static char *between(const char *text, const char *from, const char *to)
{
	const char *a = strstr(text, from), *b = a ? strstr(a + strlen(from), to) : NULL;

	return b ? strndup(a + strlen(from), b - a - strlen(from)) : strdup("");
}

/* The figure that the page shows under a title. */
static long long figure(const char *dom, const char *title)
{
	char from[96], *value, digits[32];
	size_t n = 0;

	snprintf(from, sizeof(from), "<dt>%s</dt><dd>", title);
	value = between(dom, from, "</dd>");
	for (const char *s = value; *s && n + 1 < sizeof(digits); s++)
		if (*s != ',')
			digits[n++] = *s;
	digits[n] = 0;
	free(value);
	return n ? strtoll(digits, NULL, 10) : -1;
}

static size_t nr_of(struct json_object *data, const char *list)
{
	return json_object_array_length(json_member(data, list));
}

static bool of_same(struct json_object *a, struct json_object *b, const char *name)
{
	return json_object_equal(json_member(a, name), json_member(b, name));
}

/* A chart per user, a layer in it per process. */
static void check_memory(const char *dom, struct json_object *data)
{
	struct json_object *accounts = json_member(data, "accounts");
	size_t nr = nr_of(data, "accounts"), users = 0, processes = 0;

	for (size_t i = 0; i < nr; i++) {
		struct json_object *a = json_object_array_get_idx(accounts, i);
		bool again = false, twice = false;

		for (size_t k = 0; k < i; k++) {
			struct json_object *b = json_object_array_get_idx(accounts, k);

			again |= of_same(a, b, "uid");
			twice |= of_same(a, b, "uid") && of_same(a, b, "process") && of_same(a, b, "pid");
		}
		users += !again;
		processes += json_object_get_boolean(json_member(a, "process"));
		is(twice, false, "no user and no process is there twice");
	}
	is(users > 1 && processes > 1, true, "several users and processes had memory");
	is(text_count(dom, "class=\"account\""), users, "every user has a chart");
	is(text_count(dom, "class=\"layer "), processes, "every process has a layer in its user's");
	is(text_count(dom, ">0 ns</text>") + text_count(dom, ">0 B</text>"), 0,
	   "axes begin at 0 of the unit of their other values");
}

static void check_values(const char *dom, struct json_object *data, struct tool_run *trace)
{
	struct json_object *totals = json_member(data, "totals");
	struct json_lines lines;
	size_t buffers = 0, failed = 0;
	char failures[32];

	json_lines_parse(&lines, trace->out);
	for (size_t i = 0; i < lines.nr; i++) {
		struct json_object *o = lines.lines[i];

		buffers += json_is(o, "event", "buffer") &&
			   !json_object_get_boolean(json_member(o, "empty"));
		failed += json_member(o, "errno") != NULL;
	}
	json_lines_free(&lines);
	is(json_number(totals, "buffers"), buffers, "its data have the trace's buffers");
	is(json_number(totals, "calls_failed"), failed, "and its failures");
	is(json_number(totals, "fixed_ops"), 24, "and the 24 I/Os over registered buffers");
	is(nr_of(data, "lives"), buffers, "each buffer has a life");

	is(figure(dom, "rings"), json_number(totals, "rings"), "rings are shown as in the data");
	is(figure(dom, "buffers registered"), json_number(totals, "buffers"), "buffers, too");
	is(figure(dom, "calls"), json_number(totals, "calls"), "calls, too");
	is(figure(dom, "calls that failed"), json_number(totals, "calls_failed"), "failures, too");
	snprintf(failures, sizeof(failures), "%zu call%s failed", failed, failed == 1 ? "" : "s");
	is(text_count(dom, failures) > 0, failed > 0, "failed calls are told before the charts");
	is(figure(dom, "I/O"), json_number(totals, "io_ops"), "I/O, too");
	is(text_count(dom, "class=\"finding "), nr_of(data, "findings"), "every finding is shown");
	is(text_count(dom, "aria-labelledby=\"slower-title\" hidden=\"\""), !nr_of(data, "io_slower"),
	   "what only took a slower way is told apart from what failed");
	check_memory(dom, data);
	is(text_count(dom, "offsets-map") > 0 && text_count(dom, "requests from"), 1,
	   "parts of buffers that were used are drawn");
}

static void check_kind(struct json_object *page, struct json_object *summary, const char *kind, const char *comm)
{
	struct json_object *a = json_member(json_member(json_member(page, "latency"), "all"), kind);
	struct json_object *b = json_member(summary, kind);

	is(a ? json_number(a, "ops") : 0, json_number(b, "ops"), "%s: %s operations of the page are the summary's",
	   comm, kind);
	if (!a)
		return;
	is(json_number(a, "max_ns"), json_number(b, "max_ns"), "%s: %s: so is the longest", comm, kind);
	is(json_number(a, "p99_ns"), json_number(b, "p99_ns"), "%s: %s: and the 99th percentile", comm, kind);
	is(json_number(a, "coarse"), json_number(b, "coarse"), "%s: %s: and what is known of them", comm, kind);
}

/* With a filter, too, page, summary and trace tell the same numbers, and count from the same moment. */
static void check_filter(const char *html, const char *rec, const char *comm)
{
	struct tool_run summary, trace, page;
	struct json_object *data;
	long long fixed, plain;
	char total[96];

	tool(&summary, "report", "--json", "--comm", comm, rec, NULL);
	tool(&trace, "report", "--trace", "--comm", comm, rec, NULL);
	tool(&page, "report", "--html", html, "--comm", comm, rec, NULL);
	is(summary.status + trace.status + page.status, 0, "%s: three views", comm);
	data = page_data(html);
	check_kind(data, summary.json, "fixed", comm);
	check_kind(data, summary.json, "plain", comm);
	fixed = json_number(json_member(summary.json, "fixed"), "ops");
	plain = json_number(json_member(summary.json, "plain"), "ops");
	is(json_number(json_member(data, "totals"), "io_ops"), fixed + plain, "%s: the page's I/O", comm);
	snprintf(total, sizeof(total), "%lld I/Os over registered buffers, ", fixed);
	is(strncmp(trace.err, total, strlen(total)), 0, "%s: the trace's total of them", comm);
	snprintf(total, sizeof(total), ", and %lld plain, ", plain);
	is(text_count(trace.err, total), plain > 0, "%s: plain ones are told apart", comm);
	is(json_number(json_member(data, "about"), "recorded_ns"), json_number(summary.json, "duration_ns"),
	   "%s: it is as long", comm);
	is(json_sum(data, "failures", "count"), json_sum(summary.json, "failures", "count"), "%s: the calls that failed", comm);
	is(json_sum(data, "failures", "since_ns"), json_sum(summary.json, "failures", "since_ns"),
	   "%s: one clock for them", comm);
	json_object_put(data);
	tool_free(&summary);
	tool_free(&trace);
	tool_free(&page);
}

/* Leaves the recording there. */
static void check_filters(const char *html, const char *rec)
{
	static const char *const loads[] = { "io_mix", "demo", "lifecycle" };
	char command[8192] = "true";
	struct tool_run r;

	for (size_t i = 0; i < 3; i++)
		snprintf(command + strlen(command), sizeof(command) - strlen(command), " && %s --no-wait",
			 load_path(loads[i]));
	tool(&r, "record", "-q", "-o", rec, "--io", "--", "sh", "-c", command, NULL);
	is(r.status, 0, "record of three");
	tool_free(&r);
	for (size_t i = 0; i < 3; i++)
		check_filter(html, rec, loads[i]);
}

/* By keyboard alone the first buffer can be picked, zoomed and moved. */
static void press_keys(const char *html, const char *dom)
{
	char *nonce = between(dom, "<script nonce=\"", "\"");
	FILE *f = fopen(html, "a");

	if (!f)
		bail("cannot add to %s", html);
	fprintf(f, "<script nonce=\"%s\">for (const key of [\"ArrowDown\", \"+\", \"ArrowRight\"]) "
		"document.getElementById(\"lives-box\").dispatchEvent("
		"new KeyboardEvent(\"keydown\", {key, bubbles: true}));"
		"document.body.dataset.told = [ns(11786000), ns(5002913310), ns(999), ns(999499999)].join();"
		"document.body.dataset.ticks = [[1333, 3000], [1, 2], [700, 1100], [8e6, 9e6]]"
		".every(r => powers(...r, 10).length > 1);</script>\n", nonce);
	fclose(f);
	free(nonce);
}

/* What the page looks like when its scripts have run, and what they said. To be freed. */
static void browse(const char *profile, const char *html, const char *rec, char **dom, char **console)
{
	char command[512];

	/* root needs --no-sandbox; the console goes to stderr */
	snprintf(command, sizeof(command),
		 "timeout 60 chromium --headless --no-sandbox --disable-gpu --user-data-dir=%s "
		 "--enable-logging=stderr --dump-dom file://%s > %s.dom 2> %s.console",
		 profile, html, rec, rec);
	is(system(command), 0, "the browser reads it");
	snprintf(command, sizeof(command), "%s.dom", rec);
	*dom = file_text(command);
	unlink(command);
	snprintf(command, sizeof(command), "%s.console", rec);
	*console = file_text(command);
	unlink(command);
}

/* How wide the page's content is where so many pixels are there: a frame of that width tells. */
static long width_in(const char *profile, const char *html, const char *rec, int width)
{
	char outer[64], *dom, *console, *nonce, *told;
	long content;
	FILE *f;

	dom = file_text(html);
	nonce = between(dom, "<script nonce=\"", "\"");
	free(dom);
	f = fopen(html, "a");
	if (!f)
		bail("cannot add to %s", html);
	fprintf(f, "<script nonce=\"%s\">parent.postMessage(Math.max(...[document.documentElement, "
		"...document.querySelectorAll(\"#machines .wide\")].map(e => e.scrollWidth)), \"*\");</script>\n", nonce);
	fclose(f);
	free(nonce);
	snprintf(outer, sizeof(outer), "%s.frame.html", rec);
	f = fopen(outer, "w");
	if (!f)
		bail("cannot write %s", outer);
	fprintf(f, "<p></p><script>onmessage = e => document.querySelector(\"p\").textContent = e.data;</script>"
		"<iframe width=%d height=800 src=\"file://%s\"></iframe>\n", width, html);
	fclose(f);
	browse(profile, outer, rec, &dom, &console);
	unlink(outer);
	told = between(dom, "<p>", "</p>");
	content = strtol(told, NULL, 10);
	free(told);
	free(dom);
	free(console);
	return content;
}

/* The page of that recording as it is drawn, to be freed. */
static char *drawn(const char *profile, const char *html, const char *rec)
{
	struct tool_run r;
	char *dom, *console;

	tool(&r, "report", "--html", html, rec, NULL);
	is(r.status, 0, "its page");
	tool_free(&r);
	browse(profile, html, rec, &dom, &console);
	is(text_count(console, ":CONSOLE"), 0, "nothing is said on its console");
	has_text(dom, "data-drawn=\"true\"", "the script ends there, too");
	free(console);
	return dom;
}

/* Of what recorded nothing the page says that, and no more. */
static void check_empty(const char *profile, const char *html, const char *rec)
{
	char pid[16], *dom, *part;
	struct tool_run r;

	snprintf(pid, sizeof(pid), "%d", getpid());
	tool(&r, "record", "-q", "-o", rec, "-d", "200ms", "-p", pid, NULL);
	is(r.status, 0, "record of a process that does nothing");
	tool_free(&r);
	dom = drawn(profile, html, rec);
	part = between(dom, "<p id=\"about\">", "</p>");
	is(!strncmp(part, "Nothing was recorded in ", 24), true, "it says that nothing was recorded");
	is(text_count(dom, "<main></main>"), 1, "and nothing else");
	free(part);
	free(dom);
}

/* One that was killed, and another behind it: what is said in the first line, and what was not looked at. */
static void check_cut(const char *profile, const char *html, const char *rec)
{
	char *dom, *part, command[1024];
	struct tool_run r;

	tool_start(&r, &(struct tool_how){ 0 }, "record", "-o", rec, "--comm", "io_rings", NULL);
	if (!tool_says(&r, "recording to", 30000))
		bail("record does not start");
	snprintf(command, sizeof(command), "%s --no-wait 5003 3 >/dev/null", load_path("io_rings"));
	is(system(command), 0, "5003 rings come and go");
	sleep(3);
	kill(r.pid, SIGKILL);
	tool_wait(&r, &(struct tool_how){ 0 });
	tool_free(&r);
	tool(&r, "record", "-q", "--append", "-o", rec, "--", load_path("io_rings"), "--no-wait", "5003", "3", NULL);
	is(r.status, 0, "a part behind one that was cut off");
	tool_free(&r);
	dom = drawn(profile, html, rec);
	part = between(dom, "<p id=\"about\">", "</p>");
	is(text_count(part, "was cut off"), 1, "it says that the recording was cut off");
	is(!strncmp(part, "10006 rings on ", 15), true, "and all rings: %s", part);
	free(part);
	part = between(dom, "<span class=\"unchecked\">", "</span>");
	is(text_count(part, "Not checked: "), 1, "what was not checked is told");
	is(text_count(part, "what came after the last event"), 1, "as what was not recorded");
	is(text_count(part, "leaks"), 1, "and leaks, at this tier");
	free(part);
	free(dom);
}

/* Two machines that recorded at the same time have one axis of time. */
static void check_axis(const char *profile, const char *html, const char *rec)
{
	char command[1024], other[64], *dom, *console;
	struct tool_run r;

	snprintf(other, sizeof(other), "%s.other", rec);
	snprintf(command, sizeof(command),
		 "unshare -u sh -c 'hostname 0-machine; exec %s record -q -o %s -d 4s -- sleep 4' & "
		 "sleep 2; %s record -q -o %s.now -- %s --no-wait >/dev/null; wait",
		 tool_path(), other, tool_path(), rec, load_path("lifecycle"));
	is(system(command), 0, "two record at the same time");
	snprintf(command, sizeof(command), "%s.now", rec);
	tool(&r, "report", "--html", html, command, other, NULL);
	is(r.status, 0, "a page of both");
	tool_free(&r);
	unlink(command);
	unlink(other);
	snprintf(command, sizeof(command), "%s#machine-2", html);
	browse(profile, command, rec, &dom, &console);
	is(text_count(console, ":CONSOLE"), 0, "nothing is said on the console");
	is(text_count(dom, "All times count from "), 2, "it says from when times count");
	is(text_count(dom, "nothing was recorded"), 2, "and of which nothing was recorded");
	free(dom);
	free(console);
}

/* What is folded, or has no place, is at least named on paper. */
static void check_paper(const char *profile, const char *html, const char *rec)
{
	char command[512], path[96], *text;
	struct tool_run r;

	if (system("command -v pdftotext > /dev/null")) {
		skip("paper", "there is no pdftotext here; install poppler-utils");
		return;
	}
	tool(&r, "report", "--html", html, rec, NULL);
	is(r.status, 0, "a page to be printed");
	tool_free(&r);
	snprintf(command, sizeof(command),
		 "timeout 60 chromium --headless --no-sandbox --disable-gpu --user-data-dir=%s "
		 "--print-to-pdf=%s.pdf file://%s 2> /dev/null && pdftotext -layout %s.pdf %s.text",
		 profile, rec, html, rec, rec);
	is(system(command), 0, "it prints");
	snprintf(path, sizeof(path), "%s.text", rec);
	text = file_text(path);
	unlink(path);
	snprintf(path, sizeof(path), "%s.pdf", rec);
	unlink(path);
	has_text(text, " more kinds of calls that failed (not printed: open this before you print)",
		 "folded failures are named on paper");
	has_text(text, " rings) are shown.", "so are rings that have no place there");
	is(text_count(text, "Scroll for the others"), 0, "nobody scrolls paper");
	free(text);
}

/* A page of two machines: one is shown, and what matters of each. */
static void check_machines(const char *profile, const char *html, const char *rec)
{
	char other[64], address[96], *dom, *console;
	struct tool_run r;

	snprintf(other, sizeof(other), "%s.other", rec);
	if (!record_elsewhere("0-machine", "", other, "lifecycle"))
		return;
	tool(&r, "report", "--html", html, rec, other, NULL);
	is(r.status, 0, "a page of both");
	tool_free(&r);
	for (int i = 1; i <= 2; i++) {
		snprintf(address, sizeof(address), "%s#machine-%d", html, i);
		browse(profile, address, rec, &dom, &console);
		is(text_count(console, ":CONSOLE"), 0, "nothing is said on the console");
		has_text(dom, "data-drawn=\"true\"", "all is drawn");
		is(text_count(dom, "<strong>0-machine</strong></td><td class=\"\">37 calls failed"), i == 1, "the first by name is shown, or");
		is(text_count(dom, "<a href=\"#machine-1\">0-machine</a></td><td class=\"\">37 calls failed"), i == 2, "named");
		is(figure(dom, "calls that failed") == 37, i == 1, "its figures are there or not");
		is(text_count(dom, "<p class=\"note\">All times count from "), 0, "each has its own time");
		free(dom);
		free(console);
	}
	is(width_in(profile, html, rec, 420) <= 420, 1, "no column of theirs is out of sight on 420 pixels");
	unlink(other);
	check_axis(profile, html, rec);
}

/* A script that got into the page all the same would not run. */
static void check_policy(const char *profile, const char *html, const char *rec)
{
	FILE *f = fopen(html, "a");
	char *dom, *console;

	if (!f)
		bail("cannot add to %s", html);
	fputs("<script>document.body.dataset.forged = \"true\";</script>"
	      "<p onclick=\"\" style=\"color: red\">x</p>\n", f);
	fclose(f);
	browse(profile, html, rec, &dom, &console);
	is(text_count(dom, "data-forged=\"true\""), 0, "a script without the page's word does not run");
	is(text_count(console, "Content Security Policy") >= 3, 1,
	   "script, handler and style were refused");
	free(dom);
	free(console);
}

int main(void)
{
	char rec[] = "/tmp/fixbuf-page-XXXXXX", html[64], profile[] = "/tmp/fixbuf-browser-XXXXXX";
	char command[512], other[64], mixed[64], *dom, *json, *console;
	struct tool_run a, trace;
	int fd = mkstemp(rec);
	long width;

	if (fd < 0 || !mkdtemp(profile))
		bail("no temporary file");
	close(fd);
	snprintf(html, sizeof(html), "%s.html", rec);
	snprintf(other, sizeof(other), "%s.filter.html", rec);
	tool(&a, "record", "-q", "-o", rec, "--io", "--", load_path("demo"), "--no-wait", NULL);
	is(a.status, 0, "record ends as its program");
	tool_free(&a);
	tool(&a, "report", "--html", html, rec, NULL);
	is(a.status, 0, "report --html");
	tool_free(&a);
	tool(&trace, "report", "--trace", "--json", rec, NULL);
	dom = file_text(html);
	is(text_count(dom, "src=\"") + text_count(dom, "@import") + text_count(dom, "fetch("), 0,
	   "it names nothing to be fetched");
	is(text_count(dom, "@DATA@") + text_count(dom, "@JS@") + text_count(dom, "@CSS@"), 0,
	   "nothing is left to fill in");
	is(text_count(dom, "Content-Security-Policy"), 1, "it has a policy");

	snprintf(mixed, sizeof(mixed), "%s.mixed", rec);
	check_filters(other, mixed);
	if (system("command -v chromium > /dev/null")) {
		skip("it renders", "there is no chromium here; install the package of that name");
		free(dom);
	} else {
		press_keys(html, dom);
		free(dom);
		browse(profile, html, rec, &dom, &console);
		if (!is(text_count(console, ":CONSOLE"), 0, "nothing is said on the console"))
			note("%s", console);
		has_text(dom, "data-drawn=\"true\"", "the last line of its script was reached");
		json = between(dom, "id=\"lives-detail\"", "</p>");
		has_text(json, " slot 0: ", "keys pick a buffer, which is told in words");
		has_text(dom, "data-told=\"11.8 ms,5 s,999 ns,999 ms\"", "times have three digits, as in text");
		has_text(dom, "data-ticks=\"true\"", "an axis has two ticks, however close its ends are");
		free(json);
		json = between(dom, "id=\"data\">", "</script>");
		a.json = json_tokener_parse(json);
		if (ok(a.json, "its data are JSON"))
			check_values(dom, json_object_array_get_idx(a.json, 0), &trace);
		json_object_put(a.json);
		free(json);
		free(console);
		free(dom);
		width = width_in(profile, html, rec, 420);
		is(width > 380 && width <= 420, true, "it fits on a screen of 420 pixels");
		check_policy(profile, html, rec);
		check_paper(profile, other, mixed);
		check_machines(profile, html, rec);
		check_empty(profile, html, rec);
		check_cut(profile, html, rec);
	}
	tool_free(&trace);
	snprintf(command, sizeof(command), "rm -rf %s", profile);
	if (system(command))
		note("%s is left behind", profile);
	unlink(rec);
	unlink(html);
	unlink(other);
	unlink(mixed);
	return tap_end();
}
