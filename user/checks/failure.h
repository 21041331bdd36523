/* SPDX-License-Identifier: GPL-2.0 */
/* Why a call failed, in one sentence that says what to do: a pure function of what was seen. */
#ifndef FIXBUF_CHECKS_FAILURE_H
#define FIXBUF_CHECKS_FAILURE_H

#include <abi/fact.h>
#include <stdbool.h>
#include <stddef.h>
#include "model/evidence.h"

#define EXPLAIN_LEN 1000

/* The error that stopped .call: its own, or what is concluded of an update that did some slots. */
__s64 failure_errno(const struct fact_call *call, const struct evidence *e);

/* .call has failed, or did not do all; .e is what capture looked at. */
void explain_call(char out[EXPLAIN_LEN], const struct fact_call *call, const struct evidence *e);

const char *entry_state_name(__u32 state);

#endif
