// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include "capture/waited.h"

/* A record of no ring: its process. */
static const struct fact_holder *process_of(const struct holders *h, __u32 pid)
{
	for (size_t i = 0; i < h->nr && !h->list[i].h.ring; i++)
		if (h->list[i].h.pid == pid)
			return &h->list[i];
	return NULL;
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

int waited_find(const struct peek *p, struct bpf_link *waits, struct holders *h)
{
	struct holders found = { 0 };
	int err = holders_iterate(p, waits, &found);
	size_t nr = h->nr;

	holders_sort(&found);
	for (size_t i = 0; !err && i < found.nr; i++) {
		/* what was added is not in order yet */
		const struct holders before = { .list = h->list, .nr = nr };
		const struct fact_holder *process = holders_have(&before, found.list[i].h.ring) ? NULL :
						    process_of(&before, found.list[i].h.pid);

		if (process)
			add(h, &found.list[i], process);
	}
	if (h->nr > nr)
		holders_sort(h);
	free(found.list);
	return err;
}

int waited_again(const struct peek *p, struct bpf_link *waits, struct holders *h,
		 const struct holders *before)
{
	for (size_t i = 0; i < before->nr; i++)
		if (before->list[i].how == HOLDER_WAITING)
			return waited_find(p, waits, h);
	return 0;
}
