/* SPDX-License-Identifier: GPL-2.0 */
/* Users by their names. */
#ifndef FIXBUF_BASE_USER_H
#define FIXBUF_BASE_USER_H

#include <pwd.h>
#include <stdbool.h>

/* NULL when there is none of that name, or number; good until the next call. */
const struct passwd *user_find(const char *name_or_uid);
/* This process becomes the user, in all of the user's groups, with nothing left to hand on. -errno. */
int user_become(const struct passwd *user);

#endif
