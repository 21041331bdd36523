/* SPDX-License-Identifier: GPL-2.0 */
/* Packets of Perfetto's trace format, written one by one. */
#ifndef FIXBUF_VIEWS_PERFETTO_PACKET_H
#define FIXBUF_VIEWS_PERFETTO_PACKET_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum packet_event { PACKET_BEGIN, PACKET_END, PACKET_INSTANT, PACKET_COUNTER };

struct track {
	__u64 uuid, parent;	/* parent 0 = none */
	const char *name;
	__u32 pid, tid;		/* a process's (pid) or a thread's (both) */
	bool counter;		/* of bytes */
};

struct packets;

/*
 * .machine: one of several of a trace, its name, and its number from 0; NULL = it is the only one. Tracks
 * are below the machine's then, and none is a process's or a thread's: numbers of those are equal elsewhere.
 */
struct packets *packets_new(FILE *out, const char *machine, unsigned int number);
void packets_free(struct packets *p);

/* What CLOCK_REALTIME was at a CLOCK_MONOTONIC, which all times are; of several machines only the former is one. */
void packet_clock(struct packets *p, __u64 monotonic_ns, __u64 realtime_ns);
/* Written when it is new. */
void packet_track(struct packets *p, const struct track *t);

/* An event: begun, given details, and written at its end. Names are to last until then. */
void packet_begin(struct packets *p, enum packet_event type, __u64 track, __u64 t_ns, const char *name);
void packet_int(struct packets *p, const char *name, __s64 value);
void packet_pointer(struct packets *p, const char *name, __u64 value);
void packet_string(struct packets *p, const char *name, const char *value);
void packet_value(struct packets *p, __s64 value);
void packet_flows(struct packets *p, const __u64 *flows, size_t nr);
void packet_last_flow(struct packets *p, __u64 flow);
void packet_end(struct packets *p);

#endif
