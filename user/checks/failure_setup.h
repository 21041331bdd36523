/* SPDX-License-Identifier: GPL-2.0 */
/* Why a ring was not made, and what it would have taken. */
#ifndef FIXBUF_CHECKS_FAILURE_SETUP_H
#define FIXBUF_CHECKS_FAILURE_SETUP_H

#include "checks/failure.h"

/* .setup has failed; .e is what capture looked at. */
void explain_setup(char out[EXPLAIN_LEN], const struct fact_setup *setup, const struct evidence *e);

/* A call that was seen to return and not to begin: .seen is the fact's, .result the call's. */
void explain_unentered(char out[EXPLAIN_LEN], __u32 seen, __s64 result);

/* The memory of the ring itself in 4 KiB pages, as this kernel would charge it; 0 = not known. */
__u64 setup_own_pages(const struct fact_setup *setup);
/* Whether IORING_SETUP_CQSIZE asks for fewer completion than submission entries, which is refused. */
bool setup_cq_is_short(const struct fact_setup *setup);

#endif
