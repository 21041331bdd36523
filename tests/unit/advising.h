/* SPDX-License-Identifier: GPL-2.0 */
/* What advice is given of: counters and a ledger by hand, of one ring for a test to fill. */
#ifndef FIXBUF_TEST_ADVISING_H
#define FIXBUF_TEST_ADVISING_H

#include "facts.h"
#include "checks/advice.h"

struct world {
	struct io_model m;
	struct ledger *l;
	struct advices a;
	__u64 pin_ps;
};

static inline void begin(struct world *w)
{
	memset(w, 0, sizeof(*w));
	w->l = ledger_new();
	w->m.t_ns = 10000000000ULL;
	w->m.sees_under_way = true;
	see_ring(w->l, RING, 100, 100);
	io_model_row(&w->m, RING, 0, IO_WHO(812, 4, true))->c.ops = 1009;
	w->m.rows[0].fixed_ops = 1009;
}

static inline void end(struct world *w)
{
	advices_free(&w->a);
	io_model_free(&w->m);
	ledger_free(w->l);
}

static inline const struct advice *find(struct world *w, const char *tag)
{
	const struct advice *found = NULL;

	advices_free(&w->a);
	w->a.pin_ps = w->pin_ps;
	advise(&w->m, w->l, &w->a);
	for (size_t i = 0; i < w->a.nr; i++) {
		if (strcmp(w->a.list[i].tag, tag))
			continue;
		assert_null(found);
		found = &w->a.list[i];
		assert_non_null(found->remedy);
	}
	return found;
}

static inline void plain_io(struct world *w, __u64 addr, __u64 ops, __u64 len, bool direct)
{
	struct io_address_row *r;

	w->m.addresses = realloc(w->m.addresses, (w->m.nr_addresses + 1) * sizeof(*r));
	r = &w->m.addresses[w->m.nr_addresses++];
	*r = (struct io_address_row){
		.key = { RING, addr },
		.use = { .ops = ops, .bytes = ops * len, .max_len = len,
			 .direct = direct ? ops : 0 },
	};
}

static inline void use_buffer(struct world *w, __u32 index, __u64 addr, __u64 ops, __u64 max_end)
{
	struct io_buffer_row *r;

	w->m.buffers = realloc(w->m.buffers, (w->m.nr_buffers + 1) * sizeof(*r));
	r = &w->m.buffers[w->m.nr_buffers++];
	*r = (struct io_buffer_row){
		.key = { .ring = RING, .addr = addr, .index = index },
		.use = { .ops = ops, .max_end = max_end },
	};
}

#endif
