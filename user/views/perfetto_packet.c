// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/hash_table.h"
#include "perfetto.pb-c.h"
#include "views/perfetto_packet.h"

#define SEQUENCE	1	/* of one writer */
#define MAX_DETAILS	8

/* Of ClockSnapshot. */
enum { CLOCK_ID_REALTIME = 1, CLOCK_ID_MONOTONIC = 3 };

struct known_track {
	__u64 uuid;
	UT_hash_handle hh;
};

struct packets {
	FILE *out;
	struct known_track *known;
	__u8 *bytes;		/* owned */
	size_t room;
	Perfetto__TracePacket packet;
	Perfetto__TrackEvent event;
	Perfetto__DebugAnnotation details[MAX_DETAILS], *list[MAX_DETAILS];
	__u64 last_flow;
	__u64 *flows;		/* owned */
	size_t room_flows;
	const char *machine;	/* NULL = the only one */
	__u64 number;		/* its */
	__s64 realtime_ns;	/* of several: added to times */
};

/* Of tracks and flows, whose lower 48 bits are enough for one machine's. */
static __u64 of_machine(const struct packets *p, __u64 id)
{
	return id | p->number << 48;
}

#define MACHINE_TRACK	of_machine(p, 0xffULL << 56)

static void write_packet(struct packets *p, Perfetto__TracePacket *packet)
{
	size_t size = perfetto__trace_packet__get_packed_size(packet), n = size;
	__u8 head[12] = { 1 << 3 | 2 }; /* Trace.packet, of a length */
	size_t i = 1;

	if (size > p->room) {
		p->room = 2 * size;
		p->bytes = must_realloc(p->bytes, p->room, 1);
	}
	perfetto__trace_packet__pack(packet, p->bytes);
	for (; n >= 0x80; n >>= 7)
		head[i++] = n | 0x80;
	head[i++] = n;
	fwrite(head, 1, i, p->out);
	fwrite(p->bytes, 1, size, p->out);
}

static Perfetto__TracePacket new_packet(void)
{
	Perfetto__TracePacket packet = PERFETTO__TRACE_PACKET__INIT;

	packet.has_trusted_packet_sequence_id = true;
	packet.trusted_packet_sequence_id = SEQUENCE;
	return packet;
}

void packet_clock(struct packets *p, __u64 monotonic_ns, __u64 realtime_ns)
{
	Perfetto__TracePacket packet = new_packet();
	Perfetto__ClockSnapshot snapshot = PERFETTO__CLOCK_SNAPSHOT__INIT;
	Perfetto__ClockSnapshot__Clock monotonic = PERFETTO__CLOCK_SNAPSHOT__CLOCK__INIT;
	Perfetto__ClockSnapshot__Clock realtime = PERFETTO__CLOCK_SNAPSHOT__CLOCK__INIT;
	Perfetto__ClockSnapshot__Clock *clocks[] = { &realtime, &monotonic };

	if (p->machine)
		p->realtime_ns = realtime_ns - monotonic_ns;

	monotonic.has_clock_id = monotonic.has_timestamp = true;
	monotonic.clock_id = CLOCK_ID_MONOTONIC;
	monotonic.timestamp = monotonic_ns;
	realtime.has_clock_id = realtime.has_timestamp = true;
	realtime.clock_id = CLOCK_ID_REALTIME;
	realtime.timestamp = realtime_ns;
	snapshot.clocks = clocks;
	snapshot.n_clocks = p->machine ? 1 : 2;
	snapshot.has_primary_trace_clock = true;
	snapshot.primary_trace_clock = p->machine ? CLOCK_ID_REALTIME : CLOCK_ID_MONOTONIC;
	packet.clock_snapshot = &snapshot;
	write_packet(p, &packet);
}

/* Whether it is the first time. */
static bool is_new(struct packets *p, __u64 uuid)
{
	struct known_track *known;

	HASH_FIND(hh, p->known, &uuid, sizeof(uuid), known);
	if (known)
		return false;
	known = must_alloc(1, sizeof(*known));
	known->uuid = uuid;
	HASH_ADD(hh, p->known, uuid, sizeof(known->uuid), known);
	return true;
}

static void write_track(struct packets *p, Perfetto__TrackDescriptor *d, __u64 uuid, __u64 parent)
{
	Perfetto__TracePacket packet = new_packet();

	d->has_uuid = true;
	d->uuid = uuid;
	d->has_parent_uuid = parent != 0;
	d->parent_uuid = parent;
	packet.track_descriptor = d;
	write_packet(p, &packet);
}

static void machine_track(struct packets *p)
{
	Perfetto__TrackDescriptor d = PERFETTO__TRACK_DESCRIPTOR__INIT;

	d.name = p->machine[0] ? (char *)p->machine : "a machine without a name";
	if (is_new(p, MACHINE_TRACK))
		write_track(p, &d, MACHINE_TRACK, 0);
}

void packet_track(struct packets *p, const struct track *t)
{
	__u64 uuid = of_machine(p, t->uuid), parent = t->parent ? of_machine(p, t->parent) : 0;
	Perfetto__TrackDescriptor d = PERFETTO__TRACK_DESCRIPTOR__INIT;
	Perfetto__ProcessDescriptor process = PERFETTO__PROCESS_DESCRIPTOR__INIT;
	Perfetto__ThreadDescriptor thread = PERFETTO__THREAD_DESCRIPTOR__INIT;
	Perfetto__CounterDescriptor counter = PERFETTO__COUNTER_DESCRIPTOR__INIT;
	char name[128];

	if (!is_new(p, uuid))
		return;
	if (p->machine && !parent) {
		machine_track(p);
		parent = MACHINE_TRACK;
	}
	if (p->machine) {
		snprintf(name, sizeof(name), t->tid ? "%s, thread %u" : t->pid ? "%s, process %u" : "%s",
			 t->name, t->tid ? t->tid : t->pid);
		d.name = name;
	} else if (t->tid) {
		thread.has_pid = thread.has_tid = true;
		thread.pid = t->pid;
		thread.tid = t->tid;
		thread.thread_name = (char *)t->name;
		d.thread = &thread;
	} else if (t->pid) {
		process.has_pid = true;
		process.pid = t->pid;
		process.process_name = (char *)t->name;
		d.process = &process;
	} else {
		d.name = (char *)t->name;
	}
	if (t->counter) {
		counter.has_unit = true;
		counter.unit = PERFETTO__COUNTER_DESCRIPTOR__UNIT__UNIT_SIZE_BYTES;
		d.counter = &counter;
	}
	write_track(p, &d, uuid, parent);
}

void packet_begin(struct packets *p, enum packet_event type, __u64 track, __u64 t_ns, const char *name)
{
	static const Perfetto__TrackEvent__Type types[] = {
		[PACKET_BEGIN] = PERFETTO__TRACK_EVENT__TYPE__TYPE_SLICE_BEGIN,
		[PACKET_END] = PERFETTO__TRACK_EVENT__TYPE__TYPE_SLICE_END,
		[PACKET_INSTANT] = PERFETTO__TRACK_EVENT__TYPE__TYPE_INSTANT,
		[PACKET_COUNTER] = PERFETTO__TRACK_EVENT__TYPE__TYPE_COUNTER,
	};

	p->packet = new_packet();
	perfetto__track_event__init(&p->event);
	p->packet.track_event = &p->event;
	p->packet.has_timestamp = p->packet.has_timestamp_clock_id = true;
	p->packet.timestamp = t_ns + p->realtime_ns;
	p->packet.timestamp_clock_id = p->machine ? CLOCK_ID_REALTIME : CLOCK_ID_MONOTONIC;
	p->event.has_type = p->event.has_track_uuid = true;
	p->event.type = types[type];
	p->event.track_uuid = of_machine(p, track);
	p->event.name = (char *)name;
	p->event.debug_annotations = p->list;
}

static Perfetto__DebugAnnotation *detail(struct packets *p, const char *name)
{
	size_t n = p->event.n_debug_annotations;
	Perfetto__DebugAnnotation *d = &p->details[n];

	if (n == MAX_DETAILS)
		abort();	/* a mistake of ours: no event has so many */
	perfetto__debug_annotation__init(d);
	d->name = (char *)name;
	p->list[n] = d;
	p->event.n_debug_annotations++;
	return d;
}

void packet_int(struct packets *p, const char *name, __s64 value)
{
	Perfetto__DebugAnnotation *d = detail(p, name);

	d->has_int_value = true;
	d->int_value = value;
}

void packet_pointer(struct packets *p, const char *name, __u64 value)
{
	Perfetto__DebugAnnotation *d = detail(p, name);

	d->has_pointer_value = true;
	d->pointer_value = value;
}

void packet_string(struct packets *p, const char *name, const char *value)
{
	detail(p, name)->string_value = (char *)value;
}

void packet_value(struct packets *p, __s64 value)
{
	p->event.has_counter_value = true;
	p->event.counter_value = value;
}

void packet_flows(struct packets *p, const __u64 *flows, size_t nr)
{
	if (nr > p->room_flows) {
		p->room_flows = 2 * nr;
		p->flows = must_realloc(p->flows, p->room_flows, sizeof(*p->flows));
	}
	for (size_t i = 0; i < nr; i++)
		p->flows[i] = of_machine(p, flows[i]);
	p->event.flow_ids = (uint64_t *)p->flows;
	p->event.n_flow_ids = nr;
}

void packet_last_flow(struct packets *p, __u64 flow)
{
	p->last_flow = of_machine(p, flow);
	p->event.terminating_flow_ids = (uint64_t *)&p->last_flow;
	p->event.n_terminating_flow_ids = 1;
}

void packet_end(struct packets *p)
{
	write_packet(p, &p->packet);
}

struct packets *packets_new(FILE *out, const char *machine, unsigned int number)
{
	struct packets *p = must_alloc(1, sizeof(*p));

	p->out = out;
	p->machine = machine;
	p->number = number;
	return p;
}

void packets_free(struct packets *p)
{
	struct known_track *k, *next;

	HASH_ITER(hh, p->known, k, next) {
		HASH_DEL(p->known, k);
		free(k);
	}
	free(p->bytes);
	free(p->flows);
	free(p);
}
