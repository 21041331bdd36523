/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FIXBUF_CAPTURE_TRACEFS_H
#define FIXBUF_CAPTURE_TRACEFS_H

/*
 * The number of a trace event ("syscalls/sys_enter_io_uring_register"), or
 * -errno. Where no tracefs is mounted, one is opened that nobody else sees
 * and that is gone with us.
 */
int tracefs_event_id(const char *event);

#endif
