/* SPDX-License-Identifier: GPL-2.0 */
/* Whom a finding is about, and whether that is somebody who was selected. */
#ifndef FIXBUF_CHECKS_SELECTED_H
#define FIXBUF_CHECKS_SELECTED_H

#include "checks/finding.h"
#include "model/selection.h"

/* The address space whose account the finding is about, 0 = none. */
__u64 finding_mm(const struct ledger *l, const struct finding *f);
bool finding_is_selected(const struct selection *select, const struct ledger *l,
			 const struct finding *f);
/* Drops the findings about others than those that were selected. */
void findings_keep_selected(const struct selection *select, const struct ledger *l,
			    struct findings *fs);

#endif
