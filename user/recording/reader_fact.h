/* SPDX-License-Identifier: GPL-2.0 */
/* A fact from a file, and why it failed: made as long as its struct, and fit for the ledger and views. */
#ifndef FIXBUF_RECORDING_READER_FACT_H
#define FIXBUF_RECORDING_READER_FACT_H

#include <abi/fact.h>
#include <stddef.h>
#include "model/evidence.h"
#include "recording/format.h"

union any_fact {
	struct fact h;
	struct fact_ring ring;
	struct fact_holder holder;
	struct fact_buffer buffer;
	struct fact_call call;
	struct fact_entry entry;
	struct fact_in_use in_use;
	struct fact_pin pin;
	struct fact_charge charge;
	struct fact_io io;
	struct fact_io_named io_named;
	struct fact_setup setup;
	struct fact_io_failed io_failed;
};

/* Copies what both know of a record; the rest stays zero. */
void record_take(void *to, size_t size, const struct rec *rec, const void *data);
/* Kinds that are not known, and shares beyond those that are kept, are left out. */
void recording_evidence(struct evidence_room *to, const struct rec *rec, const void *data);
/* False for a kind that is not known; *wrong: what no kernel tells, NULL when it is fit. */
int recording_fact(union any_fact *to, const void *data, size_t size, const char **wrong);

#endif
