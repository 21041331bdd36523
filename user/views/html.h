/* SPDX-License-Identifier: GPL-2.0 */
/* A recording as one page that needs nothing else. */
#ifndef FIXBUF_VIEWS_HTML_H
#define FIXBUF_VIEWS_HTML_H

#include <stdio.h>
#include "checks/finding.h"
#include "checks/io_failures.h"
#include "model/timeline_page.h"

/* .io: sorted. */
void view_html(FILE *out, const struct page *p, const struct findings *fs,
	       const struct io_failures *io);

#endif
