/* SPDX-License-Identifier: GPL-2.0 */
/* Findings, as text and as JSON. */
#ifndef FIXBUF_VIEWS_FINDINGS_H
#define FIXBUF_VIEWS_FINDINGS_H

#include "base/json.h"
#include "checks/finding.h"

/* One finding: severity, tag, evidence and remedy, wrapped to the width. */
void view_finding_text(FILE *out, const struct finding *f, bool colour);
#define VIEW_FINDINGS 20	/* who makes thousands hides nothing of another user's */

/*
 * In the order of the list, but of one user, tag and severity .most of them; .rest says how the others are
 * to be had.
 */
void view_findings_text(FILE *out, const struct findings *fs, size_t most, const char *rest, bool colour);
/* "1 error, 0 warnings, 2 notes" */
void view_finding_counts(FILE *out, const struct finding_counts *c);
/* A line that says how many --ignore left out, none of none. */
void view_findings_ignored(FILE *out, __u64 nr);
/* Its members. */
void view_finding_json(struct json *j, const struct finding *f);
/* The member "findings", in the same order; .since: with when each was seen first. */
void view_findings_json(struct json *j, const struct findings *fs, bool since);

#endif
