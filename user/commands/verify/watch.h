/* SPDX-License-Identifier: GPL-2.0 */
/* verify --watch: the balance, kept live; a finding is told at the call that broke it. */
#ifndef FIXBUF_COMMANDS_VERIFY_WATCH_H
#define FIXBUF_COMMANDS_VERIFY_WATCH_H

#include "commands/env.h"

/* The exit status. */
int watch(struct env *env);

#endif
