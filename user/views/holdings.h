/* SPDX-License-Identifier: GPL-2.0 */
/* Who has how much, a line each, as text and as JSON. */
#ifndef FIXBUF_VIEWS_HOLDINGS_H
#define FIXBUF_VIEWS_HOLDINGS_H

#include "base/json.h"
#include "base/output.h"
#include "checks/holdings.h"

/* The first .top of .nr. */
void view_holdings_text(const struct output *to, const struct holding *list, size_t nr, size_t top,
			enum holdings_by by);
/* The same; all but names is called as in JSON. */
void view_holdings_csv(const struct output *to, const struct holding *list, size_t nr, size_t top,
		       enum holdings_by by);
/* A member "processes", "users" or "cgroups". */
void view_holdings_json(struct json *j, const struct holding *list, size_t nr, size_t top,
			enum holdings_by by);

#endif
