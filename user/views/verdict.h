/* SPDX-License-Identifier: GPL-2.0 */
/* A verdict and what is unsettled, as text and as JSON. */
#ifndef FIXBUF_VIEWS_VERDICT_H
#define FIXBUF_VIEWS_VERDICT_H

#include "base/json.h"
#include "checks/verdict.h"

/* A paragraph per row, as findings are printed. */
void view_unsettled_text(FILE *out, const struct unsettled_list *u, bool colour);
/*
 * "verdict: found: 0 errors, 2 warnings, 1 note", the last line of what was said of a program;
 * .fs NULL = nothing was found.
 */
void view_verdict_line(FILE *out, enum verdict v, const struct findings *fs);
/* The member "unsettled". */
void view_unsettled_json(struct json *j, const struct unsettled_list *u);
/* The members "verdict" and "unsettled". */
void view_verdict_json(struct json *j, enum verdict v, const struct unsettled_list *u);

#endif
