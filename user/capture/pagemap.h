/* SPDX-License-Identifier: GPL-2.0 */
/* What a process's addresses show now: /proc/PID/pagemap and /proc/PID/maps. */
#ifndef FIXBUF_CAPTURE_PAGEMAP_H
#define FIXBUF_CAPTURE_PAGEMAP_H

#include "model/ledger.h"

struct pagemap;

/* NULL when the process is gone or cannot be looked into (errno says which). */
struct pagemap *pagemap_open(__u32 pid);
void pagemap_close(struct pagemap *pm);

/*
 * How .addr (page aligned) is mapped against the frame .pfn. Reads ahead: cheap
 * when called with rising addresses. Addresses that a file or shared mapping
 * backs and that are not mapped at the moment are MAPPING_UNKNOWN: the next
 * touch brings the same page back.
 */
enum mapping pagemap_compare(struct pagemap *pm, __u64 addr, __u64 pfn);
/* Forgets what was read ahead; from now on reads ahead up to .end only. */
void pagemap_renew(struct pagemap *pm, __u64 end);

/* The frame at .addr; 0 when none is mapped or the kernel hides it (CAP_SYS_ADMIN). */
__u64 pagemap_frame(struct pagemap *pm, __u64 addr);

#endif
