/* SPDX-License-Identifier: GPL-2.0 */
/* Why an I/O failed, or took a way of its own: cause, evidence and remedy in a sentence. */
#ifndef FIXBUF_CHECKS_FAILURE_IO_H
#define FIXBUF_CHECKS_FAILURE_IO_H

#include <abi/fact.h>
#include "checks/failure.h"
#include "model/io_fault.h"
#include "model/ledger.h"

/* .result: its error, below 0. Pure: all that it says is in .seen. */
void explain_io(char out[EXPLAIN_LEN], const struct io_evidence *seen, __s32 result);
/* Why it was handed to a worker; of .seen when it was. */
void explain_punt(char out[EXPLAIN_LEN], const struct io_evidence *seen);
/* The same of one for which io_punt_is_refused(). */
void explain_refused_punt(char out[EXPLAIN_LEN]);
/* Why a zero-copy send was copied. */
void explain_copied(char out[EXPLAIN_LEN], __u32 opcode);
/*
 * The same of an I/O that is told as an event, which older files have without evidence. .l: as of
 * that event; which buffer was unregistered before, it knows.
 */
void explain_io_fact(char out[EXPLAIN_LEN], const struct fact_io *f, const struct ledger *l);

/* Which bound of its table or buffer a failed import broke, and by how much. */
void explain_import(char *out, size_t room, const struct io_import *i);

#endif
