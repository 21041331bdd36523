/* SPDX-License-Identifier: GPL-2.0 */
/* Findings, as text and as JSON. */
#ifndef FIXBUF_VIEWS_FINDINGS_H
#define FIXBUF_VIEWS_FINDINGS_H

#include "base/json.h"
#include "checks/finding.h"

/* One finding: severity, tag, evidence and remedy, wrapped to the width. */
void view_finding_text(FILE *out, const struct finding *f, bool colour);
/* In the order of the list. */
void view_findings_text(FILE *out, const struct findings *fs, bool colour);
/* "1 error, 0 warnings, 2 notes" */
void view_finding_counts(FILE *out, const struct finding_counts *c);
/* Its members. */
void view_finding_json(struct json *j, const struct finding *f);
/* The member "findings", in the same order; .since: with when each was seen first. */
void view_findings_json(struct json *j, const struct findings *fs, bool since);

#endif
