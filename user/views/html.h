/* SPDX-License-Identifier: GPL-2.0 */
/* A recording as one page that needs nothing else. */
#ifndef FIXBUF_VIEWS_HTML_H
#define FIXBUF_VIEWS_HTML_H

#include <stdio.h>
#include "checks/finding.h"
#include "model/timeline_page.h"

/* .since_ns: of each finding, since the begin of the recording. */
void view_html(FILE *out, const struct page *p, const struct findings *fs, const __s64 *since_ns);

#endif
