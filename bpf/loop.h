/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FIXBUF_BPF_LOOP_H
#define FIXBUF_BPF_LOOP_H

/* The loop stays one: what it calls would be gone through once more for each turn that is unrolled. */
#define NOT_UNROLLED	_Pragma("clang loop unroll(disable)")

#endif
