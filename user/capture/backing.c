// SPDX-License-Identifier: GPL-2.0
#include "base/page_size.h"
#include "capture/backing.h"

/* Documentation/admin-guide/mm/pagemap.rst */
#define PM_PRESENT	(1ULL << 63)
#define PM_SWAP		(1ULL << 62)
#define PM_GUARD	(1ULL << 58)	/* "fs/proc/task_mmu: add guard region bit to pagemap", 6.15 */
#define PM_FRAME	((1ULL << 55) - 1)
/* of an entry that is not present: the low five bits are its type */
#define PM_TYPE(e)	((e) & 31)
#define PM_OFFSET(e)	(((e) & PM_FRAME) >> 5)

/* include/linux/swap.h: the last type; 7c53dfbdb024 "mm: add PTE_MARKER_GUARD PTE marker", 6.13 */
#define TYPE_MARKER	31
#define NR_SWAP_TYPES	23	/* no kernel has room for fewer files and disks to swap to; others follow */
#define MARKER_GUARD	4
#define MARKER_POISON	2	/* af19487f00f3 "mm: make PTE_MARKER_SWAPIN_ERROR more general", 6.6 */

enum shown shown_by_entry(__u64 e, __u64 pfn, __u64 *other)
{
	if (e & PM_PRESENT) {
		if ((e & PM_FRAME) == pfn)
			return SHOWN_SAME;
		*other = e & PM_FRAME;
		return SHOWN_OTHER;
	}
	if (e & PM_GUARD)
		return SHOWN_GUARD;
	if (!(e & PM_SWAP))
		return SHOWN_NOTHING;
	if (PM_TYPE(e) < NR_SWAP_TYPES)
		return SHOWN_SWAPPED;
	if (PM_TYPE(e) != TYPE_MARKER)
		return SHOWN_UNKNOWN;
	/* one alone is userfaultfd's, of a place that is protected though no page is there */
	return PM_OFFSET(e) & MARKER_GUARD ? SHOWN_GUARD :
	       PM_OFFSET(e) & MARKER_POISON ? SHOWN_POISON : SHOWN_NOTHING;
}

static bool is_shared(const struct map *m)
{
	return m->perms[3] == 's';
}

/* fork() gives the child's copy an anon_vma of its own below the parent's. */
static bool is_copy(const struct backing *a, const struct backing *b)
{
	return a->flags & b->flags & BACKING_F_ANON && a->anon_root && a->anon != b->anon &&
	       a->anon_root == b->anon_root && a->index + a->tail == b->index + b->tail;
}

/* Whether the mapping would bring the page back: same file, same place in it. */
static bool is_place_of(const struct evidence *e)
{
	const struct backing *b = &e->pinned;
	__u64 index = (e->map->offset + e->addr - e->map->start) >> PAGE_SHIFT;

	return e->map->inode == b->inode &&
	       (index == b->index + b->tail ||
		(e->huge_is_one && index == (b->index << b->order) + b->tail));
}

/* A touch is SIGBUS then. */
static bool is_behind_end(const struct evidence *e)
{
	__u64 at = e->map->offset + e->addr - e->map->start;

	return e->file_bytes >= 0 && at >= (__u64)e->file_bytes;
}

static enum mapping taken_out_of_file(const struct evidence *e)
{
	return is_behind_end(e) ? MAPPING_TRUNCATED : MAPPING_PUNCHED;
}

static enum mapping judge_other(const struct evidence *e)
{
	const struct backing *b = &e->pinned;

	if (is_copy(b, &e->there))
		return MAPPING_COPIED;
	/* given up by its file, which has another page there since */
	if (!(b->flags & ~BACKING_F_MAPPED) && e->map && is_shared(e->map) && e->there.flags & BACKING_F_FILE)
		return taken_out_of_file(e);
	return MAPPING_STALE;
}

/* Nothing is written to it that would be copied. */
static bool is_read_only(const struct map *m)
{
	return m->perms[1] != 'w';
}

/* Nothing is present at an address that is mapped. */
static enum mapping judge_absent(const struct evidence *e)
{
	const struct backing *b = &e->pinned;
	/* whatever its inode: that of the first System V segment of a namespace is 0 */
	bool file = is_shared(e->map);

	if (b->flags & BACKING_F_UNREADABLE)
		return MAPPING_UNKNOWN;
	/* what is cut off a file goes from private mappings, too, copied on write or not */
	if (b->flags & BACKING_F_ANON)
		return is_shared(e->map) ? MAPPING_STALE :
		       is_behind_end(e) ? MAPPING_TRUNCATED : MAPPING_DROPPED;
	/*
	 * A file's page: the address may be empty, after fork() or reclaim, and get it back. A private
	 * mapping does, too: only what the program writes there later is copied, and seen as such.
	 */
	if (b->flags & BACKING_F_FILE) {
		/* overlayfs shows another device and inode than the page's */
		if (e->map->major != b->dev_major || e->map->minor != b->dev_minor)
			return file || is_read_only(e->map) ? MAPPING_UNKNOWN : MAPPING_STALE;
		if (!is_place_of(e))
			return MAPPING_STALE;
		/* a large folio that is pinned is not split, it keeps what was cut off */
		return is_behind_end(e) ? MAPPING_TRUNCATED : MAPPING_SAME;
	}
	/* before 6.5 reclaim takes pinned pages of tmpfs into the swap cache, and from there back */
	if (b->flags & BACKING_F_SWAPCACHE)
		return MAPPING_UNKNOWN;
	return file ? taken_out_of_file(e) : MAPPING_STALE;
}

/*
 * A page of memory that was swapped out belongs there. It is not the pinned one, unless that is in
 * the swap cache: before 5.17 reclaim takes pinned anonymous pages there, and back.
 */
static enum mapping judge_swapped(const struct evidence *e)
{
	return e->pinned.flags & (BACKING_F_UNREADABLE | BACKING_F_SWAPCACHE) ? MAPPING_UNKNOWN :
	       MAPPING_STALE;
}

enum mapping backing_judge(const struct evidence *e)
{
	switch (e->shown) {
	case SHOWN_SAME:
		return MAPPING_SAME;
	case SHOWN_OTHER:
		return judge_other(e);
	case SHOWN_GUARD:
		return MAPPING_GUARDED;
	case SHOWN_POISON:
		return MAPPING_POISONED;
	case SHOWN_NOTHING:
		if (e->map)
			return judge_absent(e);
		if (!(e->pinned.flags & BACKING_F_MAPPED))
			return MAPPING_NONE;
		return e->no_pins ? MAPPING_OTHERS : MAPPING_MOVED;
	case SHOWN_SWAPPED:
		return judge_swapped(e);
	case SHOWN_UNKNOWN:
		break;
	}
	return MAPPING_UNKNOWN;
}

bool mapping_is_other(enum mapping m)
{
	return m != MAPPING_UNKNOWN && m != MAPPING_SAME && m != MAPPING_NONE && m != MAPPING_MOVED &&
	       m != MAPPING_OTHERS;
}
