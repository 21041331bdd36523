/* SPDX-License-Identifier: GPL-2.0 */
/* What a bug report needs, in one file. */
#ifndef FIXBUF_COMMANDS_DOCTOR_BUNDLE_H
#define FIXBUF_COMMANDS_DOCTOR_BUNDLE_H

#include <stdio.h>
#include "capture/capture.h"
#include "model/ledger.h"

#define BUNDLE_FILE	"fixbuf-doctor.txt"

struct bundle {
	const char *path;	/* NULL = BUNDLE_FILE */
	void (*report)(FILE *out, void *arg);	/* what doctor prints */
	void *arg;
	struct capture *capture; /* NULL = nothing can be looked at */
	struct ledger *l;	/* its rings */
};

/*
 * Writes it to a new file, for its owner alone, with other numbers for the kernel's addresses. The exit
 * status, after a sentence where it is not 0.
 */
int bundle_write(const struct bundle *b);

#endif
