/* SPDX-License-Identifier: GPL-2.0 */
/* Whose rings, and whose events, are wanted, as the kernel side decides it. */
#ifndef FIXBUF_BPF_ABI_SELECTION_H
#define FIXBUF_BPF_ABI_SELECTION_H

#define SELECT_PIDS	0x01	/* the process is in a map of them */
#define SELECT_UID	0x02
#define SELECT_COMM	0x04	/* its name matches the glob; for events that of its process, too */
#define SELECT_TREE	0x08	/* descendants of our own process */
#define SELECT_CGROUP	0x10	/* in a cgroup, or below it */
#define SELECT_FOLLOW	0x20	/* with SELECT_PIDS: what such processes start is in the map, too */

/* Any says who it is. A name, or a cgroup, may be taken by users whom nobody asked for. */
#define SELECT_WHO	(SELECT_PIDS | SELECT_UID | SELECT_TREE)

#endif
