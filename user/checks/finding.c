// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/array.h"
#include "checks/finding.h"

/* A call under way has changed one of a sum and its account, and not yet the other. */
#define CALL_REST_NS	50000000ULL
/* Up to 6.12 a buffer that was dropped is released, and uncharged, up to a second later. */
#define RELEASE_REST_NS	1500000000ULL

#define FINDING(name, ...) [name] = { __VA_ARGS__ },
static const struct finding_traits traits[NR_FINDING_TAGS] = {
#include "checks/finding_table.h"
};
#undef FINDING

/* The first member of each row is its tag. */
#define FINDING(name, tag, ...) [name] = { tag },
const union finding_tag_list finding_tag_list = { {
#include "checks/finding_table.h"
	[NR_FINDING_TAGS] = { NULL },
} };
#undef FINDING

const struct finding_traits *finding_traits(enum finding_tag tag)
{
	return &traits[tag];
}

const char *finding_tag_name(enum finding_tag tag)
{
	return traits[tag].tag;
}

bool finding_is_sought(enum finding_tag tag, enum severity s)
{
	return !traits[tag].of_io && !traits[tag].by_verify && s == traits[tag].severity;
}

enum severity severity_of_finding(const struct finding *f)
{
	const struct finding_traits *t = &traits[f->tag];

	return f->minor || t->info_causes & 1U << f->cause ? SEVERITY_INFO : t->severity;
}

const char *severity_name(enum severity s)
{
	static const char *const names[] = { "info", "warning", "error" };

	return names[s];
}

struct finding_key finding_key(const struct finding *f)
{
	/* which process is bound most by its user's limit may change from one look to the next */
	if (traits[f->tag].scope == SCOPE_USER)
		return (struct finding_key){ .tag = f->tag, .uid = f->uid, .index = -1 };
	if (traits[f->tag].by_cause && f->mm)
		return (struct finding_key){
			.mm = f->mm, .tag = f->tag, .pid = f->pid, .uid = f->uid, .cause = f->cause,
			.index = -1,
		};
	if (f->buf)
		return (struct finding_key){
			.buf = f->buf, .mm = f->mm, .addr = f->addr, .tag = f->tag, .index = -1,
		};
	return (struct finding_key){
		.ring = f->ring, .mm = f->mm, .addr = f->addr, .tag = f->tag, .pid = f->pid,
		/* whose a ring was that has ended is not known any more, but whose request it was */
		.uid = traits[f->tag].of_io && f->pid ? 0 : f->uid, .index = f->index,
		/* what I/O showed once may be shown for another cause, which is worse */
		.cause = traits[f->tag].of_io ? f->cause : 0, .error = f->error,
	};
}

void finding_add(struct findings *fs, struct finding f, const char *detail_fmt, ...)
{
	va_list ap;

	va_start(ap, detail_fmt);
	if (vasprintf(&f.detail, detail_fmt, ap) < 0)
		f.detail = must_alloc(1, 1);
	va_end(ap);
	f.remedy = traits[f.tag].remedies[f.cause];
	array_grow(fs->list, fs->nr);
	fs->list[fs->nr++] = f;
}

void findings_free(struct findings *fs)
{
	for (size_t i = 0; i < fs->nr; i++)
		free(fs->list[i].detail);
	free(fs->list);
	fs->list = NULL;
	fs->nr = 0;
}

void findings_append(struct findings *to, struct findings *from)
{
	for (size_t i = 0; i < from->nr; i++) {
		array_grow(to->list, to->nr);
		to->list[to->nr++] = from->list[i];
	}
	free(from->list);
	*from = (struct findings){ 0 };
}

void findings_keep(struct findings *fs, bool (*keep)(const struct finding *f, const void *arg),
		   const void *arg)
{
	size_t kept = 0;

	for (size_t i = 0; i < fs->nr; i++) {
		if (keep(&fs->list[i], arg))
			fs->list[kept++] = fs->list[i];
		else
			free(fs->list[i].detail);
	}
	fs->nr = kept;
}

void findings_sort(struct findings *fs)
{
	struct finding *sorted;
	size_t n = 0;

	if (!fs->nr)
		return;
	sorted = must_alloc(fs->nr, sizeof(*sorted));
	for (int s = SEVERITY_ERROR; s >= SEVERITY_INFO; s--)
		for (size_t i = 0; i < fs->nr; i++)
			if ((int)severity_of_finding(&fs->list[i]) == s)
				sorted[n++] = fs->list[i];
	memcpy(fs->list, sorted, n * sizeof(*sorted));
	free(sorted);
}

struct finding_counts findings_count(const struct findings *fs)
{
	struct finding_counts c = { 0 };

	for (size_t i = 0; i < fs->nr; i++)
		c.nr[severity_of_finding(&fs->list[i])] += !fs->list[i].unconfirmed;
	return c;
}

int findings_worst(const struct findings *fs)
{
	int worst = -1;

	for (size_t i = 0; i < fs->nr; i++)
		if (!fs->list[i].unconfirmed && (int)severity_of_finding(&fs->list[i]) > worst)
			worst = severity_of_finding(&fs->list[i]);
	return worst;
}
