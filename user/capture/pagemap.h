/* SPDX-License-Identifier: GPL-2.0 */
/* What a process's addresses show now: /proc/PID/pagemap. */
#ifndef FIXBUF_CAPTURE_PAGEMAP_H
#define FIXBUF_CAPTURE_PAGEMAP_H

#include <stddef.h>
#include "capture/backing.h"

#define PAGEMAP_AHEAD	128
#define PAGEMAP_SMALL	8	/* pages */

struct pagemap;

/*
 * The address space that the process has now; once open it stays that one,
 * also when the process calls exec or ends. NULL when the process is gone or
 * cannot be looked into (errno says which; EAGAIN: it keeps us waiting, base/patient.h).
 */
struct pagemap *pagemap_open(__u32 pid);
void pagemap_close(struct pagemap *pm);
int pagemap_fd(const struct pagemap *pm);

/*
 * What .addr (page aligned) shows against the frame .pfn; with SHOWN_OTHER
 * the frame that is there in *other. Reads ahead: cheap when called with
 * rising addresses.
 */
enum shown pagemap_shows(struct pagemap *pm, __u64 addr, __u64 pfn, __u64 *other);
/* Forgets what was read ahead; from now on reads ahead up to .end only. */
void pagemap_renew(struct pagemap *pm, __u64 end);
/*
 * Whether to call pagemap_read_ahead() now, with at most PAGEMAP_AHEAD places of at most PAGEMAP_SMALL
 * pages (.end is not included) that will be looked at one after the other, pagemap_renew() before each.
 * Where a read takes a turn of a thread (base/patient.h) that is one for all of them. What was read
 * like that counts only where it shows the frame that was asked for.
 */
struct pagemap_place {
	__u64 page, end;
};
bool pagemap_wants_ahead(const struct pagemap *pm);
void pagemap_read_ahead(struct pagemap *pm, const struct pagemap_place *places, size_t nr);
/* Whether the address space is still there at this moment: one that is being torn down is not. */
bool pagemap_alive(struct pagemap *pm);

/* The frame at .addr; 0 when none is mapped or the kernel hides it (CAP_SYS_ADMIN). */
__u64 pagemap_frame(struct pagemap *pm, __u64 addr);

#endif
