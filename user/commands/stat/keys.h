/* SPDX-License-Identifier: GPL-2.0 */
/* What keys do to the live view. */
#ifndef FIXBUF_COMMANDS_STAT_KEYS_H
#define FIXBUF_COMMANDS_STAT_KEYS_H

#include "views/stat_screen.h"

/* Changes what is shown by a key; false when it asks for the end. */
bool stat_press(struct stat_screen *s, int key);

#endif
