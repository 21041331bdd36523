// SPDX-License-Identifier: GPL-2.0
#include "cli/commands.h"
#include "cli/option_rows.h"
#include "cli/option_rules.h"

#define WATCH_ONLY(what) \
	"verify takes " what " with --watch only; add --watch, or leave it out"

static const struct rule {
	unsigned int commands;
	int key;
	enum { NEEDS, EXCLUDES } relation;
	int other;
	const char *sentence;
} rules[] = {
	{ EVERY, KEY_PROGRAM, EXCLUDES, 'p',
	  "give either processes with -p or a program after --, not both" },
	{ TRACE | RECORD, KEY_SAMPLE, NEEDS, KEY_IO, "--sample is about I/O; give --io, too" },
	{ STAT, KEY_HIST, EXCLUDES, KEY_NO_LATENCY,
	  "--hist draws latencies; leave --no-latency out" },
	{ REPORT, KEY_PERFETTO, EXCLUDES, KEY_JSON, "--perfetto has a format of its own; leave --json out" },
	{ REPORT, KEY_PERFETTO, EXCLUDES, 'o', "--perfetto names its file itself; leave -o out" },
	{ REPORT, KEY_HTML, EXCLUDES, KEY_JSON, "--html has a format of its own; leave --json out" },
	{ REPORT, KEY_HTML, EXCLUDES, 'o', "--html names its file itself; leave -o out" },
	{ VERIFY, KEY_PROGRAM, NEEDS, KEY_WATCH, WATCH_ONLY("a program after --") },
	{ VERIFY, 'd', NEEDS, KEY_WATCH, WATCH_ONLY("-d") },
	{ VERIFY, KEY_STACKS, NEEDS, KEY_WATCH, WATCH_ONLY("--stacks") },
	{ VERIFY, KEY_TIER, NEEDS, KEY_WATCH, WATCH_ONLY("--tier") },
	{ EXPORT, KEY_ONCE, EXCLUDES, KEY_LISTEN, "--once prints and ends; leave --listen out" },
	{ EXPORT, KEY_ONCE, EXCLUDES, KEY_TEXTFILE, "--once prints and ends; leave --textfile out" },
	{ EXPORT, 'i', NEEDS, KEY_TEXTFILE,
	  "-i is how often --textfile is written; name the file, too" },
	{ EXPORT, 'o', NEEDS, KEY_ONCE,
	  "-o is for --once; use --textfile to have a file written again and again" },
	{ VERIFY, KEY_RING_BUFFER, NEEDS, KEY_WATCH, WATCH_ONLY("--ring-buffer") },
};

static bool is_given(int key, const int *given, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		if (given[i] == key)
			return true;
	return false;
}

const char *option_rules_broken(unsigned int command, const int *given, size_t nr)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		const struct rule *r = &rules[i];

		if (r->commands & command && is_given(r->key, given, nr) &&
		    is_given(r->other, given, nr) == (r->relation == EXCLUDES))
			return r->sentence;
	}
	return NULL;
}
