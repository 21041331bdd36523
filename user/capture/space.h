/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The address space that a buffer's pages are compared with: the very mm that
 * they have to lie in, whatever becomes of the process meanwhile.
 */
#ifndef FIXBUF_CAPTURE_SPACE_H
#define FIXBUF_CAPTURE_SPACE_H

#include "model/ledger.h"

struct pagemap;
struct walk_bpf;
struct space;

/* Whose addresses: a process as /proc has it (0: nobody's), and the mm that it has to have. */
struct whose {
	__u32 pid;
	__u64 mm;	/* 0: the one that it has now, believed if it is the ring's or shows a page */
	bool no_pins;	/* nothing was ever pinned in it */
};

/* Switches its programs on, before kern_load(). */
struct space *space_prepare(struct walk_bpf *skel);
void space_free(struct space *s);
/* Memory of our own is pinned: learns from it how an address space tells so. */
void space_learn_pinned(struct space *s, const struct pagemap *own);

/*
 * Opens the process's address space if it is the one that it has to be;
 * otherwise none is. Called for each buffer: what was read before is forgotten,
 * and .end is up to where reading ahead makes sense. Mappings are read for so long for one payer.
 */
void space_enter(struct space *s, struct whose whose, __u32 payer, __u64 end);
/* The one that is open, to read ahead in (capture/pagemap.h); NULL = none. */
struct pagemap *space_pagemap(const struct space *s);
/* An open descriptor keeps the struct mm_struct: not beyond a pass. */
void space_leave(struct space *s);
/* The one that is open, 0 = none. */
__u64 space_mm(const struct space *s);
/*
 * Pages, since space_enter(), that show other memory than what is pinned, and what is pinned may be
 * in several address spaces: it is a file's, or was not looked at. Private memory that is pinned
 * is in one, as fork copies it at once: from 70e806e4e645 ("mm: Do early cow for pinned pages
 * during fork() for ptes"), 5.9, and 4eae4efa2c29 ("hugetlb: do early cow when page pinned on src
 * mm"), 5.12.
 */
__u64 space_shared(const struct space *s);
/* Where the heap of the one that is open is (base/maps.h); false = it has none, or it is not known. */
bool space_heap(struct space *s, __u64 *start, __u64 *end);
/* Times that it may not look into an address space since the start. */
__u64 space_denials(const struct space *s);

/*
 * Sets .mapping of .nr single pages, PEEK_CHUNK at most, mostly of rising
 * addresses: what each address shows against .pfn. The kernel's struct pages
 * begin at .pages_at, .page_size bytes each. 0, or -errno with a sentence.
 */
int space_look(struct space *s, struct extent *pages, size_t nr, __u64 pages_at, __u32 page_size);

#endif
