// SPDX-License-Identifier: GPL-2.0
/*
 * The real Prometheus scrapes export: it takes what it gets, the example rules
 * fire on a real fault, and each query of the example dashboard has an answer.
 * Not under ASan: export.c tests what is scraped.
 * Independent of the kernel: not run in guests.
 */
#include <arpa/inet.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "http.h"
#include "load.h"
#include "metrics.h"
#include "tool.h"
#include "tool_json.h"

#define AWAIT_S		60
#define RATE_INTERVAL	"1m"	/* Grafana would put such a value in place of the variable */

static struct exporter x;
static char folder[] = "/tmp/fixbuf-prometheus-XXXXXX";
static int port;
static pid_t server;

static int run_shell(const char *command)
{
	int status = system(command);

	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* The path of a file of the source tree, which the build folder lies in. */
static const char *source(const char *name)
{
	static char path[8192];

	snprintf(path, sizeof(path), "%s/../%s", build_dir(), name);
	return path;
}

static const char *const RULES = "user/share/prometheus/fixbuf.rules.yml";

static int free_port(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (bind(fd, (void *)&at, len) || getsockname(fd, (void *)&at, &len))
		bail("no free port");
	close(fd);
	return ntohs(at.sin_port);
}

static void write_file(const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "we");
	if (!f || fputs(text, f) < 0 || fclose(f))
		bail("cannot write %s", path);
}

static void start_server(void)
{
	char config[9000], path[128], data[128], address[64];

	snprintf(config, sizeof(config),
		 "global: {scrape_interval: 1s, evaluation_interval: 1s}\n"
		 "rule_files: ['%s']\n"
		 "scrape_configs: [{job_name: fixbuf, static_configs: [{targets: ['127.0.0.1:%d']}]}]\n",
		 realpath(source(RULES), NULL), x.port);
	write_file("prometheus.yml", config);
	snprintf(path, sizeof(path), "--config.file=%s/prometheus.yml", folder);
	snprintf(data, sizeof(data), "--storage.tsdb.path=%s/data", folder);
	port = free_port();
	snprintf(address, sizeof(address), "--web.listen-address=127.0.0.1:%d", port);
	server = fork();
	if (server)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr))
		_exit(126);
	execlp("prometheus", "prometheus", path, data, address, "--log.level=error", NULL);
	_exit(127);
}

/* Asks Prometheus's API: the "data" of its answer, NULL without success. *answer is to be put. */
static struct json_object *ask(const char *path, struct json_object **answer)
{
	char *text = http_get(port, path, "Connection: close\r\nAccept-Encoding: identity\r\n");
	const char *begin = strchr(http_body(text), '{');

	*answer = begin ? json_tokener_parse(begin) : NULL;
	free(text);
	return json_is(*answer, "status", "success") ? json_member(*answer, "data") : NULL;
}

/* Counts the samples that a query gives. */
static size_t query(const char *expr)
{
	static char path[16384];
	struct json_object *answer, *data, *result;
	size_t len, n = 0;

	len = snprintf(path, sizeof(path), "/api/v1/query?query=");
	for (; *expr && len < sizeof(path) - 4; expr++)
		len += snprintf(path + len, sizeof(path) - len, "%%%02x", (unsigned char)*expr);
	data = ask(path, &answer);
	result = json_member(data, "result");
	if (result)
		n = json_object_array_length(result);
	json_object_put(answer);
	return n;
}

static size_t await_query(const char *expr)
{
	size_t n = 0;

	for (int i = 0; i < 2 * AWAIT_S && !(n = query(expr)); i++)
		usleep(500000);
	return n;
}

/* ---- the parts ----------------------------------------------------------------------- */

/* Runs promtool; prints what that said when it did not end with 0. */
static void promtool(const char *what, const char *job, const char *file)
{
	char command[8400];

	snprintf(command, sizeof(command), "promtool %s %s > %s/said 2>&1", job, file, folder);
	if (!is(run_shell(command), 0, "promtool %s%s", job, what)) {
		snprintf(command, sizeof(command), "sed 's/^/# /' %s/said", folder);
		run_shell(command);
	}
}

static void checked(void)
{
	char *text = exporter_scrape(&x), file[128];

	write_file("metrics.prom", text);
	free(text);
	snprintf(file, sizeof(file), "< %s/metrics.prom", folder);
	promtool(" has no complaint", "check metrics", file);
	promtool(" has no complaint", "check rules", source(RULES));
	promtool(": each alert fires on what it is for", "test rules", source("tests/live/rules.yml"));
}

/* Every query of the dashboard must give data, whatever state the machine is in. */
static void dashboard(void)
{
	struct json_object *root = json_object_from_file(source("user/share/prometheus/fixbuf.dashboard.json"));
	struct json_object *panels = json_member(root, "panels");
	size_t nr = 0;

	for (size_t i = 0; panels && i < json_object_array_length(panels); i++) {
		struct json_object *panel = json_object_array_get_idx(panels, i);
		struct json_object *targets = json_member(panel, "targets");

		for (size_t k = 0; targets && k < json_object_array_length(targets); k++, nr++) {
			const char *at, *from = json_text(json_object_array_get_idx(targets, k), "expr");
			char expr[2048] = "";

			for (; (at = strstr(from, "$__rate_interval")); from = at + 16)
				snprintf(expr + strlen(expr), sizeof(expr) - strlen(expr), "%.*s%s",
					 (int)(at - from), from, RATE_INTERVAL);
			snprintf(expr + strlen(expr), sizeof(expr) - strlen(expr), "%s", from);
			ok(await_query(expr), "dashboard, %s: %s", json_text(panel, "title"), expr);
		}
	}
	ok(nr > 17, "the dashboard has %zu queries", nr);
	json_object_put(root);
}

static void rules(void)
{
	static const char *const recorded[] = {
		"instance:fixbuf_pinned_bytes:sum", "instance:fixbuf_io_fixed_operations:ratio_rate5m",
		"instance_uid:fixbuf_user_locked:ratio",
		"instance_opcode_fixed:fixbuf_io_latency_seconds:p99_rate5m",
	};

	for (size_t i = 0; i < sizeof(recorded) / sizeof(recorded[0]); i++)
		ok(await_query(recorded[i]), "recorded: %s", recorded[i]);
	ok(await_query("ALERTS{alertname=\"FixbufRegisterFails\",alertstate=\"firing\",comm=\"fault_limit\"}"),
	   "FixbufRegisterFails fires on a registration over the limit");
}

static void alert(const struct load *bypass)
{
	char expr[256];

	if (!load_text(bypass, "expect.uncharged-pin")) {
		skip("FixbufUnchargedPin", "this kernel does not lose the charge");
		return;
	}
	snprintf(expr, sizeof(expr),
		 "ALERTS{alertname=\"FixbufUnchargedPin\",alertstate=\"firing\",uid=\"%llu\"}",
		 load_number(bypass, "uid"));
	ok(await_query(expr), "FixbufUnchargedPin fires on a real one");
	ok(await_query("ALERTS{alertname=\"FixbufFinding\",alertstate=\"firing\",tag=\"uncharged-pin\"}"),
	   "and FixbufFinding");
}

/* I/O goes on meanwhile, by processes that come and go. */
static pid_t keep_busy(void)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		struct load l;

		if (load_start(&l, "io_mix", NULL))
			load_end(&l);
		usleep(300000);
	}
}

int main(void)
{
	struct load bypass, limit;
	char command[128];
	pid_t busy;

	if (run_shell("command -v prometheus promtool > /dev/null 2>&1"))
		skip_all("prometheus is not installed; make check-export installs it");
	if (access(source(RULES), R_OK))
		skip_all("the examples of the source tree are not here");
	if (!mkdtemp(folder))
		bail("no temporary folder");
	exporter_start(&x, "--verify-interval", "2s", NULL);
	busy = keep_busy();
	start_server();
	if (!load_start(&bypass, "fault_bypass", NULL))
		bail("%s", bypass.skip);
	ok(await_query("up{job=\"fixbuf\"} == 1"), "Prometheus scrapes it");
	ok(await_query("fixbuf_register_calls_total"), "and has what it says");
	if (!load_start(&limit, "fault_limit", NULL))
		bail("%s", limit.skip);
	checked();
	alert(&bypass);
	rules();
	dashboard();
	is(query("up == 0"), 0, "no scrape failed at the end");
	kill(busy, SIGKILL);
	kill(server, SIGTERM);
	await_exit(busy, 5);
	await_exit(server, 10);
	load_end(&bypass);
	load_end(&limit);
	exporter_end(&x);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	run_shell(command);
	return tap_end();
}
