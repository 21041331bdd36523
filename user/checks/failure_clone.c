// SPDX-License-Identifier: GPL-2.0
/*
 * Why a clone of a table was refused, in the order in which the kernel looks at it
 * (io_register_clone_buffers). The source is looked at when the call has returned.
 */
#include <abi/limits.h>
#include <errno.h>
#include <stdio.h>
#include "base/fmt.h"
#include "checks/failure_words.h"

#define SRC_REGISTERED	1U	/* IORING_REGISTER_SRC_REGISTERED, 6.12 */
#define DST_REPLACE	2U	/* IORING_REGISTER_DST_REPLACE, 6.13 */

/* "descriptor 7", "registered index 3" */
static const char *source(char buf[FMT_LEN], const struct fact_call *c)
{
	if (c->arg_flags & SRC_REGISTERED)
		snprintf(buf, FMT_LEN, "registered index %u", c->src_fd);
	else
		snprintf(buf, FMT_LEN, "descriptor %d", (__s32)c->src_fd);
	return buf;
}

static bool is_itself(const struct fact_call *c)
{
	return c->src_ring && c->src_ring == c->h.ring;
}

static void explain_source(struct words *w)
{
	const struct fact_call *c = w->c;
	char name[FMT_LEN], setup[FAILED_SETUP_LEN];

	if (!(c->seen & SEEN_STRUCT))
		SAY(w, "the source is not open or is no io_uring; which of them was not looked at");
	else if (c->seen & SEEN_SRC_NONE && c->arg_flags & SRC_REGISTERED)
		SAY(w, "this thread has registered no ring with index %u, which the call names as its source (IORING_REGISTER_SRC_REGISTERED)",
		    c->src_fd);
	else if (c->seen & SEEN_SRC_NONE)
		SAY(w, "the source, descriptor %d, is not open%s", (__s32)c->src_fd,
		    failed_setup(setup, c->src_fd));
	else if (c->seen & SEEN_SRC_OTHER)
		SAY(w, "the source, %s, is not an io_uring; name the ring whose buffers are to be shared",
		    source(name, c));
	else
		SAY(w, "the source, %s, could not be used as an io_uring during the call%s",
		    source(name, c), c->seen & SEEN_SRC ? ", but stands for one now" : "");
}

/* False where the structure is as this kernel wants it. */
static bool explain_fields(struct words *w)
{
	const struct fact_call *c = w->c;
	bool ranges = c->seen & SEEN_KNOWS_RANGES;
	__u32 unknown = c->arg_flags & ~(SRC_REGISTERED | (ranges ? DST_REPLACE : 0));

	if (c->seen & SEEN_ARGS && !c->arg)
		SAY(w, "the pointer to the argument structure is NULL; pass the structure's address");
	else if (c->seen & SEEN_ARGS && c->nr_args != 1)
		SAY(w, "the call's last argument is %u; a clone takes 1, the number of its structures",
		    c->nr_args);
	else if (!(c->seen & SEEN_STRUCT))
		return false;
	else if (unknown == DST_REPLACE)
		SAY(w, "this kernel does not know IORING_REGISTER_DST_REPLACE, which takes Linux 6.13; unregister the target's table first");
	else if (unknown)
		SAY(w, "the flags 0x%x are unknown; this kernel knows IORING_REGISTER_SRC_REGISTERED (1)%s",
		    unknown, ranges ? " and IORING_REGISTER_DST_REPLACE (2)" : "");
	else if (c->seen & SEEN_RESERVED)
		SAY(w, "a reserved field (pad) of the argument structure is not 0; clear the structure first");
	else if (!ranges && (c->nr || c->offset || c->src_offset))
		SAY(w, "this kernel clones whole tables: src_off, dst_off and nr must be 0; ranges take Linux 6.13");
	else
		return false;
	return true;
}

static void explain_clone_einval(struct words *w)
{
	const struct fact_call *c = w->c;
	char name[FMT_LEN];

	if (explain_fields(w))
		return;
	if (!(c->seen & SEEN_STRUCT))
		SAY(w, "an argument is refused, but the arguments of this call are not known");
	else if (c->arg_flags & SRC_REGISTERED && c->src_fd >= MAX_REGISTERED)
		SAY(w, "the source's index %u is beyond the %u rings that a thread can register",
		    c->src_fd, MAX_REGISTERED);
	else if (c->arg_flags & SRC_REGISTERED && c->seen & SEEN_SRC_NONE)
		SAY(w, "this thread has registered no rings, but the call names index %u as its source (IORING_REGISTER_SRC_REGISTERED)",
		    c->src_fd);
	else if (c->seen & SEEN_SRC_USER)
		SAY(w, "the source, %s, is charged to another user than the target; make both rings as one user, with or without CAP_IPC_LOCK",
		    source(name, c));
	else if (c->seen & SEEN_SRC_MM)
		SAY(w, "the source, %s, was made by another process than the target; a clone takes rings of one address space",
		    source(name, c));
	else if (!c->nr && (c->offset || c->src_offset))
		SAY(w, "nr is 0 (all), but the offsets are %u (source) and %u (target); give the number of slots with them",
		    c->src_offset, c->offset);
	else if (c->src_ring && c->nr > c->src_slots)
		SAY(w, "it asks for %u slots, but the source, %s, has a table of %u",
		    c->nr, source(name, c), c->src_slots);
	else if ((__u64)c->offset + c->nr > TABLE_MAX_SLOTS)
		SAY(w, "slots %u to %llu of the target are beyond the %u that a table can have",
		    c->offset, (__u64)c->offset + c->nr - 1, TABLE_MAX_SLOTS);
	else
		SAY(w, "no cause is seen; not the cause are its flags, reserved fields and ranges%s",
		    c->seen & SEEN_SRC ? ", and the user and address space of the source" :
		    "; the source was not looked at");
}

static void explain_clone_overflow(struct words *w)
{
	const struct fact_call *c = w->c;
	char name[FMT_LEN];
	__u64 end = (__u64)c->src_offset + c->nr;

	if (c->src_ring && end > c->src_slots)
		SAY(w, "slots %u to %llu of the source are beyond its table of %u (%s)",
		    c->src_offset, end - 1, c->src_slots, source(name, c));
	else if ((__u64)c->offset + c->nr > ~0U)
		SAY(w, "offset %u of the target plus %u slots overflows", c->offset, c->nr);
	else
		SAY(w, "the slots asked for are beyond the source's table%s",
		    c->src_ring ? " as it was during the call" : ", which was not looked at");
}

static void explain_clone_busy(struct words *w)
{
	const struct fact_call *c = w->c;

	if (is_itself(c))
		SAY(w, "source and target are the same ring, whose table of %u buffers is there already; name another ring as the source",
		    c->nr_slots);
	else if (c->seen & SEEN_KNOWS_RANGES)
		SAY(w, "the target ring has a table of %u buffers already; unregister it first, or clone with IORING_REGISTER_DST_REPLACE",
		    c->nr_slots);
	else
		SAY(w, "the target ring has a table of %u buffers already; unregister it first",
		    c->nr_slots);
}

bool explain_clone(struct words *w)
{
	const struct fact_call *c = w->c;
	char name[FMT_LEN];

	switch (-c->result) {
	case EBADF:
	case EOPNOTSUPP:
		explain_source(w);
		return true;
	case EBADFD:
		if (!(c->seen & (SEEN_SRC_NONE | SEEN_SRC_OTHER)))
			return false;
		explain_source(w);
		return true;
	case EINVAL:
		explain_clone_einval(w);
		return true;
	case EOVERFLOW:
		explain_clone_overflow(w);
		return true;
	case EBUSY:
		explain_clone_busy(w);
		return true;
	case ENXIO:
		if (is_itself(c))
			SAY(w, "source and target are the same ring, and it has no buffers registered; name another ring as the source");
		else if (c->seen & SEEN_STRUCT)
			SAY(w, "the source ring, %s, has no buffers registered; register them first",
			    source(name, c));
		else
			SAY(w, "the source ring has no buffers registered; register them first");
		return true;
	case EEXIST:
		if (!(c->seen & SEEN_SRC_ISSUER))
			return false;
		SAY(w, "the source ring, %s, is IORING_SETUP_SINGLE_ISSUER and belongs to another thread or process; %s",
		    source(name, c), c->seen & SEEN_SRC_MM ?
		    "it was made by another process than the target, too, and a clone takes rings of one address space" :
		    "clone from the one that submits to it");
		return true;
	}
	return false;
}
