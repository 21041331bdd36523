/* SPDX-License-Identifier: GPL-2.0 */
/* verify --watch --io: requests that ran over other memory than lay in their slot. */
#ifndef FIXBUF_COMMANDS_VERIFY_WATCH_WRONG_H
#define FIXBUF_COMMANDS_VERIFY_WATCH_WRONG_H

#include "commands/verify/watch_check.h"

/* Takes what the kernel side counted since the last time, and appends all that there was so far. */
void watch_wrong_take(struct watch *w, struct findings *out);
/* Forgets those of rings that have ended. */
void watch_wrong_tidy(struct watch *w);

#endif
