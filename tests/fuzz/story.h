/* SPDX-License-Identifier: GPL-2.0 */
/* A small recording with every kind of record, and with any names in it. */
#ifndef FIXBUF_FUZZ_STORY_H
#define FIXBUF_FUZZ_STORY_H

#include <stdio.h>
#include "base/untrusted.h"
#include "model/tier.h"

/* What a process chose, and what a file may say in our name. */
struct story {
	struct comm comm;
	struct file_name file;
	struct untrusted symbol, module, source, note;
	const char *command;
};

extern const struct story plain_story;

/* Writes the file; returns its bytes, 0 when there is no room. */
size_t story_record(const struct story *s, char *bytes, size_t room, enum tier tier);

#endif
