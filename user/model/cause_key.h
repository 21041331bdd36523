/* SPDX-License-Identifier: GPL-2.0 */
/* What makes equal causes one. */
#ifndef FIXBUF_MODEL_CAUSE_KEY_H
#define FIXBUF_MODEL_CAUSE_KEY_H

#include <linux/types.h>
#include <stddef.h>

/*
 * Two explanations are of one cause if they differ only in what is particular to a call: its
 * numbers, names in quotes, remarks in parentheses. Else a loop would fail in a new way each time.
 */
__u64 cause_key(const char *explain);
/*
 * What equal causes have in common: the sentence with N for each number, without what is quoted
 * or in parentheses, cut where .out is full. Its length.
 */
size_t cause_text(char *out, size_t room, const char *explain);

#endif
