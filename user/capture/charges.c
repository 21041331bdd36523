// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include "base/array.h"
#include "base/page_size.h"
#include "capture/charges.h"
#include "model/ledger.h"

__s64 charge_of_buffer(const struct fact_buffer *b)
{
	__u64 folio = 1ULL << (b->folio_shift & 31);

	if (b->buf_flags & (BUFFER_F_EMPTY | BUFFER_F_KERNEL))
		return 0;
	if (b->charged_pages != ACCT_UNKNOWN)
		return b->charged_pages;
	return ((b->addr % folio + b->len_bytes + folio - 1) / folio * folio) >> PAGE_SHIFT;
}

void charges_add(struct charges *c, __u64 id, __s64 pages)
{
	if (!id)
		return;
	array_grow(c->list, c->nr);
	c->list[c->nr++] = (struct charge){ id, pages };
}

static int by_id(const void *a, const void *b)
{
	const struct charge *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

void charges_sort(struct charges *c)
{
	size_t last = 0;

	if (!c->nr)
		return;
	qsort(c->list, c->nr, sizeof(*c->list), by_id);
	for (size_t i = 1; i < c->nr; i++) {
		if (c->list[i].id == c->list[last].id)
			c->list[last].pages += c->list[i].pages;
		else
			c->list[++last] = c->list[i];
	}
	c->nr = last + 1;
}

static const struct charge *find(const struct charges *c, __u64 id)
{
	const struct charge key = { .id = id };

	return c->nr ? bsearch(&key, c->list, c->nr, sizeof(*c->list), by_id) : NULL;
}

bool charges_have(const struct charges *c, __u64 id)
{
	return find(c, id);
}

static __s64 charged_to(const struct charges *c, __u64 id)
{
	const struct charge *found = find(c, id);

	return found ? found->pages : 0;
}

bool charges_explain(struct charges *c, const struct fact_holder *processes, size_t nr)
{
	charges_sort(c);
	for (size_t i = 0; i < nr; i++) {
		const struct fact_holder *p = &processes[i];

		if (p->mm_pinned_pages > charged_to(c, p->mm) ||
		    p->user_locked_pages > charged_to(c, p->user))
			return false;
	}
	return true;
}

void charges_free(struct charges *c)
{
	free(c->list);
	c->list = NULL;
	c->nr = 0;
}
