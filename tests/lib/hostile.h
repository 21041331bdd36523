/* SPDX-License-Identifier: GPL-2.0 */
/* A name that hurts whoever prints it: ESC, BEL, a line end, no UTF-8, C1, direction, quotes. */
#ifndef FIXBUF_HOSTILE_H
#define FIXBUF_HOSTILE_H

/* 13 bytes: it fits in a task's name. */
#define HOSTILE		"\033\a\n\xff\xc2\x9b\xe2\x80\xae\"<;\\"
/* The same as a terminal gets it. */
#define HOSTILE_TAMED	"\\x1b\\x07\\n\\xff\\u009b\\u202e\"<;\\"
/* What an assembler takes in quotes. */
#define HOSTILE_SYMBOL	"evil\033\xff\xc2\x9b\xe2\x80\xae<;"
#define HOSTILE_SYMBOL_TAMED "evil\\x1b\\xff\\u009b\\u202e<;"

#endif
