/* SPDX-License-Identifier: GPL-2.0 */
/* Recordings, one of each machine, as one page that needs nothing else. */
#ifndef FIXBUF_VIEWS_HTML_H
#define FIXBUF_VIEWS_HTML_H

#include <stdio.h>
#include "checks/finding.h"
#include "checks/io_failures.h"
#include "model/timeline_page.h"

struct html;

struct html *html_new(FILE *out);
/* .io: sorted. */
void html_machine(struct html *h, const struct page *p, const struct findings *fs, const struct io_failures *io);
void html_end(struct html *h);

#endif
