/* SPDX-License-Identifier: GPL-2.0 */
/* A call's stacks, as indented lines, or as "kstack" and "ustack". */
#ifndef FIXBUF_VIEWS_STACK_H
#define FIXBUF_VIEWS_STACK_H

#include <stdio.h>
#include "base/json.h"
#include "model/stack.h"

/* Both: nothing for NULL. */
void view_stack_text(FILE *out, const struct stack *s);
void view_stack_json(struct json *j, const struct stack *s);

#endif
