/* SPDX-License-Identifier: GPL-2.0 */
/* Whose a finding is while we watch: who descends from our program is known by its rings alone. */
#ifndef FIXBUF_COMMANDS_OURS_H
#define FIXBUF_COMMANDS_OURS_H

#include <stdbool.h>

struct finding;
struct live;
struct selection;

/* Whether what was selected is meant, or has an account that is. */
bool finding_is_ours(const struct live *l, const struct selection *s, const struct finding *f);

#endif
