/* SPDX-License-Identifier: GPL-2.0 */
/* What of calls nobody looked for, beside the tier that says how the rest is seen. */
#ifndef FIXBUF_VIEWS_NOT_SEEN_H
#define FIXBUF_VIEWS_NOT_SEEN_H

#include <linux/types.h>
#include <stdio.h>
#include "base/json.h"

/* "; not seen: ...", or nothing. .not_seen: NOT_SEEN_* of model/event.h. */
void view_not_seen_text(FILE *out, __u32 not_seen);
/* The member "not_seen", which is left out when all is seen. */
void view_not_seen_json(struct json *j, __u32 not_seen);

#endif
