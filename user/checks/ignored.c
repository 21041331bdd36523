// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include "base/array.h"
#include "base/fmt.h"
#include "checks/ignored.h"
#include "checks/verdict.h"
#include "model/selection.h"

static bool tag_of(const char *text, size_t len, enum finding_tag *tag)
{
	for (int t = 0; t < NR_FINDING_TAGS; t++) {
		const char *name = finding_tag_name(t);

		if (strlen(name) != len || memcmp(name, text, len))
			continue;
		*tag = t;
		return true;
	}
	return false;
}

/* A name that no process can have, or a number that no user has, would ignore nothing for ever. */
static bool can_match(const char *comm)
{
	if (comm[strspn(comm, "0123456789")] == 0 && strlen(comm) >= sizeof("4294967295") - 1)
		return false;
	return strpbrk(comm, "*?[\\") || strlen(comm) < COMM_LEN;
}

bool ignored_add(struct ignored *i, const char *text, size_t len)
{
	const char *colon = memchr(text, ':', len), *whom = colon ? colon + 1 : NULL;
	struct ignored_rule r = { 0 };

	if (memchr(text, 0, len) || !tag_of(text, colon ? (size_t)(colon - text) : len, &r.tag))
		return false;
	if (whom) {
		/* an empty one, as of an empty variable in a script, is not everybody */
		if (whom == text + len)
			return false;
		r.comm = strndup(whom, text + len - whom);
		if (!r.comm)
			return false;
		if (!parse_u32(r.comm, &r.uid)) {
			r.has_uid = true;
			free(r.comm);
			r.comm = NULL;
		} else if (!can_match(r.comm)) {
			free(r.comm);
			return false;
		}
	}
	array_grow(i->list, i->nr);
	i->list[i->nr++] = r;
	return true;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Where the comment of a line begins: names may have a '#' in them. */
static size_t comment(const char *line, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (line[i] == '#' && (!i || is_blank(line[i - 1])))
			return i;
	return len;
}

size_t ignored_add_lines(struct ignored *i, const char *text, size_t len)
{
	const char *end = text + len;

	for (size_t nr = 1; text < end; nr++) {
		const char *stop = memchr(text, '\n', end - text), *line = text;
		size_t n = comment(line, (stop ? stop : end) - line);

		while (n && is_blank(*line))
			line++, n--;
		while (n && is_blank(line[n - 1]))
			n--;
		if (n && !ignored_add(i, line, n))
			return nr;
		text = stop ? stop + 1 : end;
	}
	return 0;
}

void ignored_free(struct ignored *i)
{
	for (size_t k = 0; k < i->nr; k++)
		free(i->list[k].comm);
	free(i->list);
	*i = (struct ignored){ 0 };
}

bool ignored_has(const struct ignored *i, const struct finding *f)
{
	for (size_t k = 0; k < i->nr; k++) {
		const struct ignored_rule *r = &i->list[k];

		if (r->tag == f->tag && (!r->has_uid || r->uid == f->uid) &&
		    (!r->comm || comm_matches(r->comm, &f->comm)))
			return true;
	}
	return false;
}

void ignored_settle(const struct ignored *i, const struct findings *fs, enum severity fail_on,
		    struct unsettled_list *u)
{
	for (size_t k = 0; k < fs->nr; k++) {
		const struct finding *f = &fs->list[k];

		if (f->unconfirmed && (ignored_has(i, f) || severity_of_finding(f) < fail_on))
			unsettled_take(u, suspicion_row(f));
	}
}

static bool is_told(const struct finding *f, const void *ignored)
{
	return !ignored_has(ignored, f);
}

size_t ignored_drop(const struct ignored *i, struct findings *fs)
{
	size_t all = fs->nr;

	findings_keep(fs, is_told, i);
	return all - fs->nr;
}
