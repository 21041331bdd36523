// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include "base/array.h"
#include "capture/payers.h"
#include "capture/peek.h"
#include "capture/waited.h"
#include "walk.skel.h"

/* A record of no ring: its process. */
static const struct fact_holder *process_of(const struct holders *h, __u32 pid)
{
	size_t lo = 0, hi = holders_first(h, 1);

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (h->list[mid].h.pid < pid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < h->nr && !h->list[lo].h.ring && h->list[lo].h.pid == pid ? &h->list[lo] : NULL;
}

static void add(struct holders *h, const struct fact_holder *waits, const struct fact_holder *process)
{
	struct fact_holder f = *process;

	f.h.ring = waits->h.ring;
	f.h.tid = waits->h.tid;
	f.whose = waits->whose;
	f.how = HOLDER_WAITING;
	*holders_add(h) = f;
}

/* A thread of it waits for more than is looked through. */
static void cut(struct walk_cuts *cuts, const struct fact_holder *process)
{
	array_grow(cuts->list, cuts->nr);
	cuts->list[cuts->nr++] = (struct walk_cut){ process->h.uid, 1 };
}

int waited_find(const struct peek *p, struct bpf_link *tasks, struct holders *h,
		struct walk_cuts *cuts)
{
	struct holders found = { 0 };
	size_t nr = h->nr;
	int err;

	p->skel->bss->in_waits = true;
	err = holders_iterate(p, tasks, &found);
	p->skel->bss->in_waits = false;
	holders_sort(&found);
	for (size_t i = 0; !err && i < found.nr; i++) {
		const struct fact_holder *f = &found.list[i];
		/* what was added is not in order yet */
		const struct holders before = { .list = h->list, .nr = nr };
		const struct fact_holder *process = holders_have(&before, f->h.ring) && f->h.ring ?
						    NULL : process_of(&before, f->h.pid);

		if (process && f->h.ring)
			add(h, f, process);
		/* several threads of one do */
		else if (process && cuts && (!i || f->h.pid != f[-1].h.pid))
			cut(cuts, process);
	}
	if (h->nr > nr)
		holders_sort(h);
	free(found.list);
	return err;
}

int waited_again(const struct peek *p, struct bpf_link *tasks, struct holders *h,
		 const struct holders *before)
{
	for (size_t i = 0; i < before->nr; i++)
		if (before->list[i].how == HOLDER_WAITING)
			return waited_find(p, tasks, h, NULL);
	return 0;
}
