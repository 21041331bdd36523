/* SPDX-License-Identifier: GPL-2.0 */
/* Findings by their key, for lists that may be long: --every-page makes one for each page. */
#ifndef FIXBUF_CHECKS_FINDING_INDEX_H
#define FIXBUF_CHECKS_FINDING_INDEX_H

#include "checks/finding.h"

struct finding_index;

/* NULL is an empty one. */
void finding_index_add(struct finding_index **index, const struct finding *f, size_t at);
/* Of all in the list, as it is now. */
struct finding_index *finding_index_of(const struct findings *fs);
/* Where the same finding stands in the list; -1 when it does not. */
long finding_index_find(const struct finding_index *index, const struct finding *f);
void finding_index_free(struct finding_index **index);

#endif
