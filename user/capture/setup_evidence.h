/* SPDX-License-Identifier: GPL-2.0 */
/* What the system says of why a ring was not made, a moment after the call. */
#ifndef FIXBUF_CAPTURE_SETUP_EVIDENCE_H
#define FIXBUF_CAPTURE_SETUP_EVIDENCE_H

#include <abi/fact.h>

/* Adds the settings that forbid rings, and which of the flags this kernel does not know. */
void setup_look(struct fact_setup *s);

#endif
