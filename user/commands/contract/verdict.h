/* SPDX-License-Identifier: GPL-2.0 */
/* What a check concludes, and how it says so from inside. */
#ifndef FIXBUF_COMMANDS_CONTRACT_VERDICT_H
#define FIXBUF_COMMANDS_CONTRACT_VERDICT_H

enum verdict {		/* a clause's verdict is its worst check's */
	ABSENT,		/* this kernel does not have what is tried */
	HOLDS,
	NOT_TRIED,
	DIFFERS,	/* in a known way */
	FAILS,
	NR_VERDICTS,
};

struct outcome {
	enum verdict verdict;
	char detail[160];
};

/* Where the verdict of this process goes: memory that it shares with who started it. */
void verdict_goes_to(struct outcome *shared);

/* Each ends the check. */
#define VERDICT_ATTRIBUTES __attribute__((format(printf, 1, 2), noreturn))
void holds(const char *fmt, ...) VERDICT_ATTRIBUTES;
void differs(const char *fmt, ...) VERDICT_ATTRIBUTES;
void not_tried(const char *fmt, ...) VERDICT_ATTRIBUTES;
void absent(const char *fmt, ...) VERDICT_ATTRIBUTES;
void fails(const char *fmt, ...) VERDICT_ATTRIBUTES;

/* "EFAULT" for -EFAULT, otherwise the number; for one use in a sentence. */
const char *result_name(long result);
/* Fails unless they are equal: "WHAT: EFAULT, not 0". */
void want(const char *what, long seen, long expected);

#endif
