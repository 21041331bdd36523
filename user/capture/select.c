// SPDX-License-Identifier: GPL-2.0
#include <abi/fact.h>
#include <abi/selection.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include "base/err.h"
#include "capture/select.h"
#include "fixbuf.skel.h"

#define MAX_STATES	64	/* of all globs: one more each than it has elements */

/* The length of the bracket expression at .s, 0 when it is none. */
static size_t bracket(const char *s)
{
	size_t i = 1;

	if (s[i] == '!' || s[i] == '^')
		i++;
	if (s[i] == ']')
		i++;
	while (s[i] && s[i] != ']') {
		/* [:alpha:] and the like hold a bracket of their own */
		const char *end = s[i] == '[' && s[i + 1] && strchr(":.=", s[i + 1]) ?
				  strchr(s + i + 2, ']') : NULL;

		i = end ? (size_t)(end - s) + 1 : i + 1;
	}
	return s[i] ? i + 1 : 0;
}

/* What characters an element of a glob takes is asked of fnmatch() itself. */
static void add_element(struct fixbuf_bpf *skel, const char *element, unsigned int state)
{
	for (unsigned int c = 1; c < 256; c++) {
		const char text[2] = { c };

		if (!fnmatch(element, text, 0))
			skel->rodata->select_comm_next[c] |= 1ULL << state;
	}
}

/* From the state *first on; moves it behind the glob's last. */
static int add_glob(struct fixbuf_bpf *skel, const char *glob, unsigned int *first)
{
	unsigned int state = *first;
	char element[64];

	if (state == MAX_STATES)
		return -E2BIG;
	skel->rodata->select_comm_begin |= 1ULL << state;

	for (const char *s = glob; *s;) {
		size_t len = *s == '[' ? bracket(s) : *s == '\\' && s[1] ? 2 : 1;

		if (*s == '*') {
			skel->rodata->select_comm_stays |= 1ULL << state;
			s++;
			continue;
		}
		if (!len)
			len = 1;
		if (state == MAX_STATES - 1 || len >= sizeof(element))
			return -E2BIG;
		snprintf(element, sizeof(element), "%.*s", (int)len, s);
		add_element(skel, element, state++);
		s += len;
	}
	skel->rodata->select_comm_end |= 1ULL << state;
	*first = state + 1;
	return 0;
}

static int prepare_comms(struct fixbuf_bpf *skel, const struct selection *s)
{
	unsigned int state = 0;

	for (size_t i = 0; i < s->nr_comms; i++)
		if (add_glob(skel, s->comms[i], &state))
			return err_set(EINVAL, "the name pattern '%s' is too long: a name has 15 characters, "
				       "and all patterns together may have 63, and one less for each but the first",
				       s->comms[i]);
	return 0;
}

static __u32 bits(const struct selection *s)
{
	return (s->nr_pids ? SELECT_PIDS : 0) | (s->has_uid ? SELECT_UID : 0) |
	       (s->nr_comms ? SELECT_COMM : 0) | (s->tree ? SELECT_TREE : 0) |
	       (s->cgroup ? SELECT_CGROUP : 0) | (s->follow ? SELECT_FOLLOW : 0);
}

int select_prepare(struct fixbuf_bpf *skel, const struct selection *s, bool facts)
{
	skel->rodata->filter = facts ? bits(s) : 0;
	skel->rodata->filter_uid = s->uid;
	skel->rodata->select_by = bits(s);
	skel->rodata->select_uid = s->uid;
	skel->rodata->select_cgroup = s->cgroup_id;
	skel->rodata->select_cgroup_level = s->cgroup_level;
	return prepare_comms(skel, s);
}
