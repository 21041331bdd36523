// SPDX-License-Identifier: GPL-2.0
/*
 * Why a call failed: for each error an ordered list of tests, each with its evidence. What was
 * not looked at is named as such, and what is left over says what it is not.
 */
#include <abi/limits.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "base/page_size.h"
#include "checks/failure_setup.h"
#include "checks/failure_words.h"

#define STRUCT_BYTES	32U	/* of io_uring_rsrc_register and io_uring_rsrc_update2 */

/* The structure of BUFFERS2 and BUFFERS_UPDATE; false where it is as it should be, or not known. */
static bool explain_structure(struct words *w)
{
	const struct fact_call *c = w->c;

	if (c->op != CALL_REGISTER2 && c->op != CALL_UPDATE)
		return false;
	if (c->seen & SEEN_ARGS && c->nr_args != STRUCT_BYTES)
		SAY(w, "the call's last argument is %u; it takes %u, the size of its structure",
		    c->nr_args, STRUCT_BYTES);
	else if (c->op == CALL_REGISTER2 && c->arg_flags & ~REGISTER_SPARSE)
		SAY(w, "the flags 0x%x of the structure are unknown; IORING_RSRC_REGISTER_SPARSE (1) is, from Linux 5.19",
		    c->arg_flags & ~REGISTER_SPARSE);
	else if (c->seen & SEEN_RESERVED)
		SAY(w, "a reserved field of the argument structure is not 0; clear the structure first");
	else
		return false;
	return true;
}

static void explain_einval(struct words *w)
{
	const struct fact_call *c = w->c;

	if (explain_structure(w))
		return;
	if (!(c->seen & SEEN_ARGS))
		SAY(w, "an argument is refused, but the arguments of this call are not known");
	else if (c->op == CALL_UNREGISTER)
		SAY(w, "unregistering takes a NULL argument and a count of 0");
	else if (!c->nr)
		SAY(w, "the number of entries is 0; give at least one");
	else if (c->op == CALL_UPDATE && (__u64)c->offset + c->nr > c->nr_slots)
		SAY(w, "slots %u to %llu are beyond the table of %u; register a larger one",
		    c->offset, (__u64)c->offset + c->nr - 1, c->nr_slots);
	else if (c->nr > TABLE_MAX_SLOTS)
		SAY(w, "%u entries are more than a table holds: at most 16384, 1024 before Linux 5.13",
		    c->nr);
	else if (w->e && (w->e->state == ENTRY_TOO_LONG || w->e->state == ENTRY_WRAPS))
		explain_entry(w); /* from 7.2, EFAULT before; in each a length that is below 0 */
	else if (c->op == CALL_REGISTER && c->nr > 1024)
		SAY(w, "the kernel refuses the count of %u: before Linux 5.13 a table holds 1024 at most",
		    c->nr);
	else if (c->op == CALL_REGISTER)
		SAY(w, "no cause is seen: not the number of entries, nor a length; it can be an entry that mixes file and anonymous memory, which some kernels refuse");
	else if (c->arg_flags & REGISTER_SPARSE && c->op == CALL_REGISTER2)
		SAY(w, "a sparse table (IORING_RSRC_REGISTER_SPARSE, from Linux 5.19) has entries or tags, or this kernel knows none; leave data and tags NULL");
	else if (c->seen & SEEN_TAGS)
		SAY(w, "not the cause: the structure, the number of entries, a length; what is left is an empty entry (NULL, length 0) that has a tag, which must be 0");
	else
		SAY(w, "no cause is seen: not the structure, the number of entries, nor a length");
}

static void explain_eopnotsupp(struct words *w)
{
	if (w->e)
		explain_entry(w);
	else
		SAY(w, "an entry lies in a file mapping, which this kernel does not register; use anonymous memory or, from Linux 5.14 on, a memfd");
}

void say_more(struct words *w, const char *format, ...)
{
	size_t n = strlen(w->out);
	va_list ap;

	va_start(ap, format);
	vsnprintf(w->out + n, EXPLAIN_LEN - n, format, ap);
	va_end(ap);
}

__s64 failure_errno(const struct fact_call *c, const struct evidence *e)
{
	if (c->result < 0)
		return c->result;
	/* one of them was to blame */
	if (c->seen & SEEN_ENTRIES_LOST)
		return -EFAULT;
	if (!e->entry && c->user && (c->need_pages + c->user_after_pages) * PAGE_BYTES > c->limit_bytes)
		return -ENOMEM;
	return -EFAULT;
}

void explain_call(char out[EXPLAIN_LEN], const struct fact_call *call, const struct evidence *e)
{
	struct fact_call failed = *call, *c = &failed;
	struct words w = { out, c, e->entry, e };

	c->result = failure_errno(call, e);
	if (c->call_flags & CALL_F_UNENTERED) {
		explain_unentered(out, c->seen, c->result);
		return;
	}
	if (c->op == CALL_ENTER) {
		explain_enter(&w);
		return;
	}
	if (c->call_flags & CALL_F_NO_RING && explain_no_ring(&w))
		return;
	if (c->op == CALL_CLONE && explain_clone(&w))
		return;
	if (!w.e && c->seen & SEEN_ENTRIES_LOST &&
	    (c->result == -EFAULT || c->result == -EINVAL || c->result == -EOPNOTSUPP)) {
		SAY(&w, "the cause is not known: what was seen of its entries was lost, most likely as the buffer for events was full; a larger --ring-buffer may keep it");
		return;
	}
	switch (-c->result) {
	case ENOMEM:
		explain_memlock(&w);
		break;
	case EFAULT:
		explain_efault(&w);
		break;
	case EINVAL:
		explain_einval(&w);
		break;
	case EBUSY:
		SAY(&w, "the ring has a table of %u buffers already; unregister it first, or replace slots with IORING_REGISTER_BUFFERS_UPDATE",
		    c->nr_slots);
		break;
	case EOPNOTSUPP:
		explain_eopnotsupp(&w);
		break;
	case ENXIO:
		SAY(&w, "the ring has no buffers registered; register a table first");
		break;
	case EOVERFLOW:
		/* looked at before any entry is */
		if (c->op == CALL_UPDATE && (__u64)c->offset + c->nr > ~0U)
			SAY(&w, "offset %u plus %u slots overflows", c->offset, c->nr);
		else if (e->entry)
			explain_entry(&w);
		else
			SAY(&w, "an entry's base plus its length wraps around the end of the address space");
		break;
	case EEXIST:
		explain_issuer(&w);
		break;
	case EACCES:
		explain_restrictions(&w);
		break;
	case EBADFD:
		SAY(&w, "the ring is in the wrong state for this (IORING_SETUP_R_DISABLED); enable it first");
		break;
	case EINTR:
	case 512: /* ERESTARTSYS */
		SAY(&w, "a signal came while the kernel waited for I/O on these buffers; call again when it is done");
		break;
	default:
		SAY(&w, "%s", strerror(-c->result));
	}
}
