// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include "capture/waited.h"

int waited_find(const struct peek *p, struct bpf_link *waits, struct holders *h)
{
	struct holders found = { 0 };
	int err = holders_iterate(p, waits, &found);
	size_t added = 0;

	holders_sort(&found);
	/* of h only what was there before is in order */
	for (size_t i = 0, nr = h->nr; !err && i < found.nr; i++) {
		const struct holders before = { .list = h->list, .nr = nr };

		if (holders_have(&before, found.list[i].h.ring))
			continue;
		*holders_add(h) = found.list[i];
		added++;
	}
	if (added)
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
