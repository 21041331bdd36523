// SPDX-License-Identifier: GPL-2.0
/* What a ring has besides buffers lives from the reading that saw it first to the one that does not. */
#include "facts.h"
#include "model/timeline.h"

static struct selection everything;

static struct {
	__u16 group;
	__u32 pages;
	__u64 from_ns, to_ns;
} ended[16];
static int nr_ended;

static void memory_ends(const struct timeline_ring *r, const struct memory_life *m, __u64 t_ns, void *arg)
{
	(void)arg;
	assert_int_equal(r->number, 1);
	ended[nr_ended].group = m->m.group;
	ended[nr_ended].pages = m->m.pages;
	ended[nr_ended].from_ns = m->from_ns;
	ended[nr_ended++].to_ns = t_ns;
}

static const struct origin about = { .tier = TIER_FUNCTIONS };

static void tell(struct timeline *h, enum event_kind kind, __u64 t_ns, const struct fact *f)
{
	struct event e = { .kind = kind, .t_ns = t_ns, .fact = f, .fed = true, .shown = true, .origin = &about };

	timeline_event(h, &e);
}

static void read_memory(struct timeline *h, __u64 t_ns, const struct ring_memory *list, size_t nr, bool cut)
{
	struct event e = {
		.kind = EVENT_MEMORY, .t_ns = t_ns, .origin = &about, .memory = { RING, list, nr, cut },
	};

	timeline_event(h, &e);
}

#define PROVIDED(group, pages) { pages, group, RING_MEMORY_PROVIDED, 1 }

static void lives(void **state)
{
	const struct ring_memory first[] = { { 5, 0, RING_MEMORY_REGION, 1 }, PROVIDED(3, 2), PROVIDED(7, 11) };
	const struct ring_memory second[] = { { 5, 0, RING_MEMORY_REGION, 1 }, PROVIDED(3, 13), PROVIDED(5, 1), PROVIDED(7, 11) };
	const struct timeline_listener view = { .memory_ends = memory_ends };
	struct timeline *h = timeline_new(&view, &everything);
	struct fact_ring made = fact_ring(FACT_RING_CREATE, RING, 0, 0);
	struct fact gone = fact_head(FACT_RING_GONE, sizeof(gone), RING);

	(void)state;
	tell(h, EVENT_LOOK, 100, NULL);
	made.h.t_ns = 200;
	tell(h, EVENT_FACT, 200, &made.h);
	read_memory(h, 300, first, 3, false);
	/* the same again is nothing new */
	read_memory(h, 400, first, 3, false);
	assert_int_equal(nr_ended, 0);
	assert_int_equal(timeline_rings(h)->nr_memory, 3);
	read_memory(h, 500, second, 4, false);
	assert_int_equal(nr_ended, 1);
	assert_int_equal(ended[0].pages, 2);
	assert_int_equal(ended[0].from_ns, 300);
	assert_int_equal(ended[0].to_ns, 500);
	assert_int_equal(timeline_rings(h)->memory[0].from_ns, 300);
	assert_int_equal(timeline_rings(h)->memory[1].from_ns, 500);
	/* what could not be read is taken to be as it was */
	read_memory(h, 600, second, 1, true);
	assert_int_equal(nr_ended, 1);
	assert_int_equal(timeline_rings(h)->nr_memory, 4);
	read_memory(h, 700, second, 1, false);
	assert_int_equal(nr_ended, 4);
	assert_int_equal(ended[3].group, 7);
	assert_int_equal(ended[3].from_ns, 300);
	gone.t_ns = 800;
	tell(h, EVENT_FACT, 800, &gone);
	assert_int_equal(nr_ended, 5);
	assert_int_equal(ended[4].pages, 5);
	assert_int_equal(ended[4].to_ns, 800);
	timeline_free(h);
	assert_int_equal(nr_ended, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
