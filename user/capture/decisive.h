/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whose view of a buffer counts, where several processes hold its ring: theirs who use it. Nothing
 * here reads anything.
 *
 * The kernel keeps the address space that made a ring, not the one that registered a buffer. That one
 * has pinned memory, which fork and exec do not hand on. So:
 * - the maker is believed while it holds the ring and has pinned memory: what others have at these
 *   addresses is their own affair. It is overruled only by one who may have registered the buffer as
 *   well, and has private memory: that is in one address space alone;
 * - one who has never pinned anything, or has nothing mapped there, makes no fault of it as long as
 *   one who holds the ring sees what is pinned; nor does one who never submitted to the ring;
 * - where only one who cannot use the ring sees what is pinned, those are told who do use it;
 * - where it could be either's, it is contested: no view is right.
 */
#ifndef FIXBUF_CAPTURE_DECISIVE_H
#define FIXBUF_CAPTURE_DECISIVE_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

enum submits { SUBMITS_UNKNOWN, SUBMITS_NOT, SUBMITS };

/* What one address space shows of a buffer. */
struct view {
	__u64 same;		/* pages that show what is pinned */
	bool all;		/* each does */
	bool unseen;		/* none could be looked at */
	bool other;		/* some show other memory, */
	bool shared;		/* and what is pinned may be in several address spaces */
	bool maker;		/* it made the ring */
	bool holds;		/* it can use the ring */
	bool may_have;		/* it may have registered the buffer */
	enum submits submits;
	bool ended;		/* nobody has it any more: no process that has it was found */
	bool passes_by;		/* it was forked just now, and may call exec; or nobody can submit any more */
};

/* Which of .nr views, one or more, is to be told. *contested: none, and it shows what is pinned. */
size_t decisive_view(const struct view *views, size_t nr, bool *contested);
/* Whether this one is, unless there is one that may doubt it: a view of another is of no use. */
bool view_decides(const struct view *v);
bool view_may_doubt(const struct view *v);
/*
 * Whether the view that is told is of nobody who registered the buffer or goes on with the ring: a child
 * between fork and exec, whose parent has ended, or one that has nothing but a mapping of it.
 */
bool view_is_bystanders(const struct view *v);
/* Whether one who has this view may do I/O through the buffer. */
bool view_may_use(const struct view *v);

#endif
