/* SPDX-License-Identifier: GPL-2.0 */
/* Of whom a recording was asked to be, as JSON. */
#ifndef FIXBUF_VIEWS_ASKED_H
#define FIXBUF_VIEWS_ASKED_H

#include "base/json.h"
#include "model/asked.h"

/* The member "selection"; none of a recording of all, or of an older file, which does not tell. */
void view_asked_json(struct json *j, const struct asked_whom *a);

#endif
