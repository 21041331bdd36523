// SPDX-License-Identifier: GPL-2.0
/*
 * verify --watch tells each fault once, at the call that broke the balance, and
 * nothing about healthy programs.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "load.h"
#include "tool.h"
#include "tool_json.h"

static char out_file[] = "/tmp/fixbuf-watch-XXXXXX";

struct watched {
	struct tool_run a;	/* .out is what the program said */
	struct json_lines lines;
	pid_t pid;
};

/* Runs a load under verify --watch; the load stays for these seconds after it is READY. */
static void watch_once(struct watched *w, const char *load, const char *arg, int stay_s,
		       const char *option)
{
	static const struct tool_how how = { .timeout_s = 100 };
	const char *tier = tool_tier();
	char command[8400], *text;

	/* those that read no line of their own stay for as long, wherever it took them to come up */
	snprintf(command, sizeof(command), "sleep %d | %s %s --stay %d", stay_s, load_path(load),
		 arg, stay_s);
	tool_as(&w->a, &how, "verify", "--watch", "--json", "-q", "-o", out_file, "--fail-on", "info",
		"--tier", tier ? tier : "tracepoints", option, "--", "sh", "-c", command, NULL);
	text = file_text(out_file);
	json_lines_parse(&w->lines, text);
	free(text);
	w->pid = strstr(w->a.out, "pid=") ? (pid_t)value_number(w->a.out, "pid") : 0;
}

static void watched_free(struct watched *w)
{
	json_lines_free(&w->lines);
	tool_free(&w->a);
}

static long long lost(const struct watched *w)
{
	return w->lines.nr ? json_number(w->lines.lines[w->lines.nr - 1], "lost") : 0;
}

/* Whether the kernel had no turn for a stack on a processor that preempts, which is told, too. */
static bool lacks_stack(const struct watched *w)
{
	for (size_t i = 0; i < w->lines.nr; i++) {
		const char *note = json_text(json_member(w->lines.lines[i], "call"), "kstack_note");

		if (note && !strncmp(note, "not taken: ", 11))
			return true;
	}
	return false;
}

/*
 * A kernel that preempts programs may leave one out, which is told as a loss: up to
 * .tries times. Under full load it always does, and once is enough.
 */
static void watch_load(struct watched *w, const char *load, const char *arg, int stay_s,
		       const char *option, int tries)
{
	watch_once(w, load, arg, stay_s, option);
	for (int i = 1; i < tries && (lost(w) > 0 || lacks_stack(w)); i++) {
		note("%s %s: %lld events were lost, or a stack, once more", load, arg, lost(w));
		watched_free(w);
		watch_once(w, load, arg, stay_s, option);
	}
}

static struct json_object *finding(const struct watched *w, const char *tag, size_t *nr)
{
	struct json_object *first = NULL;

	*nr = 0;
	for (size_t i = 0; i < w->lines.nr; i++) {
		/* a suspicion that ended before it could be confirmed is none, and unsettled */
		if (!json_is(w->lines.lines[i], "event", "finding") ||
		    !json_object_get_boolean(json_member(w->lines.lines[i], "confirmed")) ||
		    (tag && !json_is(w->lines.lines[i], "tag", tag)))
			continue;
		first = first ? first : w->lines.lines[i];
		++*nr;
	}
	return first;
}

/* Whether something was suspected that ended, or went on to change, before it could be confirmed. */
static bool suspects(const struct watched *w)
{
	for (size_t i = 0; i < w->lines.nr; i++)
		if (json_is(w->lines.lines[i], "event", "finding") &&
		    !json_object_get_boolean(json_member(w->lines.lines[i], "confirmed")))
			return true;
	return false;
}

/* Whether calls or buffers came and went faster than they could be looked at. */
static bool owes(const struct watched *w)
{
	const char *last = w->lines.nr ? json_object_to_json_string(w->lines.lines[w->lines.nr - 1]) : "";

	return strstr(last, "\"missed-buffers\"") || strstr(last, "\"unchecked-calls\"");
}

/* Checks that the summary, the last line, agrees with the lines before it. */
static struct json_object *summary(const struct watched *w, const char *name)
{
	struct json_object *last = w->lines.nr ? w->lines.lines[w->lines.nr - 1] : NULL;
	size_t nr;

	finding(w, NULL, &nr);
	ok(last && json_is(last, "event", "summary"), "%s: ends with a summary", name);
	if (!is(json_number(last, "findings"), nr, "%s: which counts the findings", name))
		note("%s", w->a.err);
	return last;
}

static void show(const struct watched *w)
{
	for (size_t i = 0; i < w->lines.nr; i++)
		note("%s", json_object_to_json_string(w->lines.lines[i]));
}

static bool was_skipped(const struct watched *w, const char *name, bool may_lose)
{
	if (tool_skipped(&w->a, name))
		return true;
	/* a tier that was asked for from outside may not be had; tracepoints are at each kernel */
	if (w->a.status == 3 && tool_tier())
		skip(name, "%.*s", (int)strcspn(w->a.err, "\n"), w->a.err);
	else if (!may_lose && lost(w) > 0)
		skip(name, "the kernel left out some of our programs");
	else
		return false;
	return true;
}

static size_t nr_frames(struct json_object *call, const char *which)
{
	struct json_object *stack = json_member(call, which);

	return stack ? json_object_array_length(stack) : 0;
}

static bool has_frame(struct json_object *call, const char *which, const char *part)
{
	for (size_t i = 0; i < nr_frames(call, which); i++) {
		struct json_object *f = json_object_array_get_idx(json_member(call, which), i);
		const char *symbol = json_text(f, "symbol");

		if (symbol && strstr(symbol, part))
			return true;
	}
	return false;
}

/*
 * A kernel that has this fault commits it in this call, and the watch tells it there. Another
 * finding may come with it: a clone of a part of a huge page loses the charge up to 7.1.
 */
static void at_the_call(const char *load, const char *tag, const char *call_name)
{
	struct json_object *f, *call;
	struct watched w;
	char expect[64];
	size_t nr;

	/* the load must live until the watch has looked at its pages */
	watch_load(&w, load, "", kernel_only() ? 5 : 1, "--stacks", 3);
	if (was_skipped(&w, load, false)) {
		watched_free(&w);
		return;
	}
	snprintf(expect, sizeof(expect), "expect.%s", tag);
	f = finding(&w, tag, &nr);
	summary(&w, load);
	if (!value_text(w.a.out, expect)) {
		is(nr, 0, "%s: this kernel does not have the fault, it is not told", load);
		watched_free(&w);
		return;
	}
	ok(nr, "%s: it is told", load);
	is(w.a.status, 1, "%s: exit status", load);
	call = f ? json_member(f, "call") : NULL;
	is_text(json_text(f, "when"), "call", "%s: at a call", load);
	is_text(json_text(call, "event"), call_name, "%s: of that kind", load);
	is(json_number(call, "pid"), w.pid, "%s: by that process", load);
	if (value_number(w.a.out, expect))
		is(json_number(f, "pages"), value_number(w.a.out, expect), "%s: pages", load);
	if (lacks_stack(&w))
		skip(load, "the kernel took no stack");
	else if (!ok(has_frame(call, "kstack", "io_uring_register"), "%s: from the kernel's call", load) ||
		 !ok(has_frame(call, "ustack", "main"), "%s: from the program's main()", load))
		show(&w);
	watched_free(&w);
}

/*
 * No call on the ring takes these pages away: the watch finds that after the call before, at its
 * end, or when it is time to look; where functions are probed it may see the call on addresses.
 */
static void by_the_last_look(void)
{
	struct json_object *f;
	struct watched w;
	size_t nr;

	watch_load(&w, "fault_dontneed", "", kernel_only() ? 7 : 2, kernel_only() ? "-d5s" : "-d1s",
		   1);
	if (was_skipped(&w, "fault_dontneed", true)) {
		watched_free(&w);
		return;
	}
	f = finding(&w, NULL, &nr);
	summary(&w, "fault_dontneed");
	if (!is(nr, 1, "fault_dontneed: is told once"))
		show(&w);
	is_text(json_text(f, "tag"), "stale-page", "fault_dontneed: its tag");
	is(json_number(f, "pages"), 3, "fault_dontneed: pages");
	if (json_is(f, "when", "unmap") && tool_tier() && strcmp(tool_tier(), "tracepoints"))
		is_text(json_text(json_member(f, "call"), "event"), "madvise",
			"fault_dontneed: the call on addresses is blamed");
	else if (!ok(json_is(f, "when", "end") || json_is(f, "when", "after-call") ||
		     json_is(f, "when", "between") || (lost(&w) && json_is(f, "when", "loss")),
		     "fault_dontneed: no call on the ring is blamed"))
		show(&w);
	watched_free(&w);
}

/* The sum of all count.CALL.RESULT that the program reported. */
static long long calls_of(const char *text)
{
	long long sum = 0;

	for (const char *p = text; (p = strstr(p, "count.")); p++) {
		unsigned int nr;

		if (sscanf(p, "count.%*[^=]=%u", &nr) == 1)
			sum += nr;
	}
	return sum;
}

static void healthy(const char *load, const char *arg, int stay_s, bool overlaps)
{
	struct json_object *last;
	struct watched w;
	size_t nr, twice;

	watch_load(&w, load, arg, stay_s, "-q", overlaps ? 3 : 1);
	if (was_skipped(&w, load, true)) {
		watched_free(&w);
		return;
	}
	finding(&w, NULL, &nr);
	last = summary(&w, load);
	/* memory that it registers while another ring still has it is charged twice */
	finding(&w, "overcharged", &twice);
	if (!is(nr - (overlaps ? twice : 0), 0, "%s %s: nothing is told", load, arg))
		show(&w);
	/* what was lost may have been a fault */
	if (!is(w.a.status, nr ? 1 : lost(&w) || suspects(&w) || owes(&w) ? 4 : 0, "%s %s: exit status", load, arg))
		note("%s", json_object_to_json_string(last));
	if (lost(&w))
		skip("number of calls", "the kernel left out some of our programs");
	else if (strstr(w.a.out, "count."))
		is(json_number(last, "calls"), calls_of(w.a.out), "%s: calls", load);
	else
		ok(json_number(last, "calls") > 100, "%s: many calls were checked", load);
	watched_free(&w);
}

/* Calls that were under way while the probes were attached must not look like faults. */
static void amid_churn(void)
{
	static const struct tool_how how = { .timeout_s = 30 };
	const char *tier = tool_tier();
	struct load l;

	if (!load_start(&l, "churn", "slow", "small", NULL)) {
		skip("churn", "%s", l.skip);
		return;
	}
	for (int i = 0; i < 5; i++) {
		struct watched w;
		char *text, pid[16];
		size_t nr;

		memset(&w, 0, sizeof(w));
		snprintf(pid, sizeof(pid), "%d", l.pid);
		tool_as(&w.a, &how, "verify", "--watch", "--json", "-q", "-o", out_file, "-d", "500ms",
			"-p", pid, "--tier", tier ? tier : "tracepoints", NULL);
		text = file_text(out_file);
		json_lines_parse(&w.lines, text);
		free(text);
		finding(&w, NULL, &nr);
		/* what it could not settle amid churn is no finding */
		if (!ok(nr == 0 && (w.a.status == 0 || w.a.status == 4),
			"begun amid churn: nothing is told")) {
			note("%s", w.a.err);
			show(&w);
		}
		watched_free(&w);
	}
	load_end(&l);
}

int main(void)
{
	int fd = mkstemp(out_file);

	if (fd < 0)
		bail("no temporary file");
	close(fd);
	at_the_call("fault_bypass", "uncharged-pin", "update");
	at_the_call("fault_underflow", "charge-underflow", "unregister");
	by_the_last_look();
	healthy("lifecycle", "--no-wait", 0, true);
	healthy("churn", "slow small", kernel_only() ? 3 : 1, false);
	amid_churn();
	unlink(out_file);
	return tap_end();
}
