// SPDX-License-Identifier: GPL-2.0
/* The options of export. */
#include <string.h>
#include "base/clock.h"
#include "commands/export/export.h"
#include "commands/export/host.h"
#include "commands/option.h"

/* In the order of enum export_by, behind that of names. */
static const char *const words_label[] = { "process", "ring", "cgroup", NULL };

static parser(parse_label)
{
	int *by = at;

	/* older versions called it so */
	if (!parse_word(row, strcmp(arg, "pid") ? arg : "process", at))
		return false;
	/* without --by it is by name */
	*by += EXPORT_BY_PID;
	return true;
}

static parser(parse_verify_interval)
{
	*(__u64 *)at = 0;
	return !strcmp(arg, "0") || parse_interval(row, arg, at);
}

static parser(parse_hosts)
{
	return export_host_is_list(arg) && parse_text(row, arg, at);
}

static const struct option_row options[] = {
	ROWS_SELECTION(struct export_options),
	ROW_DURATION(struct export_options),
	ROW_INTERVAL(struct export_options,
		     "how often --textfile is written, or the server is scraped (default 15s)"),
	ROW_TIER(struct export_options),
	ROW_BTF(struct export_options),
	ROW_RING_BUFFER(struct export_options, "buffer for events that wait to be read (default 4096)"),
	{ .name = "listen", .arg = "ADDRESS",
	  .help = "where to serve: ADDR:PORT, or unix:PATH for a socket (default 127.0.0.1:9836)",
	  .parse = parse_text, .offset = offsetof(struct export_options, listen), .group = GROUP_HOW },
	{ .name = "allow-host", .arg = "NAME",
	  .help = "also answer requests for this host name, or NAME,NAME (default: addresses and localhost)",
	  .parse = parse_hosts, .offset = offsetof(struct export_options, allow_hosts),
	  .group = GROUP_HOW, .refusal = "'%s' is not a host name; give NAME or NAME,NAME" },
	{ .name = "web-config", .arg = "FILE",
	  .help = "TLS and passwords, as Prometheus's web configuration files say them",
	  .parse = parse_text, .offset = offsetof(struct export_options, web_config),
	  .group = GROUP_HOW },
	{ .name = "textfile", .arg = "FILE",
	  .help = "write this file for node_exporter every -i TIME instead of serving; with --listen, do both",
	  .parse = parse_text, .offset = offsetof(struct export_options, textfile),
	  .group = GROUP_HOW },
	{ .name = "once", .help = "print the metrics once, after the time of -d, and exit",
	  .parse = parse_flag, .offset = offsetof(struct export_options, once), .group = GROUP_HOW },
	{ .name = "by", .arg = "LABEL", .words = words_label,
	  .help = "also label by process (its pid), ring or cgroup (default: user and name)", .parse = parse_label,
	  .offset = offsetof(struct export_options, by), .group = GROUP_HOW,
	  .refusal = "'%s' is not a label; give process, ring or cgroup" },
	ROW_RAW_ADDRESSES(struct export_options,
			  "with --by ring: label by the ring's kernel address (default: what stands for it)"),
	{ .name = "max-series", .arg = "N", .words = words_count,
	  .help = "keep at most N label sets, a quarter for each user that wants it; the rest count as \"other\" (default 500)",
	  .parse = parse_number, .offset = offsetof(struct export_options, max_series),
	  .group = GROUP_HOW, .refusal = "'%s' is not a number of label sets; give 1 or more" },
	{ .name = "verify-interval", .arg = "TIME", .words = words_time,
	  .help = "how often all pages are checked (default 60s); 0: never", .parse = parse_verify_interval,
	  .offset = offsetof(struct export_options, verify_interval_ns), .group = GROUP_HOW,
	  .refusal = "'%s' is not an interval of 1ms or more; give 60s, 5m or 0" },
	ROWS_IGNORE(struct export_options, ""),
	ROW_OUTPUT,
	ROWS_SAID,
	{ 0 }
};

static const struct option_rule rules[] = {
	{ "once", EXCLUDES, "listen", "--once prints and exits; leave --listen out" },
	{ "once", EXCLUDES, "textfile", "--once prints and exits; leave --textfile out" },
	{ "once", EXCLUDES, "interval", "--once prints and exits; leave -i out" },
	{ "once", EXCLUDES, "allow-host", "--once prints and exits; leave --allow-host out" },
	{ "once", EXCLUDES, "web-config", "--once prints and exits; leave --web-config out" },
	{ "output", NEEDS, "once",
	  "-o is for --once; use --textfile to have a file written again and again" },
	{ 0 }
};

static const struct export_options defaults = {
	.max_series = 500, .verify_interval_ns = 60 * NS_PER_S,
};

const struct command export_command = {
	.name = "export",
	.summary = "metrics for Prometheus: an OpenMetrics endpoint, or a file for node_exporter",
	.text = "Serves GET /metrics and /healthz, and counts from its start on: what is registered, pinned "
		"and charged, each user's limit and headroom, calls and their time, I/O and its latency, "
		"and what a check of all pages in the background found. Each of its "
		"processes keeps only the capabilities that it prints when it starts.\v"
		"Examples:\n"
		"  fixbuf-trace export                              # http://127.0.0.1:9836/metrics\n"
		"  fixbuf-trace export --textfile /var/lib/prometheus/node-exporter/fixbuf.prom\n"
		"  fixbuf-trace export --unit app.service           # of one service alone\n"
		"  fixbuf-trace export --once -d 10s                # ten seconds, to standard output\n",
	.options = options, .rules = rules,
	.options_size = sizeof(struct export_options), .defaults = &defaults,
	.run = export_run,
};
