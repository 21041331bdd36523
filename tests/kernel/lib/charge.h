/* SPDX-License-Identifier: GPL-2.0 */
/* What a user is charged, which nothing shows: seen by what can still be registered. */
#ifndef FIXBUF_CHARGE_H
#define FIXBUF_CHARGE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * From root to a user with nothing but this RLIMIT_MEMLOCK, for good, or, with back, so that
 * charge_root() leads back. False when that fails.
 */
bool charge_user(uid_t uid, size_t pages, bool back);
bool charge_root(void);

/*
 * Registers one page more than the limit, which must fail, then exactly the limit, trying for
 * up to ms. 0: the user was charged nothing; 1: something; -1: less than nothing; -2: no ring.
 */
int charge_left(size_t pages, int ms);

#endif
