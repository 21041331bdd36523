// SPDX-License-Identifier: GPL-2.0
/*
 * Tracks: a process has its threads (calls) and its rings, a ring its slots
 * (lives of buffers, I/O); a user and an address space have counters. A flow
 * leads from the call that registered a buffer over its life and I/O to what
 * dropped it, another from a call that failed to where its cause is. What still
 * lives at the end stays open.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/fmt.h"
#include "base/hash_table.h"
#include "base/page_size.h"
#include "base/pid.h"
#include "base/untrusted.h"
#include "model/fact.h"
#include "model/io_counters.h"
#include "model/timeline.h"
#include "views/perfetto.h"
#include "views/perfetto_packet.h"
#include "views/trace_text.h"

/* The upper byte of a track's number says what it is. */
enum track_kind { PROCESS = 1, THREAD, RING, SLOT, USER, COUNTER, LOST };

#define TRACK(kind, n)		((__u64)(kind) << 56 | (n))
#define FAILED_FLOW	(1ULL << 63)	/* beside the numbers of lives */
#define SLOT_TRACK(ring, slot)	TRACK(SLOT, (__u64)(ring)->number << 24 | (slot))

enum counter { CHARGED, PINNED, LIMIT };

/* A call is written when the lives that it began are known. */
struct pending {
	bool open;
	struct fact_call call;
	char *explain;		/* owned */
	__u32 ring;		/* timeline_ring.number, 0 = none */
	bool at_limit;		/* it failed for what is charged to the user */
	__u64 *flows;		/* owned */
	size_t nr, room;
};

struct user_track {
	__u64 user;		/* struct user_struct *, */
	__u32 uid;		/* whose address may be another's by now */
	__u64 uuid;
	UT_hash_handle hh;
};

struct perfetto {
	struct packets *p;
	struct timeline *timeline;
	struct pending pending;
	struct user_track *users;
	__u64 nr_failed;
};

static void describe(struct perfetto *t, __u64 uuid, __u64 parent, const char *name)
{
	packet_track(t->p, &(struct track){ .uuid = uuid, .parent = parent, .name = name });
}

/* The number that the UI shows is the one outside: no two processes of a trace have the same. */
static __u64 process_track(struct perfetto *t, __u32 pid, __u32 ns_pid, const struct comm *comm)
{
	__u64 uuid = TRACK(PROCESS, pid);
	char name[TAMED_COMM_SIZE + FMT_LEN + 8];

	snprintf(name, sizeof(name), ns_pid ? "%s, pid %s" : "%s", TAME_COMM(*comm),
		 PID_TEXT(pid, ns_pid));
	packet_track(t->p, &(struct track){ .uuid = uuid, .pid = pid, .name = name });
	return uuid;
}

/* ---- calls --------------------------------------------------------------------------- */

static void call_details(struct packets *p, const struct fact_call *c, const char *explain)
{
	packet_int(p, "nr", c->nr);
	packet_int(p, "result", c->result);
	if (!(c->call_flags & CALL_F_NO_RING)) {
		packet_int(p, "user_before_pages", c->user_before_pages);
		packet_int(p, "user_after_pages", c->user_after_pages);
	}
	if (explain)
		packet_string(p, "explain", explain);
}

static void add_flow(struct pending *w, __u64 flow)
{
	if (w->nr == w->room) {
		w->room = w->room ? 2 * w->room : 16;
		w->flows = must_realloc(w->flows, w->room, sizeof(*w->flows));
	}
	w->flows[w->nr++] = flow;
}

/* Where the cause of a failure is: the account that is full, the ring, or else the caller. */
static __u64 cause_track(struct perfetto *t)
{
	const struct pending *w = &t->pending;
	const struct fact_call *c = &w->call;
	struct user_track *u = NULL;

	if (w->at_limit)
		HASH_FIND(hh, t->users, &c->user, sizeof(c->user), u);
	return u && u->uid == c->charged_uid ? u->uuid : w->ring ? TRACK(RING, w->ring) : TRACK(PROCESS, c->h.pid);
}

static void put_cause(struct perfetto *t)
{
	const struct pending *w = &t->pending;
	char name[48];

	snprintf(name, sizeof(name), "why %s", fact_errno_name(w->call.result));
	packet_begin(t->p, PACKET_INSTANT, cause_track(t), w->call.h.t_ns, name);
	if (w->explain)
		packet_string(t->p, "explain", w->explain);
	packet_last_flow(t->p, FAILED_FLOW | t->nr_failed);
	packet_end(t->p);
}

static void flush_call(struct perfetto *t)
{
	struct pending *w = &t->pending;
	const struct fact_call *c = &w->call;
	const char *name = fact_name(&c->h);
	__u64 thread = TRACK(THREAD, c->h.tid), begin = c->start_ns ? c->start_ns : c->h.t_ns;

	if (!w->open)
		return;
	w->open = false;
	packet_track(t->p, &(struct track){ .uuid = thread,
		.parent = process_track(t, c->h.pid, c->ns_pid, &c->h.comm), .pid = c->h.pid, .tid = c->h.tid,
		.name = TAME_COMM(c->h.comm) });
	if (c->result < 0)
		add_flow(w, FAILED_FLOW | ++t->nr_failed);
	packet_begin(t->p, PACKET_BEGIN, thread, begin, name);
	call_details(t->p, c, w->explain);
	packet_flows(t->p, w->flows, w->nr);
	packet_end(t->p);
	if (c->result < 0) {
		packet_begin(t->p, PACKET_INSTANT, thread, c->h.t_ns, fact_errno_name(c->result));
		if (w->explain)
			packet_string(t->p, "explain", w->explain);
		packet_end(t->p);
	}
	packet_begin(t->p, PACKET_END, thread, c->h.t_ns, NULL);
	packet_end(t->p);
	if (c->result < 0)
		put_cause(t);
	free(w->explain);
	w->explain = NULL;
	w->nr = 0;
}

static void on_call(struct timeline_ring *ring, const struct event *told, void *arg)
{
	const struct evidence *looked_at = told->why ? told->why->evidence : NULL;
	struct perfetto *t = arg;

	flush_call(t);
	memcpy(&t->pending.call, told->fact, sizeof(t->pending.call));
	t->pending.ring = ring ? ring->number : 0;
	t->pending.at_limit = t->pending.call.result == -ENOMEM && looked_at && looked_at->account;
	t->pending.explain = told->why && told->why->explain ? must_strdup(told->why->explain) : NULL;
	t->pending.open = true;
}

static void call_flow(struct perfetto *t, const struct life *life)
{
	struct pending *w = &t->pending;

	if (!w->open || !life->call || life->call != w->call.h.call || life->ring->id != w->call.h.ring)
		return;
	add_flow(w, life->number);
}

/* ---- rings and buffers ------------------------------------------------------------------ */

static void on_ring_begins(struct timeline_ring *r, void *arg)
{
	struct perfetto *t = arg;
	char name[64];

	if (r->fd >= 0)
		snprintf(name, sizeof(name), "ring fd %d", r->fd);
	else
		snprintf(name, sizeof(name), "ring 0x%llx", r->id);
	describe(t, TRACK(RING, r->number), process_track(t, r->pid, r->ns_pid, &r->comm), name);
	packet_begin(t->p, PACKET_BEGIN, TRACK(RING, r->number), r->from_ns, name);
	packet_pointer(t->p, "ring", r->id);
	packet_int(t->p, "uid", r->uid);
	packet_end(t->p);
}

static void on_ring_ends(struct timeline_ring *r, __u64 t_ns, void *arg)
{
	struct perfetto *t = arg;

	packet_begin(t->p, PACKET_END, TRACK(RING, r->number), t_ns, NULL);
	packet_end(t->p);
}

static void on_life_begins(struct life *life, void *arg)
{
	struct perfetto *t = arg;
	__u64 track = SLOT_TRACK(life->ring, life->slot);
	char name[FMT_LEN + 32], size[FMT_LEN];

	call_flow(t, life);
	snprintf(name, sizeof(name), "slot %u", life->slot);
	describe(t, track, TRACK(RING, life->ring->number), name);
	snprintf(name, sizeof(name), "%s at 0x%llx", fmt_bytes(size, life->len_bytes), life->addr);
	packet_begin(t->p, PACKET_BEGIN, track, life->from_ns, name);
	packet_pointer(t->p, "addr", life->addr);
	packet_int(t->p, "len_bytes", life->len_bytes);
	packet_int(t->p, "folio_bytes", 1LL << life->folio_shift);
	packet_int(t->p, "segments", life->segments);
	if (life->charged_pages != ACCT_UNKNOWN)
		packet_int(t->p, "charged_pages", life->charged_pages);
	if (life->older)
		packet_string(t->p, "registered", "before the recording");
	packet_flows(t->p, &life->number, 1);
	packet_end(t->p);
}

static void on_life_ends(struct life *life, __u64 t_ns, __u32 call, void *arg)
{
	struct perfetto *t = arg;
	__u64 track = SLOT_TRACK(life->ring, life->slot);
	bool by_call = t->pending.open && call && call == t->pending.call.h.call;

	packet_begin(t->p, PACKET_INSTANT, track, t_ns,
		     by_call ? fact_name(&t->pending.call.h) : "drop");
	packet_last_flow(t->p, life->number);
	packet_end(t->p);
	packet_begin(t->p, PACKET_END, track, t_ns, NULL);
	packet_end(t->p);
}

static void on_io(struct timeline_ring *r, struct life *life, const struct event *told, void *arg)
{
	const struct fact_io *io = (const void *)told->fact;
	struct perfetto *t = arg;

	if (!r)
		return;
	packet_begin(t->p, PACKET_INSTANT,
		     life ? SLOT_TRACK(r, life->slot) : TRACK(RING, r->number), io->h.t_ns,
		     io_op_name(io->opcode));
	packet_int(t->p, "result", io->result);
	if (io->io_flags & IO_F_RANGE)
		packet_int(t->p, "len_bytes", io->len_bytes);
	if (io->io_flags & IO_F_OFFSET)
		packet_int(t->p, "offset_bytes", io->offset_bytes);
	if (io->latency_ns)
		packet_int(t->p, "latency_ns", io->latency_ns);
	if (life)
		packet_flows(t->p, &life->number, 1);
	packet_end(t->p);
}

/* ---- counters and gaps -------------------------------------------------------------------- */

struct levels {			/* as written last, pages */
	bool written[3];
	__s64 pages[3];
};

static void count(struct perfetto *t, const struct account *a, enum counter which, __u64 parent,
		  const char *name, __s64 pages, __u64 t_ns)
{
	__u64 uuid = TRACK(COUNTER, (__u64)a->number << 8 | which);
	struct levels *last = a->data;

	if (last->written[which] && last->pages[which] == pages)
		return;
	last->written[which] = true;
	last->pages[which] = pages;
	packet_track(t->p, &(struct track){ .uuid = uuid, .parent = parent, .name = name,
					    .counter = true });
	packet_begin(t->p, PACKET_COUNTER, uuid, t_ns, NULL);
	packet_value(t->p, (__u64)pages * PAGE_BYTES);
	packet_end(t->p);
}

static __u64 user_track(struct perfetto *t, const struct account *a)
{
	struct user_track *u;

	HASH_FIND(hh, t->users, &a->id, sizeof(a->id), u);
	if (!u) {
		u = must_alloc(1, sizeof(*u));
		u->user = a->id;
		HASH_ADD(hh, t->users, user, sizeof(u->user), u);
	}
	u->uid = a->uid;
	u->uuid = TRACK(USER, a->number);
	return u->uuid;
}

static void on_level(struct account *a, __u64 t_ns, void *arg)
{
	struct perfetto *t = arg;
	__u64 parent;
	char name[32];

	if (!a->data)
		a->data = must_alloc(1, sizeof(struct levels));
	if (a->is_mm) {
		parent = process_track(t, a->pid, a->ns_pid, &a->comm);
	} else {
		snprintf(name, sizeof(name), "uid %u", a->uid);
		parent = user_track(t, a);
		describe(t, parent, 0, name);
	}
	count(t, a, CHARGED, parent, "charged", a->charged_pages, t_ns);
	count(t, a, PINNED, parent, "pinned by registered buffers", a->pinned_pages, t_ns);
	if (!a->is_mm && a->limit_bytes != ~0ULL)
		count(t, a, LIMIT, parent, "RLIMIT_MEMLOCK", a->limit_bytes / PAGE_BYTES, t_ns);
}

static void on_gap(__u64 from_ns, __u64 to_ns, __u64 lost, void *arg)
{
	struct perfetto *t = arg;
	char name[48];

	if (lost)
		snprintf(name, sizeof(name), "%llu events lost", lost);
	else
		snprintf(name, sizeof(name), "not recorded");
	describe(t, TRACK(LOST, 1), 0, "events lost");
	packet_begin(t->p, PACKET_BEGIN, TRACK(LOST, 1), from_ns, name);
	packet_end(t->p);
	packet_begin(t->p, PACKET_END, TRACK(LOST, 1), to_ns, NULL);
	packet_end(t->p);
}

struct perfetto *perfetto_new(FILE *out, const struct selection *select, const char *machine,
			      unsigned int number)
{
	struct perfetto *t = must_alloc(1, sizeof(*t));
	const struct timeline_listener view = {
		.ring_begins = on_ring_begins, .ring_ends = on_ring_ends,
		.life_begins = on_life_begins, .life_ends = on_life_ends,
		.level = on_level, .call = on_call, .io = on_io, .gap = on_gap,
		.arg = t,
	};

	t->p = packets_new(out, machine, number);
	t->timeline = timeline_new(&view, select);
	return t;
}

void perfetto_event(struct perfetto *t, const struct event *told)
{
	if (told->kind == EVENT_LOOK)
		packet_clock(t->p, told->t_ns, told->t_ns + told->origin->realtime_ns);
	if (t->pending.open &&
	    (told->kind != EVENT_FACT || told->fact->call != t->pending.call.h.call))
		flush_call(t);
	timeline_event(t->timeline, told);
}

void perfetto_end(struct perfetto *t)
{
	struct user_track *u, *next;

	flush_call(t);
	HASH_ITER(hh, t->users, u, next) {
		HASH_DEL(t->users, u);
		free(u);
	}
	free(t->pending.flows);
	timeline_free(t->timeline);
	packets_free(t->p);
	free(t);
}
