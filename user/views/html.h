/* SPDX-License-Identifier: GPL-2.0 */
/* Recordings, one of each machine, as one page that needs nothing else. */
#ifndef FIXBUF_VIEWS_HTML_H
#define FIXBUF_VIEWS_HTML_H

#include <stdio.h>
#include "checks/finding.h"
#include "checks/io_failures.h"
#include "model/history.h"
#include "model/timeline_page.h"

struct html;

struct html *html_new(FILE *out);

/* What was concluded of a machine's recordings. */
struct html_conclusion {
	const struct history *h;	/* sorted: what failed most often first */
	const struct findings *f;	/* the worst first */
	const struct io_failures *io;	/* sorted */
};
void html_machine(struct html *h, const struct page *p, const struct html_conclusion *c);
void html_end(struct html *h);

#endif
