/* SPDX-License-Identifier: GPL-2.0 */
/* What makes a flight recorder save what it has kept. */
#ifndef FIXBUF_COMMANDS_RECORD_TRIGGERS_H
#define FIXBUF_COMMANDS_RECORD_TRIGGERS_H

#include "capture/live.h"
#include "model/event.h"
#include "model/selection.h"

enum trigger { TRIGGER_NONE, TRIGGER_FAILURE, TRIGGER_FINDING, TRIGGER_SLOW, TRIGGER_SIGNAL, NR_TRIGGERS };

struct trigger_options {
	bool any, on[NR_TRIGGERS];
	__u64 slow_ns;
};

/* "failure", "finding", "signal" or "slow TIME". */
bool trigger_parse(struct trigger_options *o, const char *text);
const char *trigger_name(enum trigger t);
/* Whether the first .len letters are the name of one. */
bool trigger_is_name(const char *name, size_t len);

struct triggers;

struct triggers *triggers_new(const struct trigger_options *o, const struct selection *select);
/* Takes every event of .l, in order. What has happened, and to whom (.who). */
enum trigger triggers_event(struct triggers *t, const struct live *l, const struct event *e, char *who, size_t room);
void triggers_free(struct triggers *t);

#endif
