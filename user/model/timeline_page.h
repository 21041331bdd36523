/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the page of report --html draws, collected from a recording. Bounded,
 * however long that is: lines get coarser, lists end and say what they left.
 */
#ifndef FIXBUF_MODEL_TIMELINE_PAGE_H
#define FIXBUF_MODEL_TIMELINE_PAGE_H

#include <abi/hist.h>
#include "base/hash_table.h"
#include "model/selection.h"
#include "model/timeline.h"

#define PAGE_LIVES	20000
#define PAGE_RINGS	5000
#define PAGE_CALLS	5000
#define PAGE_POINTS	2048
#define PAGE_ALL_POINTS	131072	/* of all accounts together, unless there are thousands */
#define PAGE_FEW_POINTS	64
#define PAGE_COLUMNS	240
#define PAGE_BUFFERS	64	/* with the most I/O */
#define PAGE_PROGRAMS	256

struct page_ring {
	__u32 pid, ns_pid, uid;
	__s32 fd;
	struct comm comm;
};

struct page_life {
	__u32 ring;		/* timeline_ring.number */
	__u32 slot, folio_shift;
	bool ended, older;
	__u64 from_ns, to_ns;
	__u64 addr, len_bytes, charged_pages, ops;
	__u64 bins[LIFE_BINS];
};

/* One that did not fail: of those that did the page tells kinds. */
struct page_call {
	__u64 t_ns, duration_ns;	/* duration 0 = not known */
	__u64 bytes;			/* registered by it */
	__u32 pid, ns_pid, call;
	struct comm comm;
	const char *kind;
};

struct page_point {
	__u64 t_ns;
	__s64 pages;			/* the most until the next point */
};

/* A user, or a process: whatever accounts the kernel had for it one after the other. */
struct page_account {
	__u64 who;
	bool is_mm;
	__u32 uid, pid, ns_pid;
	struct comm comm;
	__u64 limit_bytes;
	__s64 peak_pages;
	struct page_point *points;	/* owned */
	size_t nr;
	UT_hash_handle hh;
};

enum page_kind { PAGE_FIXED, PAGE_PLAIN, NR_PAGE_KINDS };
/* What moves data. Others, timeouts among them, cannot be compared. */
enum page_op { PAGE_READ, PAGE_WRITE, PAGE_SEND, PAGE_RECV, NR_PAGE_OPS };

struct page_io {
	__u64 ops, timed, coarse, max_ns;	/* as in struct io_counts */
	__u64 hist[HIST_BUCKETS];
};

/* I/O of all processes of one name that goes the same way: only that is compared. */
struct page_program {
	struct comm comm;
	enum page_op op;
	struct page_io io[NR_PAGE_KINDS];
};

/* The I/O of an interval. */
struct page_column {
	__u64 from_ns, to_ns;
	struct page_io io[NR_PAGE_KINDS];
};

struct page_held {
	__u64 buf, slots, len_bytes;
	UT_hash_handle hh;
};

struct page_gap {
	__u64 from_ns, to_ns, lost;		/* .lost 0: it was not recorded */
};

struct page {
	struct timeline *timeline;		/* until page_conclude() */
	const struct selection *select;
	const struct origin *about;	/* of the last part */
	__u64 begin_ns, end_ns;			/* of the axis: events may come after the watch ended */
	__u64 recorded_ns, unrecorded_ns;	/* all parts together; between them */
	__s64 realtime_ns;			/* of the first part */
	char boot_id[40];			/* the same */
	__u64 part_ns;				/* when the part began, on the axis */
	__s64 later_ns;				/* the part's clock is so much behind that of the first */
	bool ended, cut_off;	/* the last part; one of them before its end */
	bool io_seen;
	__u64 facts, lost, left_out, buffers, older_buffers, calls_nr, calls_failed;
	struct page_held *held;			/* owned: buffers that slots hold */
	__u64 registered_bytes, peak_registered_bytes; /* of those, each once */
	unsigned int looks;			/* parts that began */
	__s64 peak_charged_pages;
	struct page_ring *rings;		/* owned, as all lists; [number - 1] */
	size_t nr_rings;
	struct page_life *lives;
	size_t nr_lives;
	struct page_call *calls;
	size_t nr_calls;
	__u64 rings_nr;
	__u64 calls_left, lives_left;		/* out */
	struct page_account *accounts;		/* owned, by .who */
	struct page_program *programs;
	size_t nr_programs;
	bool programs_left;			/* out: some found no place */
	struct page_column *columns;
	size_t nr_columns;
	struct page_io total[NR_PAGE_KINDS];
	struct page_gap *gaps;
	size_t nr_gaps;
};

/* As timeline_new(). */
struct page *page_new(const struct selection *select);
/* What the recording told next. */
void page_event(struct page *p, const struct event *t);
/* After the last: what still lives. */
void page_conclude(struct page *p);
void page_free(struct page *p);

#endif
