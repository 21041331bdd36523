/* SPDX-License-Identifier: GPL-2.0 */
/* The mappings behind the entries of a call that failed. */
#ifndef FIXBUF_CAPTURE_PROC_MAPS_H
#define FIXBUF_CAPTURE_PROC_MAPS_H

#include <abi/fact.h>
#include <stddef.h>

/*
 * The entry to blame among those that the kernel side told of this call, NULL
 * when none is. Where it could not look at mappings (before 5.17), /proc/PID
 * is asked and call->need_pages added up.
 */
const struct fact_entry *explain_find_entry(struct fact_call *call, struct fact_entry *entries,
					    size_t nr);
/* The same of what was told alone, without a look. */
const struct fact_entry *explain_told_entry(const struct fact_entry *entries, size_t nr);

#endif
