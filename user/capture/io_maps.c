// SPDX-License-Identifier: GPL-2.0
#include <abi/io_overlap.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/clock.h"
#include "base/err.h"
#include "capture/io_details.h"
#include "capture/io_maps.h"
#include "capture/io_rings.h"
#include "capture/io_room.h"
#include "capture/io_shares.h"
#include "capture/io_under_way.h"
#include "model/histogram.h"
#include "fixbuf.skel.h"

#define IDLE_TOTAL	8	/* a process's total is given back after so many quiet rounds */

struct io_reader {
	struct fixbuf_bpf *skel;
	bool by_user_data, in_flight, rows_since;	/* as asked for */
	size_t cpus;
	__u32 nr_cells, nr_hists;
	struct io_cell *cells;		/* the kernel side's */
	struct io_hist *hists;
	struct io_cell *seen;		/* as they were read last: differences are added */
	struct io_hist *seen_hists;
	/* Of each cell: rounds without a change; or it is closed: taken from its ring, not yet free. */
	__u8 *idle;
	bool *closed;
	__u32 taken;			/* cells, as of the last reading */
	__u64 made;			/* the kernel side's io_made then */
	__u64 unplaced;			/* operations in cells that are not of one ring, since the start */
	struct io_rings rings;
	struct io_shares shares;
	struct io_model all, since;	/* rows only */
	struct io_model kept;		/* details of rings that were gone at the last reading */
	struct io_model gone;		/* of those that went since */
	struct io_model last;		/* details as told last in .since */
	bool asked;			/* for .since, ever */
};

static int failed(const char *what)
{
	return err_set(errno, "cannot read the %s from the BPF maps: %s", what,
		       strerror(errno));
}

/* ---- room ------------------------------------------------------------------------ */

/* Sizes a map; one that no program uses must still exist, but not with all its room. */
static void make(struct bpf_map *map, bool used, size_t entries)
{
	bpf_map__set_autocreate(map, true);
	bpf_map__set_max_entries(map, used ? entries : 1);
}

struct io_reader *io_reader_prepare(struct fixbuf_bpf *skel, bool by_user_data, bool in_flight,
				    bool intervals, bool rows_since)
{
	struct io_reader *r = must_alloc(1, sizeof(*r));
	bool details = skel->rodata->io_by_address, by_buffer = skel->rodata->io_by_buffer;
	bool times = skel->rodata->io_latency || skel->rodata->io_sample;
	struct io_room room;

	r->skel = skel;
	r->by_user_data = by_user_data;
	r->in_flight = in_flight;
	r->asked = intervals;
	r->rows_since = rows_since;
	r->cpus = libbpf_num_possible_cpus();
	room = io_room(r->cpus, skel->rodata->io_latency);
	r->nr_cells = room.cells;
	r->nr_hists = room.hists;
	skel->rodata->io_nr_cells = r->nr_cells;
	io_shares_prepare(&r->shares, skel, &room);
	make(skel->maps.io_cells, true, r->nr_cells);
	make(skel->maps.io_claims, true, r->nr_cells);
	make(skel->maps.io_hists, true, r->nr_hists);
	make(skel->maps.io_free_hists, true, r->nr_hists);
	make(skel->maps.io_rings, true, room.rings);
	make(skel->maps.io_enters, skel->rodata->io_by_enter, room.rings);
	make(skel->maps.io_losses, true, 1);
	make(skel->maps.io_starts, times && !by_user_data, IO_START_SETS);
	make(skel->maps.io_evicted_users, times && !by_user_data, IO_START_USERS);
	make(skel->maps.io_overflowed_users, skel->rodata->io_by_overlap, IO_OVERLAP_USERS);
	make(skel->maps.io_buffers, by_buffer, IO_BUFFERS);
	make(skel->maps.io_addresses, details, IO_ADDRESSES);
	make(skel->maps.io_failures, true, IO_FAILURES);
	make(skel->maps.io_marks, true, IO_FAILURES);
	bpf_map__set_autocreate(skel->maps.io_fresh, true);
	make(skel->maps.io_untold, skel->rodata->io_sample, 1);
	skel->rodata->io_nr_ud_starts = room.ud_starts;
	bpf_map__set_autocreate(skel->maps.io_ud_starts, by_user_data);
	bpf_map__set_max_entries(skel->maps.io_ud_starts, room.ud_starts);
	bpf_map__set_autocreate(skel->maps.io_ring_calls, true);
	return r;
}

/* Arrays that may be mapped have whole pages. */
static void *map_array(const struct bpf_map *map, size_t bytes)
{
	size_t page = sysconf(_SC_PAGESIZE);
	void *at = mmap(NULL, (bytes + page - 1) / page * page, PROT_READ | PROT_WRITE, MAP_SHARED,
			bpf_map__fd(map), 0);

	return at == MAP_FAILED ? NULL : at;
}

static void unmap_array(void *at, size_t bytes)
{
	size_t page = sysconf(_SC_PAGESIZE);

	if (at)
		munmap(at, (bytes + page - 1) / page * page);
}

static int free_hist(struct io_reader *r, __u32 index)
{
	return bpf_map_update_elem(bpf_map__fd(r->skel->maps.io_free_hists), NULL, &index, BPF_ANY);
}

int io_reader_start(struct io_reader *r)
{
	r->cells = map_array(r->skel->maps.io_cells, r->nr_cells * sizeof(*r->cells));
	r->hists = map_array(r->skel->maps.io_hists, r->nr_hists * sizeof(*r->hists));
	if (!r->cells || !r->hists)
		return failed("counters");
	r->seen = must_alloc(r->nr_cells, sizeof(*r->seen));
	r->seen_hists = must_alloc(r->nr_hists, sizeof(*r->seen_hists));
	r->idle = must_alloc(r->nr_cells, sizeof(*r->idle));
	r->closed = must_alloc(r->nr_cells, sizeof(*r->closed));
	for (__u32 i = r->skel->rodata->io_latency ? r->nr_hists : 0; i--;)
		if (free_hist(r, i))
			return failed("histograms");
	return io_shares_start(r->skel);
}

/* ---- cells ----------------------------------------------------------------------- */

/* Adds latencies since they were read last; returns their number. */
static __u64 read_hist(struct io_reader *r, const struct io_cell *c, struct io_row *to)
{
	const struct io_hist *h;
	struct io_hist *seen;
	__u64 sum = 0;

	if (!c->hist || c->hist > r->nr_hists)
		return 0;
	h = &r->hists[c->hist - 1];
	seen = &r->seen_hists[c->hist - 1];
	for (unsigned int i = 0; i < HIST_BUCKETS; i++) {
		__u32 now = *(const volatile __u32 *)&h->count[i], new = now - seen->count[i];

		if (!new)
			continue;
		seen->count[i] = now;
		sum += new;
		io_row_add_bucket(to, i, new);
	}
	return sum;
}

static __u64 read_coarse(const struct io_cell *c, const struct io_cell *seen, struct io_row *to)
{
	__u64 sum = 0;

	for (unsigned int i = 0; i < IO_COARSE; i++) {
		__u32 new = c->coarse[i] - seen->coarse[i];

		if (!new)
			continue;
		sum += new;
		io_row_add_coarse(to, i, new);
	}
	return sum;
}

/* What .c has more than .seen. */
static struct io_row gain(const struct io_cell *c, const struct io_cell *seen)
{
	struct io_row row = { .c = {
		.ring = c->ring, .born_ns = c->born_ns, .who = c->who,
		.ops = c->ops - seen->ops, .bytes = c->bytes - seen->bytes,
		.latency_ns = c->latency_ns - seen->latency_ns,
		.errors = (__u32)(c->errors - seen->errors),
		.efaults = (__u32)(c->efaults - seen->efaults),
		.cancelled = (__u32)(c->cancelled - seen->cancelled),
		.shorts = (__u32)(c->shorts - seen->shorts),
		.punts = (__u32)(c->punts - seen->punts),
		.first_ns = c->first_ns, .uid = c->uid, .fd = (__s32)c->fd - 1,
	} };

	row.c.comm = c->comm;
	if (IO_WHO_FIXED(c->who)) {
		row.fixed_ops = row.c.ops;
		row.fixed_bytes = row.c.bytes;
	}
	return row;
}

/* The largest of what is new: exact when it is the largest ever, else known to a bucket. */
static __u64 new_max(const struct io_cell *c, const struct io_cell *seen, const struct io_row *row)
{
	__u64 room[HIST_BUCKETS], top;

	if (c->max_ns > seen->max_ns)
		return c->max_ns;
	top = hist_max(hist_all(row->hist, room));
	return top < c->max_ns ? top : c->max_ns;
}

/* Each word once, however often the compiler would read it: it counts on meanwhile. */
static void copy_cell(struct io_cell *to, const struct io_cell *from)
{
	typedef __u64 __attribute__((may_alias)) word;
	const volatile word *f = (const volatile word *)from;
	word *t = (word *)to;

	_Static_assert(sizeof(*to) % sizeof(*t) == 0, "whole words");
	for (size_t i = 0; i < sizeof(*to) / sizeof(*t); i++)
		t[i] = f[i];
}

/* Of a cell that counts notifications: they go to the row of their sends. */
static void take_as_notices(struct io_row *row)
{
	struct io_row sends = { .c = {
		.ring = row->c.ring, .born_ns = row->c.born_ns, .who = row->c.who & ~IO_WHO_NOTICE,
		.first_ns = row->c.first_ns, .uid = row->c.uid, .fd = row->c.fd, .comm = row->c.comm,
	}, .notices = {
		.count = row->c.ops, .sum_ns = row->c.latency_ns, .max_ns = row->c.max_ns,
		.coarse = row->c.coarse, .hist = row->hist,
	} };

	*row = sends;
}

static void name_unknown(struct io_row *row)
{
	if (!IO_WHO_TGID(row->c.who))
		row->c.comm = (struct comm){ "(others)" };
}

static void read_cell(struct io_reader *r, __u32 i)
{
	struct io_cell now, *seen = &r->seen[i];
	struct io_row row, *to;

	copy_cell(&now, &r->cells[i]);
	/* one that is closed has none, and all else that says whose it is */
	if (seen->ring)
		now.ring = seen->ring;
	row = gain(&now, seen);
	row.c.coarse = read_coarse(&now, seen, &row);
	row.c.timed = row.c.coarse + read_hist(r, &now, &row);
	r->idle[i] = io_counts_some(&row.c) ? 0 : r->idle[i] + (r->idle[i] < 255);
	if (row.c.ring == IO_RING_ANY)
		r->unplaced += row.c.ops;
	if (!r->idle[i]) {
		row.c.max_ns = row.c.timed ? new_max(&now, seen, &row) : 0;
		name_unknown(&row);
		if (row.c.who & IO_WHO_NOTICE)
			take_as_notices(&row);
		to = io_model_row(&r->since, row.c.ring, row.c.born_ns, row.c.who);
		io_row_add(to, &row);
		to = r->rows_since ? NULL : io_model_row(&r->all, row.c.ring, row.c.born_ns, row.c.who);
		if (to)
			io_row_add(to, &row);
	}
	io_row_free(&row);
	*seen = now;
}

static void read_cells(struct io_reader *r)
{
	r->taken = 0;
	r->made = *(volatile __u64 *)&r->skel->bss->io_made;
	for (__u32 i = 0; i < r->nr_cells; i++) {
		if (!r->closed[i] && !__atomic_load_n(&r->cells[i].ring, __ATOMIC_ACQUIRE))
			continue;
		r->taken++;
		read_cell(r, i);
	}
}

size_t io_reader_losers(const struct io_reader *r, struct io_loser **list)
{
	return io_shares_lost(&r->shares, r->skel, list);
}

/* One user may have half, and is to find room before. */
bool io_reader_crowded(const struct io_reader *r)
{
	return r->taken + (*(volatile __u64 *)&r->skel->bss->io_made - r->made) > (r->nr_cells - IO_TOTALS) / 4;
}

/* ---- giving back ------------------------------------------------------------------- */

/*
 * A cell is closed first: no program takes it from then on, and its place is no
 * one's. One that was about to count in it has done so by the next round, when it
 * is read for the last time and freed: nothing is lost, whatever was thought of its ring.
 */
static void close_cell(struct io_reader *r, __u32 i)
{
	__atomic_store_n(&r->cells[i].ring, 0, __ATOMIC_RELEASE);
	r->closed[i] = true;
}

static enum io_table table_of(const struct io_cell *c)
{
	/* a closed one's ring is in .seen alone */
	return c->ring != IO_RING_ANY ? IO_TABLE_CELLS : c->born_ns ? IO_TABLE_OTHERS : IO_TABLE_PROCESSES;
}

static void free_cell(struct io_reader *r, __u32 i)
{
	__u32 hist = r->cells[i].hist, payer = r->cells[i].payer;

	io_shares_give(&r->shares, payer, table_of(&r->seen[i]));
	if (hist && hist <= r->nr_hists) {
		io_shares_give(&r->shares, payer, IO_TABLE_HISTS);
		memset(&r->hists[hist - 1], 0, sizeof(*r->hists));
		memset(&r->seen_hists[hist - 1], 0, sizeof(*r->seen_hists));
		free_hist(r, hist - 1);
	}
	memset(&r->cells[i], 0, sizeof(*r->cells));
	memset(&r->seen[i], 0, sizeof(*r->seen));
	r->closed[i] = false;
	r->idle[i] = 0;
	bpf_map_delete_elem(bpf_map__fd(r->skel->maps.io_claims), &i);
}

static bool is_over(const struct io_reader *r, __u32 i)
{
	const struct io_cell *c = &r->seen[i];

	if (c->ring == IO_RING_ANY)
		return r->idle[i] >= IDLE_TOTAL;
	return !io_rings_find(&r->rings, c->ring, c->born_ns);
}

/* Cells may still know their addresses: that ends here, or when a ring gets one meanwhile. */
static void drop_gone(struct io_reader *r, int rings, const struct ledger *l)
{
	struct fixbuf_bpf__bss *bss = r->skel->bss;

	__atomic_store_n(&bss->io_dropping, 1, __ATOMIC_SEQ_CST);
	io_rings_drop_gone(&r->rings, rings, l, &r->shares);
	__atomic_fetch_add(&bss->io_epoch, IO_EPOCH_STEP, __ATOMIC_SEQ_CST);
	__atomic_store_n(&bss->io_dropping, 0, __ATOMIC_SEQ_CST);
}

int io_reader_tidy(struct io_reader *r, const struct ledger *l)
{
	int rings = bpf_map__fd(r->skel->maps.io_rings), err = io_rings_read(&r->rings, rings);

	if (err)
		return err;
	read_cells(r);
	drop_gone(r, rings, l);
	for (__u32 i = 0; i < r->nr_cells; i++) {
		if (r->closed[i])
			free_cell(r, i);
		else if (r->seen[i].ring && is_over(r, i))
			close_cell(r, i);
	}
	io_rings_fold(&r->rings, &r->all);
	err = io_details_tidy(r->skel, &r->rings, &r->shares, &r->gone);
	io_shares_publish(&r->shares, r->skel);
	return err;
}

/* ---- a reading --------------------------------------------------------------------- */

static int read_losses(struct io_reader *r, struct io_model *all)
{
	struct io_loss *sum = &all->loss;
	struct io_cpu *v = must_alloc(r->cpus, sizeof(*v));
	__u32 zero = 0;
	int err = bpf_map_lookup_elem(bpf_map__fd(r->skel->maps.io_losses), &zero, v);

	for (size_t cpu = 0; !err && cpu < r->cpus; cpu++) {
		for (size_t i = 0; i < sizeof(v->loss) / sizeof(__u64); i++)
			((__u64 *)sum)[i] += ((const __u64 *)&v[cpu].loss)[i];
		all->muted_fixed += v[cpu].muted_fixed;
	}
	free(v);
	sum->no_buffer += r->kept.loss.no_buffer;
	sum->no_address += r->kept.loss.no_address;
	sum->no_cause += r->kept.loss.no_cause;
	return err ? failed("losses") : 0;
}

void *io_maps_array(const struct bpf_map *map, __u32 nr, size_t size)
{
	__u32 *keys = must_alloc(nr, sizeof(*keys)), next;
	void *values = must_alloc(nr, size);

	if (bpf_map_lookup_batch(bpf_map__fd(map), NULL, &next, keys, values, &nr, NULL) &&
	    errno != ENOENT) {
		free(values);
		values = NULL;
	}
	free(keys);
	return values;
}

void io_reader_forget_gone(struct io_reader *r)
{
	io_details_forget(&r->kept);
	io_shares_forget(&r->shares);
}

/* Rows go to .since, which knows them no more; details are the difference to the last time. */
static void tell_since(struct io_reader *r, const struct io_model *all, struct io_model *since)
{
	struct io_model now = { 0 };

	r->asked = true;
	*since = r->since;
	memset(&r->since, 0, sizeof(r->since));
	if (r->rows_since)
		return;
	io_model_lists_between(&r->last, all, since);
	io_details_merge(all, &now);
	io_details_forget(&r->last);
	r->last = now;
}

int io_reader_read(struct io_reader *r, struct io_model *all, struct io_model *since)
{
	struct io_model lists = { 0 };
	int err = io_rings_read(&r->rings, bpf_map__fd(r->skel->maps.io_rings));

	/* what went before a reading is told by it */
	io_details_keep(&r->gone, &r->kept, &r->shares);
	/* before the rows, which count first: so each detail is of a row that is there */
	if (!err)
		err = io_details_read(r->skel, &lists);
	if (!err)
		read_cells(r);
	io_model_copy(&r->all, all);
	all->sees_enters = r->skel->rodata->io_by_enter;
	all->t_ns = clock_now_ns();
	if (!err)
		err = read_losses(r, all);
	all->loss.no_place = r->unplaced;
	if (!err && r->in_flight)
		err = io_under_way_started(r->skel, r->by_user_data, &all->in_flight);
	all->calls_lost = *(volatile __u64 *)&r->skel->bss->io_calls_lost + r->kept.calls_lost;
	io_details_merge(&r->kept, &lists);
	io_details_merge(&lists, all);
	io_details_forget(&lists);
	if (since)
		tell_since(r, all, since);
	else if (!r->asked)
		io_model_free(&r->since); /* let it not grow */
	return err;
}

void io_reader_free(struct io_reader *r)
{
	if (!r)
		return;
	unmap_array(r->cells, r->nr_cells * sizeof(*r->cells));
	unmap_array(r->hists, r->nr_hists * sizeof(*r->hists));
	free(r->seen);
	free(r->seen_hists);
	free(r->idle);
	free(r->closed);
	io_rings_free(&r->rings);
	io_shares_free(&r->shares);
	io_model_free(&r->all);
	io_model_free(&r->since);
	io_details_forget(&r->kept);
	io_details_forget(&r->gone);
	io_details_forget(&r->last);
	free(r);
}
