// SPDX-License-Identifier: GPL-2.0
/* What the last pass over all pages found, and what it could not settle. */
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "commands/export/model.h"

static void forget_findings(struct owner *o)
{
	if (!o)
		return;
	memset(o->finding_pages, 0, sizeof(o->finding_pages));
	memset(o->has_finding, 0, sizeof(o->has_finding));
}

void export_no_passes(struct export_model *m)
{
	m->has_pass = m->verifying = false;
	memset(m->findings, 0, sizeof(m->findings));
	memset(m->unsettled_others, 0, sizeof(m->unsettled_others));
	free(m->unsettled);
	m->unsettled = NULL;
	m->pass.nr_unsettled = 0;
	for (struct owner *o = m->owners; o; o = o->hh.next)
		forget_findings(o);
	forget_findings(m->other);
}

static int by_count(const void *a, const void *b)
{
	const struct pass_unsettled *x = a, *y = b;

	return x->count < y->count ? 1 : x->count > y->count ? -1 : 0;
}

/* As many as there may be owners; the others' sums by reason. */
static void take_unsettled(struct export_model *m, const struct pass_unsettled *list, __u32 nr)
{
	struct pass_unsettled *all = must_alloc(nr, sizeof(*all));
	__u32 kept = 0;

	for (__u32 i = 0; i < nr; i++)
		if (list[i].what < NR_UNSETTLED)
			all[kept++] = list[i];
	qsort(all, kept, sizeof(*all), by_count);
	for (; kept > m->max_owners; kept--)
		m->unsettled_others[all[kept - 1].what] += all[kept - 1].count;
	m->unsettled = all;
	m->pass.nr_unsettled = kept;
}

void export_pass(struct export_model *m, const struct pass *p, const struct pass_finding *list,
		 const struct pass_unsettled *unsettled, __u64 now_ns)
{
	m->passes++;
	m->failed_passes += p->failed;
	if (p->failed)
		return;
	export_no_passes(m);
	m->verifying = m->has_pass = true;
	m->pass = *p;
	take_unsettled(m, unsettled, p->nr_unsettled);
	for (__u32 i = 0; i < p->nr; i++) {
		const struct pass_finding *f = &list[i];
		struct owner_key key;
		struct owner *o;

		if (f->tag >= NR_FINDING_TAGS || f->severity >= NR_SEVERITIES)
			continue;
		key = f->key;
		export_key_place(m, &key, f->pid);
		o = export_owner(m, &key, now_ns);
		o->now = true;
		o->has_finding[f->tag][f->severity] = true;
		o->finding_pages[f->tag][f->severity] += f->pages;
		m->findings[f->tag][f->severity] += f->count;
	}
}
