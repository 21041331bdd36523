// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include "model/event.h"
#include "model/fact.h"
#include "model/ledger.h"

#define MAX_ERRNO	4095

static const __u16 sizes[] = {
	[FACT_RING_CREATE] = sizeof(struct fact_ring),
	[FACT_RING_CLOSE] = sizeof(struct fact_ring),
	[FACT_RING_GONE] = sizeof(struct fact),
	[FACT_CALL] = sizeof(struct fact_call),
	[FACT_BUFFER] = sizeof(struct fact_buffer),
	[FACT_DROP] = sizeof(struct fact_buffer),
	[FACT_PIN] = sizeof(struct fact_pin),
	[FACT_UNPIN] = sizeof(struct fact_pin),
	[FACT_CHARGE] = sizeof(struct fact_charge),
	[FACT_UNCHARGE] = sizeof(struct fact_charge),
	[FACT_ENTRY] = sizeof(struct fact_entry),
	[FACT_RING] = sizeof(struct fact_ring),
	[FACT_HOLDER] = sizeof(struct fact_holder),
	[FACT_IO_DONE] = sizeof(struct fact_io_named),
	[FACT_CALLER] = sizeof(struct fact_caller),
	[FACT_SETUP] = sizeof(struct fact_setup),
	[FACT_IO_FAILED] = sizeof(struct fact_io_failed),
	[FACT_IN_USE] = sizeof(struct fact_in_use),
	[FACT_IO_NOTICE] = sizeof(struct fact_io_named),
};

size_t fact_min_size(__u32 kind)
{
	return kind < sizeof(sizes) / sizeof(sizes[0]) ? sizes[kind] : 0;
}

#define AT_NS_PID(type)	offsetof(struct type, ns_pid)

static const __u16 ns_pids[] = {
	[FACT_RING_CREATE] = AT_NS_PID(fact_ring),
	[FACT_RING_CLOSE] = AT_NS_PID(fact_ring),
	[FACT_CALL] = AT_NS_PID(fact_call),
	[FACT_BUFFER] = AT_NS_PID(fact_buffer),
	[FACT_DROP] = AT_NS_PID(fact_buffer),
	[FACT_PIN] = AT_NS_PID(fact_pin),
	[FACT_UNPIN] = AT_NS_PID(fact_pin),
	[FACT_CHARGE] = AT_NS_PID(fact_charge),
	[FACT_UNCHARGE] = AT_NS_PID(fact_charge),
	[FACT_HOLDER] = AT_NS_PID(fact_holder),
	[FACT_IO_DONE] = AT_NS_PID(fact_io),
	[FACT_SETUP] = AT_NS_PID(fact_setup),
	[FACT_IO_FAILED] = AT_NS_PID(fact_io),
	[FACT_IN_USE] = AT_NS_PID(fact_in_use),
	[FACT_IO_NOTICE] = AT_NS_PID(fact_io),
};

/* NULL where its kind has none. */
static void *ns_pid_of(const struct fact *f)
{
	size_t at = f->kind < sizeof(ns_pids) / sizeof(ns_pids[0]) ? ns_pids[f->kind] : 0;

	return at && at < f->size ? (char *)f + at : NULL;
}

__u32 fact_ns_pid(const struct fact *f)
{
	const void *at = ns_pid_of(f);
	__u32 ns_pid = 0;

	if (at)
		memcpy(&ns_pid, at, sizeof(ns_pid));
	return ns_pid;
}

void fact_set_ns_pid(struct fact *f, __u32 ns_pid)
{
	void *at = ns_pid_of(f);

	if (at)
		memcpy(at, &ns_pid, sizeof(ns_pid));
}

const char *fact_name(const struct fact *f)
{
	switch (f->kind) {
	case FACT_RING_CREATE:
	case FACT_SETUP:
		return "ring-create";
	case FACT_RING_CLOSE:
		return "ring-close";
	case FACT_BUFFER:
		return "buffer";
	case FACT_DROP:
		return "drop";
	case FACT_IN_USE:
		return "in-use";
	case FACT_PIN:
		return "pin";
	case FACT_UNPIN:
		return "unpin";
	case FACT_CHARGE:
		return "charge";
	case FACT_UNCHARGE:
		return "uncharge";
	case FACT_IO_DONE:
	case FACT_IO_FAILED:
		return "io-done";
	case FACT_IO_NOTICE:
		return "io-notified";
	case FACT_CALL:
		break;
	default:
		return NULL;
	}
	switch (((const struct fact_call *)f)->op) {
	case CALL_UNREGISTER:
		return "unregister";
	case CALL_UPDATE:
		return "update";
	case CALL_CLONE:
		return "clone";
	case CALL_SETUP:
		return "ring-create";
	case CALL_ENTER:
		return "enter";
	default:
		return "register";
	}
}

const char *fact_errno_name(__s64 result)
{
	/* a recording may hold anything */
	const char *name = result < 0 && result >= -MAX_ERRNO ? strerrorname_np(-result) : NULL;

	/* what a signal that restarts the call leaves: not for user space, so without a name */
	return name ? name : result == -512 ? "ERESTARTSYS" : "error";
}

void fact_setup_call(struct fact_call *to, const struct fact_setup *from)
{
	*to = (struct fact_call){
		.h = from->h, .op = CALL_SETUP, .result = from->result, .start_ns = from->start_ns,
		.user = from->user, .mm = from->mm, .user_before_pages = from->user_pages,
		.user_after_pages = from->user_pages, .limit_bytes = from->limit_bytes,
		.charged_uid = from->charged_uid, .fd = -1, .stacks = from->stacks,
		.ns_pid = from->ns_pid, .call_flags = from->call_flags | CALL_F_NO_RING,
	};
	to->h.kind = FACT_CALL;
	to->h.size = sizeof(*to);
}

const char *not_seen_name(unsigned int n)
{
	static const char *const names[NOT_SEEN_NR] = {
		"setup-failures", "refused-calls", "durations", "filtered-calls",
	};

	return names[n];
}

int fact_holder_fd(const struct ledger *l, __u64 id, __u32 pid)
{
	const struct ring *r = ledger_ring(l, id);

	for (size_t i = 0; r && i < r->nr_holders; i++)
		if (r->holders[i].pid == pid && r->holders[i].fd >= 0)
			return r->holders[i].fd;
	return r && r->nr_holders ? r->holders[0].fd : -1;
}

bool fact_user_data(const struct fact_io *f, __u64 *user_data)
{
	const struct fact_io_failed *failed = (const void *)f;
	const struct fact_io_named *named = (const void *)f;
	bool has = f->h.kind == FACT_IO_FAILED ? f->h.size >= sizeof(*failed) :
		   f->io_flags & IO_F_USER_DATA && f->h.size >= sizeof(*named);

	*user_data = !has ? 0 : f->h.kind == FACT_IO_FAILED ? failed->seen.user_data : named->user_data;
	return has;
}

/* Recordings from before .seen have the descriptor only. */
bool fact_args_known(const struct fact_call *c)
{
	return c->seen & SEEN_ARGS || c->fd != -1;
}

bool fact_call_incomplete(const struct fact_call *c)
{
	return c->result < 0 || (c->op == CALL_UPDATE && c->result < c->nr);
}

int fact_fd(const struct ledger *l, const struct fact *f)
{
	const struct fact_call *c = (const void *)f;

	if (f->kind == FACT_RING_CREATE)
		return ((const struct fact_ring *)f)->fd;
	if (f->kind == FACT_CALL && c->fd >= 0 && !(c->call_flags & CALL_F_REG_RING))
		return c->fd;
	return fact_holder_fd(l, f->ring, f->pid);
}
