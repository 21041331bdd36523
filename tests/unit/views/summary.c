// SPDX-License-Identifier: GPL-2.0
/* What is not known is not told as a number: durations, a begin, percentiles. */
#include <stdlib.h>
#include "facts.h"
#include "model/history.h"
#include "views/summary.h"

static const struct selection everything;

struct told {
	struct history h;
	struct findings f;
	struct io_failures io;
	struct origin origin;
	struct view_summary view;
};

static void begin(struct told *t)
{
	*t = (struct told){ .h.select = &everything, .origin = { .kernel = "6.12", .host = "h", .hosts = "h" } };
	t->view = (struct view_summary){
		.origin = &t->origin, .select = &everything, .at_end = ledger_new(), .h = &t->h, .f = &t->f,
		.io = &t->io, .begin_ns = 1000000000, .parts = 1, .top = 10,
	};
}

/* To be freed. */
static char *printed(struct told *t, bool json)
{
	struct output to = { .json = json };
	char *text;
	size_t len;

	to.out = open_memstream(&text, &len);
	t->view.to = &to;
	(json ? view_summary_json : view_summary_text)(&t->view);
	fclose(to.out);
	return text;
}

static void end(struct told *t)
{
	ledger_free((struct ledger *)t->view.at_end);
	history_free(&t->h);
}

static void says(struct told *t, bool json, bool has, const char *part)
{
	char *text = printed(t, json);

	if (!!strstr(text, part) != has)
		fail_msg("\"%s\" is %s\"%s\"", part, has ? "not in " : "in ", text);
	free(text);
}

static void durations(void **state)
{
	struct fact_call c = fact_call(RING, CALL_REGISTER, 1, 1, 0);
	const struct event e = { .kind = EVENT_FACT, .fact = &c.h, .shown = true };
	struct told t;

	(void)state;
	begin(&t);
	history_event(&t.h, &e);
	says(&t, true, true, "\"in_calls_ns\":null");
	says(&t, false, true, "  0         -    0      -\n");
	c.start_ns = c.h.t_ns - 211;
	history_event(&t.h, &e);
	says(&t, true, true, "\"in_calls_ns\":211");
	says(&t, false, true, "211ns");
	end(&t);
}

static void begin_that_is_missing(void **state)
{
	struct told t;

	(void)state;
	begin(&t);
	t.view.cut_at = 24;
	t.view.parts = 0;
	says(&t, false, true, "1970-01-01T");
	says(&t, false, true, ", nothing of h");
	says(&t, false, true, "nothing was checked");
	t.view.begin_ns = 0;
	says(&t, false, false, "1970");
	says(&t, false, true, "its begin is missing");
	says(&t, false, true, "no event of it is left");
	says(&t, true, true, "\"begin_ns\":null");
	end(&t);
}

/* Files of two machines that were joined are not told as of one. */
static void machines(void **state)
{
	struct told t;

	(void)state;
	begin(&t);
	t.view.parts = 2;
	says(&t, false, true, " of h, Linux 6.12");
	says(&t, false, true, ", in 2 parts\n");
	says(&t, true, true, "\"host\":\"h\"");
	strcpy(t.origin.hosts, "g and h");
	t.origin.differs = true;
	says(&t, false, true, " of g and h, Linux 6.12");
	says(&t, false, true, ", in 2 parts; kernel and command are of the last\n");
	says(&t, true, true, "\"host\":\"g and h\"");
	end(&t);
}

static void percentiles(void **state)
{
	struct told t;

	(void)state;
	begin(&t);
	t.h.fixed.c.ops = t.h.fixed.c.timed = 13;
	t.h.fixed.c.max_ns = 5000;
	io_row_add_bucket(&t.h.fixed, 100, 6);
	says(&t, false, false, "power of two");
	io_row_add_coarse(&t.h.fixed, 3, 7);
	t.h.fixed.c.coarse = 7;
	says(&t, false, true, "; 7 latencies to a power of two only: the histogram table had no more room");
	says(&t, true, true, "\"coarse\":7");
	end(&t);
}

/* Those that are not used are of all buffers, not of those that were registered alone. */
static void unused_of_which(void **state)
{
	struct told t;

	(void)state;
	begin(&t);
	t.h.buffers = t.h.unused = 937;
	t.h.unused_bytes = 937 * 4096;
	says(&t, false, true, "saw no I/O that was counted\n");
	t.h.older = 101;
	t.h.unused += 88;
	says(&t, false, true, "1025 buffers of 3.7M saw no I/O that was counted; those that were there before are counted, too\n");
	end(&t);
}

static void without_a_cause(void **state)
{
	struct told t;

	(void)state;
	begin(&t);
	t.h.fixed.c.ops = t.h.fixed.c.errors = t.h.io_no_cause = 1;
	says(&t, false, true, "What failed, and why\n  1 I/O that failed has no cause that is known\n");
	says(&t, false, true, "besides the failures above, nothing found");
	t.h.fixed.c.errors = t.h.io_no_cause = t.h.causes_lost = 469;
	says(&t, false, true, "  469 I/Os that failed have no cause: the table of causes had no more room\n");
	says(&t, true, true, "\"no_cause\":469");
	t.h.causes_lost = 3;
	says(&t, false, true, " have no cause that is known; the table of causes had no more room\n");
	end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations),
		cmocka_unit_test(begin_that_is_missing),
		cmocka_unit_test(machines),
		cmocka_unit_test(percentiles),
		cmocka_unit_test(unused_of_which),
		cmocka_unit_test(without_a_cause),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
