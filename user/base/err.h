/* SPDX-License-Identifier: GPL-2.0 */
/* Errors in words: one true sentence that says what to do. */
#ifndef FIXBUF_BASE_ERR_H
#define FIXBUF_BASE_ERR_H

#define PROGRAM_NAME "fixbuf-trace"

enum exit_status {
	EXIT_DONE	= 0,
	EXIT_FINDINGS	= 1,	/* or a clause that does not hold */
	EXIT_USAGE	= 2,	/* wrong usage, bad input, unwritable output */
	EXIT_CANNOT	= 3,	/* privilege or kernel */
	EXIT_UNSETTLED	= 4,	/* what was asked could not be looked at, or not for sure */
};

/* Remembers the sentence for who decides what to do about it; returns -errno_value. */
int err_set(int errno_value, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The last sentence set, "" without. */
const char *err_text(void);

/* Prints "fixbuf-trace: sentence" to standard error; returns the exit status. */
int misuse(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
int cannot(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
