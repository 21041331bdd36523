/* SPDX-License-Identifier: GPL-2.0 */
/* A recording as one page that needs nothing else. */
#ifndef FIXBUF_VIEW_HTML_H
#define FIXBUF_VIEW_HTML_H

#include <stdio.h>
#include "finding.h"
#include "page_model.h"

/* .since_ns: of each finding, since the begin of the recording. */
void view_html(FILE *out, const struct page *p, const struct findings *fs, const __s64 *since_ns);

#endif
