/* SPDX-License-Identifier: GPL-2.0 */
/* Facts as the kernel side hands them over, and what was lost on the way. */
#ifndef FIXBUF_CAPTURE_FACT_READER_H
#define FIXBUF_CAPTURE_FACT_READER_H

#include <abi/fact.h>
#include "model/event.h"

struct bpf_program;
struct fixbuf_bpf;
struct facts;

struct facts_handler {
	void (*fact)(const struct fact *f, void *arg);
	void (*lost)(const struct lost_events *l, void *arg);
	void *arg;
};

/* Before kern_load(): makes room. NULL with a sentence. */
struct facts *facts_prepare(struct fixbuf_bpf *skel, unsigned int ring_buffer_kib);
/* .prog tells no events: what it was not run for is none that is lost. */
void facts_leave_out(struct facts *f, const struct bpf_program *prog);
/* After kern_load(). 0, or -errno with a sentence. */
int facts_start(struct facts *f, const struct facts_handler *handler);
/* Readable when facts wait; poll() is woken by the first after a pause, or when many do. */
int facts_fd(const struct facts *f);
/* Milliseconds after which to read again though poll() was not woken. */
unsigned int facts_pause_ms(const struct facts *f);
/* Hands over what waits; true when that was too much for one go. Settles once a second. */
bool facts_read(struct facts *f);
/* Reports losses that no later fact has shown; after the end of facts the total is then final. */
void facts_settle(struct facts *f);
/* Whose facts were lost so far, the greatest loss first; good until the next call. */
const struct user_loss *facts_losses(struct facts *f, size_t *nr);
void facts_free(struct facts *f);

#endif
