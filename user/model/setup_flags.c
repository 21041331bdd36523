// SPDX-License-Identifier: GPL-2.0
#include <stddef.h>
#include <stdio.h>
#include "model/setup_flags.h"

/* include/uapi/linux/io_uring.h */
static const struct setup_flag flags[] = {
	{ SETUP_IOPOLL, "IOPOLL", NULL, 0 },
	{ SETUP_SQPOLL, "SQPOLL", NULL, 0 },
	{ SETUP_SQ_AFF, "SQ_AFF", NULL, SETUP_SQPOLL },
	{ SETUP_CQSIZE, "CQSIZE", NULL, 0 },
	{ SETUP_CLAMP, "CLAMP", NULL, 0 },
	{ SETUP_ATTACH_WQ, "ATTACH_WQ", NULL, 0 },
	{ 1U << 6, "R_DISABLED", NULL, 0 },
	{ 1U << 7, "SUBMIT_ALL", "5.18", 0 },
	{ SETUP_COOP_TASKRUN, "COOP_TASKRUN", "5.19", 0 },
	{ SETUP_TASKRUN_FLAG, "TASKRUN_FLAG", "5.19", SETUP_COOP_TASKRUN },
	{ SETUP_SQE128, "SQE128", "5.19", 0 },
	{ SETUP_CQE32, "CQE32", "5.19", 0 },
	{ SETUP_SINGLE_ISSUER, "SINGLE_ISSUER", "6.0", 0 },
	{ SETUP_DEFER_TASKRUN, "DEFER_TASKRUN", "6.1", SETUP_SINGLE_ISSUER },
	{ SETUP_NO_MMAP, "NO_MMAP", "6.5", 0 },
	{ SETUP_REGISTERED_FD_ONLY, "REGISTERED_FD_ONLY", "6.5", SETUP_NO_MMAP },
	{ SETUP_NO_SQARRAY, "NO_SQARRAY", "6.6", 0 },
	{ SETUP_HYBRID_IOPOLL, "HYBRID_IOPOLL", "6.13", SETUP_IOPOLL },
	{ SETUP_CQE_MIXED, "CQE_MIXED", "6.18", 0 },
	{ SETUP_SQE_MIXED, "SQE_MIXED", "6.19", 0 },
	{ SETUP_SQ_REWIND, "SQ_REWIND", "7.0", SETUP_NO_SQARRAY },
};

const struct setup_flag *setup_flag(__u32 bit)
{
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (flags[i].bit == bit)
			return &flags[i];
	return NULL;
}

const char *setup_flags_text(char buf[SETUP_FLAGS_TEXT], __u32 asked)
{
	size_t n = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		if (!(asked & flags[i].bit))
			continue;
		n += snprintf(buf + n, SETUP_FLAGS_TEXT - n, "%s%s", n ? ", " : "", flags[i].name);
		asked &= ~flags[i].bit;
	}
	if (asked)
		snprintf(buf + n, SETUP_FLAGS_TEXT - n, "%s0x%x", n ? ", " : "", asked);
	return buf;
}
