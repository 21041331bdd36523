// SPDX-License-Identifier: GPL-2.0
/*
 * export tells Prometheus exactly what the load programs did, whatever its
 * clients do to it, and keeps no privilege that it does not need.
 * Independent of the kernel but for what stat and list are tested for.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include "http.h"
#include "load.h"
#include "memory.h"
#include "metrics.h"
#include "tool.h"
#include "tool_json.h"
#include "witness.h"

#define OPENMETRICS "Accept: application/openmetrics-text;version=1.0.0,*/*;q=0.1\r\n"

static struct exporter x;

/* ---- what it says -------------------------------------------------------------------- */

static void calls(void)
{
	static const char *const ops[] = { "register", "unregister", "update", "clone" };
	static const char *const results[] = { "ok", "EFAULT", "EOVERFLOW", "EINVAL", "ENXIO",
					       "EBUSY", "ENOMEM", "EOPNOTSUPP" };
	struct load l;
	char *text;

	if (!load_start(&l, "lifecycle", NULL)) {
		skip("calls", "%s", l.skip);
		return;
	}
	for (size_t i = 0; i < 4; i++) {
		for (size_t k = 0; k < sizeof(results) / sizeof(results[0]); k++) {
			const char *count = load_text(&l, "count.%s.%s", ops[i], results[k]);
			char labels[96];

			if (!count)
				continue;
			snprintf(labels, sizeof(labels), "pid=\"%d\",op=\"%s\",result=\"%s\"",
				 l.pid, ops[i], results[k]);
			is_metric(&x, atoi(count), labels, "fixbuf_register_calls_total", labels);
		}
	}
	text = exporter_scrape(&x);
	/* where probes hang at the calls' entry points: every task of the machine would pay else */
	if (strstr(text, "tier=\"functions\"") || strstr(text, "tier=\"kprobes\"")) {
		ok(metric(text, "fixbuf_register_duration_seconds_count", "op=\"register\"", NULL) > 0,
		   "calls to register are timed");
		ok(metric(text, "fixbuf_register_duration_seconds_sum", "op=\"register\"", NULL) > 0,
		   "and took time");
	}
	is(metric(text, "fixbuf_register_duration_seconds_bucket", "op=\"register\"", "+Inf", NULL),
	   metric(text, "fixbuf_register_duration_seconds_count", "op=\"register\"", NULL),
	   "the last bucket has them all");
	is(metric(text, "fixbuf_events_lost_total", NULL), 0, "no event was lost");
	is(metric(text, "fixbuf_facts_lost_total", NULL), 0, "also by its old name");
	free(text);
	load_end(&l);
}

static void gauges(void)
{
	unsigned long long bytes = 0, charged = 0;
	struct load l;
	char *text, label[48];

	if (!load_start(&l, "fault_double_charge", NULL))
		bail("%s", l.skip);
	for (int i = 0; i < 7; i++) {
		bytes += load_number(&l, "ring.%d.len", i);
		charged += load_number(&l, "ring.%d.charged", i);
	}
	snprintf(label, sizeof(label), "uid=\"%llu\"", load_number(&l, "uid"));
	is_metric(&x, 1, "one ring", "fixbuf_rings", label);
	is_metric(&x, 7, "seven buffers", "fixbuf_registered_buffers", label);
	is_metric(&x, bytes, "their length", "fixbuf_registered_bytes", label);
	text = exporter_scrape(&x);
	if (metric(text, "fixbuf_charged_bytes", label, NULL) < 0)
		skip("their charge", "this kernel keeps no charge of a buffer");
	else
		is(metric(text, "fixbuf_charged_bytes", label, NULL), charged * PAGE, "their charge");
	is(metric(text, "fixbuf_process_pinned_vm_bytes", label, NULL),
	   witness_status_kb(l.pid, "VmPin") * 1024, "pinned_vm is what VmPin says");
	is(metric(text, "fixbuf_user_memlock_limit_bytes", label, NULL), 8 << 20, "the user's limit");
	is(metric(text, "fixbuf_user_locked_bytes", label, NULL) +
	   metric(text, "fixbuf_user_headroom_bytes", label, NULL), 8 << 20,
	   "what is locked and what is left make the limit");
	free(text);
	load_end(&l);
	is_metric(&x, -1, "and it is gone with the process", "fixbuf_rings", label);
}

/* Before 5.18 a request that is refused unread ends without a name: it is lost, and that is told. */
static long long unnamed_io(const struct load *l)
{
	struct tool_run a;
	bool by_name;
	char *text;

	tool(&a, "stat", "--json", "-d", "100ms", NULL);
	by_name = json_is(a.json, "starts_by", "user_data");
	tool_free(&a);
	if (!by_name)
		return 0;
	text = exporter_scrape(&x);
	ok(metric(text, "fixbuf_io_lost_total", "reason=\"no_start\"", NULL) >=
	   load_number(l, "bad_index"), "requests without a name are told as lost");
	free(text);
	return load_number(l, "bad_index");
}

/* Runs a load to its end; returns the pid that it had. */
static pid_t io_once(void)
{
	static const struct { int op; const char *name; } ops[] = {
		{ 5, "WRITE_FIXED" }, { 22, "READ" }, { 23, "WRITE" }, { 4, "READ_FIXED" },
	};
	struct load l;

	if (!load_start(&l, "io_mix", NULL)) {
		skip("I/O", "%s", l.skip);
		return 0;
	}
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		char label[64];
		long long unnamed = ops[i].op == 4 ? unnamed_io(&l) : 0;

		snprintf(label, sizeof(label), "pid=\"%d\",opcode=\"%s\"", l.pid, ops[i].name);
		is_metric(&x, load_number(&l, "op.%d.ops", ops[i].op) - unnamed, label,
			  "fixbuf_io_operations_total", label);
		is_metric(&x, load_number(&l, "op.%d.bytes", ops[i].op), "its bytes",
			  "fixbuf_io_bytes_total", label);
		is_metric(&x, load_number(&l, "op.%d.errors", ops[i].op) - unnamed, "its errors",
			  "fixbuf_io_errors_total", label);
	}
	load_end(&l);
	return l.pid;
}

/* Each with the cause that the other views tell. */
static void failures(void)
{
	static const struct { const char *opcode, *says; } causes[] = {
		{ "WRITE_FIXED", "fixed=\"true\",errno=\"EPERM\",cause=\"the file is sealed against it" },
		{ "READ_FIXED", "fixed=\"true\",errno=\"EBADF\",cause=\"its descriptor is not open, or is open with O_PATH" },
		{ "RECV", "fixed=\"false\",errno=\"ENOTCONN\",cause=\"the socket is not connected\"" },
	};
	struct load l;

	if (!load_start(&l, "io_causes_file", NULL)) {
		skip("failures", "%s", l.skip);
		return;
	}
	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
		char label[192];

		snprintf(label, sizeof(label), "pid=\"%d\",opcode=\"%s\",%s", l.pid, causes[i].opcode,
			 causes[i].says);
		is_metric(&x, 3, label, "fixbuf_io_failures_total", label);
	}
	load_end(&l);
}

/* Two ways in which one call fails with one error are two causes. */
static void failed_calls(void)
{
	static const struct { const char *op, *says; } causes[] = {
		{ "register", "errno=\"EFAULT\",cause=\"the pointer to the array of iovecs is NULL\"" },
		{ "register", "errno=\"EFAULT\",cause=\"entry N: the mapping N-N is read-only, but buffers are pinned for writing\"" },
	};
	struct load l;

	if (!load_start(&l, "causes", NULL)) {
		skip("failed calls", "%s", l.skip);
		return;
	}
	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
		char label[192];

		snprintf(label, sizeof(label), "pid=\"%d\",op=\"%s\",%s", l.pid, causes[i].op,
			 causes[i].says);
		is_metric(&x, 1 + i, label, "fixbuf_register_failures_total", label);
	}
	load_end(&l);
}

/* Counts of a ring stay in the metrics when its counters make room for those of others. */
static void io(void)
{
	pid_t pid = io_once();
	double ops, count;
	char *text, label[64];

	if (!pid)
		return;
	snprintf(label, sizeof(label), "pid=\"%d\",opcode=\"READ_FIXED\"", pid);
	text = exporter_scrape(&x);
	ops = metric(text, "fixbuf_io_operations_total", label, NULL);
	count = metric(text, "fixbuf_io_latency_seconds_count", label, NULL);
	ok(count > 0 && count <= ops, "latencies are counted");
	free(text);
	for (int i = 0; i < 4; i++) {
		usleep(800000);
		free(exporter_scrape(&x));
	}
	io_once();
	text = exporter_scrape(&x);
	is(metric(text, "fixbuf_io_operations_total", label, NULL), ops,
	   "what a ring did that is gone stays told");
	free(text);
}

/* Finds the load by its uid, which no other process has: that tag of that process. */
static void findings(void)
{
	char *text, label[48], severity[16], uid[16], counted[64];
	struct tool_run a;
	struct load l;

	if (!load_start(&l, "fault_double_charge", NULL))
		bail("%s", l.skip);
	snprintf(label, sizeof(label), "tag=\"overcharged\",uid=\"%llu\"", load_number(&l, "uid"));
	is_metric(&x, load_number(&l, "expect.overcharged") * PAGE,
		  "the background pass finds what is charged twice, and whose it is",
		  "fixbuf_finding_bytes", label);
	snprintf(uid, sizeof(uid), "%llu", load_number(&l, "uid"));
	tool(&a, "verify", "--json", "-u", uid, NULL);
	snprintf(severity, sizeof(severity), "%s", json_text(json_finding(a.json, l.pid, "overcharged"), "severity") ? : "");
	tool_free(&a);
	snprintf(counted, sizeof(counted), "severity=\"%s\",tag=\"overcharged\"", severity);
	text = exporter_scrape(&x);
	ok(metric(text, "fixbuf_findings", counted, NULL) >= 1, "and counts it with the severity that verify tells (%s)",
	   severity);
	is(metric(text, "fixbuf_verify_up", NULL), 1, "it says that it checks");
	free(text);
	load_end(&l);
	is_metric(&x, -1, "it is gone with the process", "fixbuf_finding_bytes", label);
}

/* ---- how it speaks ---------------------------------------------------------------------- */

static void is_answer(const char *answer, int status, const char *part, const char *what)
{
	is(http_status(answer), status, "%s: %d", what, status);
	has_text(answer, part, "%s: it says so", what);
}

static void http(void)
{
	static const char post[] = "POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc";
	static const char head[] = "HEAD /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
	char *a = http_get(x.port, "/metrics", "");
	size_t len;

	is_answer(a, 200, "Content-Type: text/plain; version=0.0.4", "the old text format");
	ok(!strstr(a, "# EOF") && !strstr(a, "# UNIT"), "which has no end and no units");
	has_text(a, "# TYPE fixbuf_io_operations_total counter", "and names samples");
	free(a);
	a = http_get(x.port, "/metrics", OPENMETRICS);
	is_answer(a, 200, "Content-Type: application/openmetrics-text; version=1.0.0", "OpenMetrics");
	len = strlen(a);
	ok(len > 6 && !strcmp(a + len - 6, "# EOF\n"), "which ends with # EOF");
	has_text(a, "# TYPE fixbuf_io_operations counter", "and names families");
	has_text(a, "# UNIT fixbuf_registered_bytes bytes", "and units");
	free(a);
	a = http_get(x.port, "/healthz", "");
	is_answer(a, 200, "\r\n\r\nok\n", "/healthz");
	free(a);
	a = http_get(x.port, "/", "");
	is_answer(a, 404, "/metrics", "anything else");
	free(a);
	a = http_talk(x.port, post, sizeof(post) - 1);
	is_answer(a, 405, "Allow: GET", "POST");
	free(a);
	a = http_talk(x.port, head, sizeof(head) - 1);
	is(http_status(a), 405, "HEAD: 405");
	free(a);
}

static void many_scrapes(void)
{
	double begun = now_s();
	unsigned int whole = 0;

	for (int i = 0; i < 1009; i++) {
		char *a = http_get(x.port, "/metrics", OPENMETRICS);
		size_t len = strlen(a);

		whole += http_status(a) == 200 && len > 6 && !strcmp(a + len - 6, "# EOF\n");
		free(a);
	}
	is(whole, 1009, "1009 scrapes in a row, all of them whole");
	note("in %.2f s", now_s() - begun);
}

static void garbage(void)
{
	static char big[1 << 20];
	char *a;

	srand(7);
	for (int i = 0; i < 61; i++) {
		char noise[509];

		for (size_t k = 0; k < sizeof(noise); k++)
			noise[k] = rand();
		/* an empty line ends the request, so that the server does not wait for the rest */
		memcpy(noise + sizeof(noise) - 4, "\r\n\r\n", 4);
		a = http_talk(x.port, noise, sizeof(noise));
		if (http_status(a) == 200)
			bail("noise was answered with 200");
		free(a);
	}
	memset(big, 'a', sizeof(big));
	memcpy(big, "GET /", 5);
	a = http_talk(x.port, big, sizeof(big));
	ok(http_status(a) != 200, "1 MiB of address is refused");
	free(a);
	memcpy(big, "GET /metrics HTTP/1.1\r\nX: ", 26);
	a = http_talk(x.port, big, sizeof(big));
	ok(http_status(a) != 200, "1 MiB of header too");
	free(a);
	a = http_get(x.port, "/metrics", "");
	is(http_status(a), 200, "noise and all, it serves");
	free(a);
}

/* Opens more connections than it serves at once; none of them ever sends a whole request. */
static void slow_clients(void)
{
	int fds[101], closed = 0;
	char *a, c;

	for (int i = 0; i < 101; i++) {
		fds[i] = http_connect(x.port);
		if (fds[i] >= 0 && send(fds[i], "GET /metr", 9, MSG_NOSIGNAL) < 0)
			note("%d refused", i);
	}
	a = http_get(x.port, "/healthz", "");
	is(http_status(a), 200, "behind 101 clients that say half a sentence one is served");
	free(a);
	/* the others waited for a place, and then have the same time */
	for (int i = 0; i < 101; i++) {
		closed += fds[i] < 0 || read(fds[i], &c, 1) <= 0;
		close(fds[i]);
	}
	is(closed, 101, "and all of them are sent away");
}

static void serving(void)
{
	pid_t list[4];
	size_t nr;

	exporter_start(&x, "--verify-interval", "1s", "--by", "pid", NULL);
	calls();
	gauges();
	io();
	failures();
	failed_calls();
	findings();
	http();
	many_scrapes();
	garbage();
	slow_clients();
	nr = witness_children(x.a.pid, list, 4);
	is(exporter_end(&x), 0, "it ends with 0");
	for (size_t i = 0; i < nr; i++)
		ok(kill(list[i], 0), "and leaves no process");
	tool_free(&x.a);
}

int main(void)
{
	exporter_needed();
	serving();
	return tap_end();
}
