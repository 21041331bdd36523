/* SPDX-License-Identifier: GPL-2.0 */
/* Processes that selected ones started, and that found no room to be followed. */
#ifndef FIXBUF_BPF_ABI_FAMILY_H
#define FIXBUF_BPF_ABI_FAMILY_H

#define UNFOLLOWED_USERS 1024	/* told apart, each with how many of its processes those are */

#endif
