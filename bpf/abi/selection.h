/* SPDX-License-Identifier: GPL-2.0 */
/* Whose rings are wanted, as the kernel side decides it. */
#ifndef FIXBUF_BPF_ABI_SELECTION_H
#define FIXBUF_BPF_ABI_SELECTION_H

#define SELECT_PIDS	0x01
#define SELECT_UID	0x02
#define SELECT_COMM	0x04
#define SELECT_TREE	0x08	/* descendants of our own process */

#endif
