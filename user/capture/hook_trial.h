/* SPDX-License-Identifier: GPL-2.0 */
/* Whether this kernel lets a probe hang on a function: tried with one that does nothing. */
#ifndef FIXBUF_CAPTURE_HOOK_TRIAL_H
#define FIXBUF_CAPTURE_HOOK_TRIAL_H

#include <stdbool.h>
#include <stddef.h>
#include "capture/prototype.h"

/* 0, or -errno and the reason in words. Without .attach only whether a program is taken. */
int trial_fentry(const struct prototype *p, bool attach, char *why, size_t size);
int trial_kprobe(const char *func, char *why, size_t size);

#endif
