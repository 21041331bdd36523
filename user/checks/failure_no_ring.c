// SPDX-License-Identifier: GPL-2.0
/* Why a call did not get as far as a ring: its descriptor, or its operation. */
#include <errno.h>
#include <stdio.h>
#include "checks/failure_words.h"

static void explain_index(struct words *w)
{
	const struct fact_call *c = w->c;
	__u32 index = c->fd;

	if (c->seen & SEEN_FEATURES && !(c->seen & SEEN_KNOWS_INDEX))
		SAY(w, "this kernel takes no index of a registered ring here (IORING_REGISTER_USE_REGISTERED_RING takes Linux 6.3); pass the ring's descriptor");
	else if (!(c->seen & SEEN_FEATURES))
		SAY(w, "index %u is none of a ring that this thread has registered, or this kernel takes no index here (IORING_REGISTER_USE_REGISTERED_RING takes Linux 6.3), which was not looked at",
		    index);
	else if (index >= MAX_REGISTERED)
		SAY(w, "index %u is beyond the %u rings that a thread can register", index,
		    MAX_REGISTERED);
	else if (c->seen & SEEN_NO_TABLE)
		SAY(w, "this thread has registered no rings, but the call names index %u (IORING_REGISTER_USE_REGISTERED_RING)",
		    index);
	else
		SAY(w, "the call was refused before its ring was looked up; why is not seen");
}

/* The operations that came later than io_uring itself. */
static const char *since(__u32 op)
{
	return op == CALL_CLONE ? "; cloning takes Linux 6.12" :
	       op == CALL_REGISTER2 || op == CALL_UPDATE ? "; it takes Linux 5.13" : NULL;
}

static void explain_refused(struct words *w)
{
	const struct fact_call *c = w->c;

	if (!(c->seen & SEEN_ARGS))
		SAY(w, "the call was refused before its ring was looked up; its arguments are not known");
	else if (c->call_flags & CALL_F_REG_RING)
		explain_index(w);
	else if (c->fd == -1)
		SAY(w, "descriptor -1 is no ring, and this operation takes one; did io_uring_setup() fail?");
	else if (since(c->op))
		SAY(w, "this kernel does not know the operation%s", since(c->op));
	else
		SAY(w, "the call was refused before its ring was looked up; why is not seen");
}

static void explain_closed(struct words *w)
{
	const struct fact_call *c = w->c;

	if (!(c->seen & SEEN_ARGS))
		SAY(w, "the descriptor is not open");
	else if (c->call_flags & CALL_F_REG_RING)
		SAY(w, "this thread has registered no ring with index %d", c->fd);
	else if (c->seen & SEEN_FD && !(c->seen & SEEN_FD_NONE))
		SAY(w, "descriptor %d was not open for use, though it is now: it is O_PATH, or was opened after the call",
		    c->fd);
	else
		SAY(w, "descriptor %d is not open%s", c->fd,
		    c->fd == -1 ? "; did io_uring_setup() fail?" : "");
}

bool explain_no_ring(struct words *w)
{
	switch (-w->c->result) {
	case EINVAL:
		explain_refused(w);
		return true;
	case EBADF:
		explain_closed(w);
		return true;
	case EOPNOTSUPP:
		SAY(w, w->c->seen & SEEN_ARGS ? "descriptor %d is not an io_uring" :
		    "the descriptor is not an io_uring", w->c->fd);
		return true;
	}
	return false;
}
