/* SPDX-License-Identifier: GPL-2.0 */
/* Opening what another user may have put a link in the way of. */
#ifndef FIXBUF_BASE_OPEN_SAFELY_H
#define FIXBUF_BASE_OPEN_SAFELY_H

/*
 * As open(2), and what it creates is ours alone. Links are followed only where nobody but us and
 * root could have made them, else it is -ELOOP. A folder is to end in "/.", so that it is held to
 * the same. A descriptor or -errno.
 */
int open_safely(const char *path, int flags);

#endif
