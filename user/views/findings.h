/* SPDX-License-Identifier: GPL-2.0 */
/* Findings, as text and as JSON. */
#ifndef FIXBUF_VIEWS_FINDINGS_H
#define FIXBUF_VIEWS_FINDINGS_H

#include "base/json.h"
#include "checks/finding.h"

/* One finding: severity, tag, evidence and remedy, wrapped to the width. */
void view_finding_text(FILE *out, const struct finding *f, bool colour);
/* In the order of the list; of one user and tag some, and how many more there are. */
void view_findings_text(FILE *out, const struct findings *fs, bool colour);
/* "1 error, 0 warnings, 2 notes" */
void view_finding_counts(FILE *out, const struct finding_counts *c);
/* A line that says how many --ignore left out, none of none. */
void view_findings_ignored(FILE *out, __u64 nr);
/* Its members. */
void view_finding_json(struct json *j, const struct finding *f);
/* The member "findings", in the same order; .since: with when each was seen first. */
void view_findings_json(struct json *j, const struct findings *fs, bool since);

#endif
