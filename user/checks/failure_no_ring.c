// SPDX-License-Identifier: GPL-2.0
/* Why a call did not get as far as a ring: its descriptor, or its operation. */
#include <errno.h>
#include <stdio.h>
#include "checks/failure_words.h"
#include "model/fact.h"

#define MAX_ERRNO	4095

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

/* A number that was not meant as a descriptor: where this kernel takes the index of a ring. */
static const char *as_index(const struct fact_call *c)
{
	return c->seen & SEEN_OTHER_WAY && c->seen & SEEN_KNOWS_INDEX ?
	       "; it is also the index of a ring that this thread has registered, which takes IORING_REGISTER_USE_REGISTERED_RING in the call's operation" : "";
}

const char *failed_setup(char buf[FAILED_SETUP_LEN], __s32 fd)
{
	if (fd == -1)
		return "; did io_uring_setup() fail?";
	if (fd >= 0 || fd < -MAX_ERRNO)
		return "";
	snprintf(buf, FAILED_SETUP_LEN, "; did io_uring_setup() fail with %s?", fact_errno_name(fd));
	return buf;
}

static void explain_closed(struct words *w)
{
	const struct fact_call *c = w->c;
	char setup[FAILED_SETUP_LEN];

	if (!(c->seen & SEEN_ARGS))
		SAY(w, "the descriptor is not open");
	else if (c->call_flags & CALL_F_REG_RING)
		SAY(w, "this thread has registered no ring with index %d%s", c->fd,
		    c->seen & SEEN_OTHER_WAY ?
		    "; the descriptor of that number is open, but IORING_REGISTER_USE_REGISTERED_RING asks for an index" : "");
	else if (c->seen & SEEN_FD && !(c->seen & SEEN_FD_NONE))
		SAY(w, "descriptor %d was not open for use, though it is now: it is O_PATH, or was opened after the call",
		    c->fd);
	else
		SAY(w, "descriptor %d is not open%s", c->fd,
		    c->fd < 0 ? failed_setup(setup, c->fd) : as_index(c));
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
		if (w->c->seen & SEEN_ARGS)
			SAY(w, "descriptor %d is not an io_uring%s", w->c->fd, as_index(w->c));
		else
			SAY(w, "the descriptor is not an io_uring");
		return true;
	}
	return false;
}
