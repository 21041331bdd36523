// SPDX-License-Identifier: GPL-2.0
/*
 * export tells what its passes could not look at, by user, and what no ring explains.
 * Independent of the kernel: not run in guests. Not under ASan: export.c runs what looks.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "load.h"
#include "memory.h"
#include "metrics.h"

static struct exporter x;

/* Memory that is reaped, as the OOM killer does: nothing says what was at its addresses. */
static void by_user(void)
{
	double pages = 0;
	struct load l;

	if (!load_start(&l, "backing_legal", "reaped", NULL)) {
		skip("reaped", "%s", l.skip);
		return;
	}
	for (int i = 0; i < 300 && pages < 17; i++) {
		char *text = exporter_scrape(&x);

		pages = metric(text, "fixbuf_unsettled", "reason=\"unseen-pages\"", "uid=\"0\"", NULL);
		free(text);
		usleep(50000);
	}
	/* a neighbour may have some, too */
	if (!ok(pages >= 17, "pages that were not compared are told of their user"))
		note("%g", pages);
	load_end(&l);
}

/*
 * The first pass takes the balance. Where rings come and go it cannot always settle it, and the
 * next one is taken 30 s later, twice as long as a value is awaited otherwise.
 */
static void by_the_balance(void)
{
	struct load l;
	char label[32];
	double bytes = 0;

	if (!load_start(&l, "hidden_ring", "unseen", NULL))
		bail("hidden_ring: %s", l.skip);
	exporter_start(&x, "--verify-interval", "101ms", "--by", "pid", NULL);
	snprintf(label, sizeof(label), "pid=\"%d\"", l.pid);
	for (int i = 0; i < 5 && bytes != 512 * PAGE; i++) {
		char *text = exporter_await(&x, 512 * PAGE, "fixbuf_finding_bytes", label);

		bytes = metric(text, "fixbuf_finding_bytes", label, NULL);
		free(text);
	}
	is(bytes, 512 * PAGE, "what no ring explains is told of its process");
	load_end(&l);
}

int main(void)
{
	exporter_needed();
	by_the_balance();
	by_user();
	is(exporter_end(&x), 0, "it ends with 0");
	tool_free(&x.a);
	return tap_end();
}
