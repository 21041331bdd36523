// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/array.h"
#include "base/clock.h"
#include "base/files.h"
#include "base/fmt.h"
#include "base/open_safely.h"
#include "base/user.h"
#include "checks/ignored.h"
#include "commands/option.h"

#define MAX_NUMBER 1000000000U

#define REFUSAL 640
char refusal_ignore[REFUSAL], refusal_ignore_file[REFUSAL], refusal_run_as[REFUSAL],
	refusal_uid[REFUSAL];

const char *const words_time[] = { "500ms", "1s", "10s", "1m", NULL };
const char *const words_tier[] = { "patched", "functions", "kprobes", "tracepoints", NULL };
/* In the order of enum severity. */
const char *const words_severity[] = { "info", "warning", "error", NULL };
const char *const words_room[] = { "1024", "4096", "16384", "65536", NULL };
const char *const words_count[] = { "10", "100", "1000", NULL };
const char *const words_size[] = { "100M", "1G", "10G", NULL };
const char *const words_colour[] = { "auto", "always", "never", NULL };

parser(parse_flag)
{
	(void)row, (void)arg;
	*(bool *)at = true;
	return true;
}

parser(parse_count)
{
	(void)row, (void)arg;
	++*(int *)at;
	return true;
}

parser(parse_word)
{
	for (int i = 0; row->words[i]; i++) {
		if (strcmp(row->words[i], arg))
			continue;
		*(int *)at = i;
		return true;
	}
	return false;
}

parser(parse_text)
{
	(void)row;
	*(const char **)at = arg;
	return true;
}

parser(parse_input)
{
	/* open_output() knows it from then on; whether it can be read is said where it is */
	int fd = open_input(arg);

	if (fd >= 0)
		close(fd);
	return parse_text(row, arg, at);
}

parser(parse_pid_list)
{
	struct selection *s = at;
	char *copy = strdup(arg), *rest = copy, *p;
	bool good = copy;

	(void)row;
	/* an empty one, as of an empty variable in a script, is not left out in silence */
	while (good && (p = strsep(&rest, ","))) {
		__u32 pid;

		good = !parse_u32(p, &pid) && pid;
		array_grow(s->pids, s->nr_pids);
		s->pids[s->nr_pids++] = pid;
	}
	free(copy);
	return good;
}

parser(parse_user)
{
	const struct passwd *user;
	struct selection *s = at;
	__u32 uid;

	(void)row;
	if (parse_u32(arg, &uid)) {
		user = user_find(arg);
		strcpy(refusal_uid, UNKNOWN_USER);
		if (!user)
			return false;
		uid = user->pw_uid;
	}
	/* the kernel side compares with one */
	strcpy(refusal_uid, "'%s' is a second user; give one --uid, or none and select with -p or --comm");
	if (s->has_uid && s->uid != uid)
		return false;
	s->has_uid = true;
	s->uid = uid;
	return true;
}

parser(parse_comm)
{
	struct selection *s = at;

	(void)row;
	array_grow(s->comms, s->nr_comms);
	s->comms[s->nr_comms++] = arg;
	return true;
}

parser(parse_cgroup)
{
	struct selection *s = at;
	bool first = !s->cgroup;

	s->cgroup_by = row->value;
	s->cgroup = arg;
	return first && *arg;
}

parser(parse_run_as)
{
	__u32 uid;

	if (user_find(arg))
		return parse_text(row, arg, at);
	strcpy(refusal_run_as, parse_u32(arg, &uid) ? UNKNOWN_USER :
	       "user %s has no entry in the user database, which says in what groups a program runs; "
	       "give a user that 'getent passwd' knows");
	return false;
}

parser(parse_time)
{
	(void)row;
	return !parse_duration(arg, at);
}

parser(parse_interval)
{
	const __u64 *ns = at;

	return parse_time(row, arg, at) && *ns >= NS_PER_MS;
}

parser(parse_bytes)
{
	(void)row;
	return !parse_size(arg, at);
}

parser(parse_number)
{
	__u32 *n = at;

	(void)row;
	return !parse_u32(arg, n) && *n && *n <= MAX_NUMBER;
}

parser(parse_tier)
{
	enum tier *tier = at;

	(void)row;
	*tier = tier_by_name(arg);
	return *tier != TIER_UNKNOWN;
}

parser(parse_room)
{
	unsigned int *kib = at;

	(void)row;
	return !parse_u32(arg, kib) && *kib >= 4 && *kib <= 1 << 20 && !(*kib & (*kib - 1));
}

parser(parse_calls)
{
	(void)row, (void)arg;
	trace_filter_calls(at);
	return true;
}

/* Names with commas between, each of which add() takes. */
static bool parse_names(struct trace_filter *t, const char *arg,
			bool (*add)(struct trace_filter *t, const char *name, size_t len))
{
	size_t len;

	for (;; arg += len + 1) {
		len = strcspn(arg, ",");
		if (!add(t, arg, len))
			return false;
		if (!arg[len])
			return true;
	}
}

parser(parse_events)
{
	(void)row;
	return parse_names(at, arg, trace_filter_add);
}

parser(parse_ops)
{
	(void)row;
	return parse_names(at, arg, trace_filter_add_op);
}

parser(parse_fd)
{
	struct trace_filter *t = at;

	(void)row;
	t->has_fd = true;
	return !parse_u32(arg, &t->fd);
}

/* As it is printed, and no other way: a number without 0x may be a descriptor, or a size of --ring-buffer. */
parser(parse_ring)
{
	struct trace_filter *t = at;
	size_t digits = strncmp(arg, "0x", 2) ? 0 : strspn(arg + 2, "0123456789abcdefABCDEF");

	(void)row;
	if (!digits || digits > 16 || arg[2 + digits])
		return false;
	t->ring = strtoull(arg + 2, NULL, 16);
	return t->ring != 0;
}

#define IGNORED_RULE	"give TAG, TAG:COMM (a name of 15 letters at most, or a glob) or TAG:UID, with a tag of "

static void put_tags(char *refusal)
{
	for (size_t i = 0; finding_tag_list.words[i]; i++)
		snprintf(refusal + strlen(refusal), REFUSAL - strlen(refusal), "%s%s",
			 i ? ", " : "", finding_tag_list.words[i]);
}

parser(parse_ignore)
{
	(void)row;
	if (ignored_add(at, arg, strlen(arg)))
		return true;
	snprintf(refusal_ignore, REFUSAL, "'%%s' is not a finding to ignore; " IGNORED_RULE);
	put_tags(refusal_ignore);
	return false;
}

parser(parse_ignore_file)
{
	size_t len, line = 0;
	char *text = file_read(open_input(arg), IGNORED_MAX_BYTES, &len);

	(void)row;
	if (!text && errno == EFBIG)
		snprintf(refusal_ignore_file, REFUSAL, "%%s has more than %u KiB: it is no list of "
			 "findings to ignore", IGNORED_MAX_BYTES >> 10);
	else if (!text)
		snprintf(refusal_ignore_file, REFUSAL, "cannot read %%s: %s", input_error(errno));
	else
		line = ignored_add_lines(at, text, len);
	if (line) {
		snprintf(refusal_ignore_file, REFUSAL, "%%s: line %zu is not a finding to ignore; "
			 IGNORED_RULE, line);
		put_tags(refusal_ignore_file);
	}
	free(text);
	return text && !line;
}
