// SPDX-License-Identifier: GPL-2.0
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/clock.h"
#include "base/err.h"
#include "capture/io_maps.h"
#include "model/histogram.h"
#include "fixbuf.skel.h"

/* Of bpf/io_count.h's struct io_cpu: the same. */
struct io_cpu_value {
	struct io_loss loss;
	__u64 hists, free_hist;
};

struct reader {
	struct fixbuf_bpf *skel;
	struct io_model *m;
	size_t cpus;
	__u32 *owner;		/* [cpu][hist]: 1 + row */
};

static int failed(const char *what)
{
	return err_set(errno, "cannot read the %s from the BPF maps: %s", what,
		       strerror(errno));
}

static int read_losses(struct reader *r)
{
	struct io_cpu_value *v = must_alloc(r->cpus, sizeof(*v));
	__u32 zero = 0;
	int err = bpf_map_lookup_elem(bpf_map__fd(r->skel->maps.io_losses), &zero, v);

	for (size_t cpu = 0; !err && cpu < r->cpus; cpu++) {
		__u64 *sum = (__u64 *)&r->m->loss;
		const __u64 *more = (const __u64 *)&v[cpu].loss;

		for (size_t i = 0; i < sizeof(v->loss) / sizeof(*sum); i++)
			sum[i] += more[i];
	}
	free(v);
	return err ? failed("losses") : 0;
}

static void add_cell(struct reader *r, const struct io_cell *c, size_t cpu)
{
	struct io_row one = { .c = *c }, *row;

	if (!c->ring)
		return;
	if (IO_WHO_FIXED(c->who)) {
		one.fixed_ops = c->ops;
		one.fixed_bytes = c->bytes;
	}
	row = io_model_row(r->m, c->ring, c->who);
	io_row_add(row, &one);
	if (c->hist && c->hist <= IO_HISTS)
		r->owner[cpu * IO_HISTS + c->hist - 1] = 1 + (row - r->m->rows);
}

/*
 * Only places where some CPU has a cell: on a machine of many processors the
 * whole array is megabytes. Given back by all, a place is looked at no more.
 */
static int read_cells(struct reader *r)
{
	struct io_cell *v = must_alloc(r->cpus, sizeof(*v));
	volatile __u8 *taken = r->skel->bss->io_cells_taken;
	int fd = bpf_map__fd(r->skel->maps.io_cells), err = 0;

	for (__u32 i = 0; !err && i < IO_CELLS; i++) {
		bool any = false;

		if (!taken[i])
			continue;
		/* before the look: who takes a cell after it says so after this */
		taken[i] = 0;
		err = bpf_map_lookup_elem(fd, &i, v);
		for (size_t cpu = 0; !err && cpu < r->cpus; cpu++) {
			add_cell(r, &v[cpu], cpu);
			any |= v[cpu].ring != 0;
		}
		if (any || err)
			taken[i] = 1;
	}
	free(v);
	return err ? failed("counters") : 0;
}

static void add_hists(struct reader *r, __u32 index, const struct io_hist *v)
{
	for (size_t cpu = 0; cpu < r->cpus; cpu++) {
		__u32 owner = r->owner[cpu * IO_HISTS + index];

		if (!owner)
			continue;
		io_model_add_hist(&r->m->rows[owner - 1], v[cpu].count);
		r->m->rows[owner - 1].c.timed += hist_total(v[cpu].count);
	}
}

static bool is_owned(const struct reader *r, __u32 index)
{
	for (size_t cpu = 0; cpu < r->cpus; cpu++)
		if (r->owner[cpu * IO_HISTS + index])
			return true;
	return false;
}

static int read_hists(struct reader *r)
{
	struct io_hist *v = must_alloc(r->cpus, sizeof(*v));
	int fd = bpf_map__fd(r->skel->maps.io_hists), err = 0;

	for (__u32 i = 0; !err && i < IO_HISTS; i++) {
		if (!is_owned(r, i))
			continue;
		err = bpf_map_lookup_elem(fd, &i, v);
		if (!err)
			add_hists(r, i, v);
	}
	free(v);
	return err ? failed("histograms") : 0;
}

/* All values of an array in one call, to be freed; NULL with errno. */
static void *read_array(const struct bpf_map *map, __u32 nr, size_t size)
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

static int read_in_flight(struct reader *r, enum io_starts starts)
{
	bool by_user_data = starts == IO_STARTS_BY_USER_DATA;
	void *values = by_user_data ?
		read_array(r->skel->maps.io_ud_starts, IO_UD_STARTS, sizeof(struct io_ud_start)) :
		read_array(r->skel->maps.io_starts, IO_START_SETS, sizeof(struct io_start_set));
	const struct io_ud_start *named = values;
	const struct io_start_set *sets = values;

	if (!values)
		return failed("starts");
	for (__u32 i = 0; by_user_data && i < IO_UD_STARTS; i++)
		if ((__s64)named[i].pending > 0)
			r->m->in_flight += named[i].pending;
	for (__u32 i = 0; !by_user_data && i < IO_START_SETS; i++)
		for (int k = 0; k < IO_START_WAYS; k++)
			r->m->in_flight += sets[i].way[k].t_ns > IO_START_REFUSED;
	free(values);
	return 0;
}

/* Calls each() for every entry of a hash; a value is .per_cpu values in one. */
static int read_hash(struct reader *r, struct bpf_map *map, size_t key_size, size_t value_size,
		     size_t per_cpu, void (*each)(struct reader *r, const void *key, const void *v))
{
	int fd = bpf_map__fd(map), err;
	char *key = must_alloc(1, key_size), *value = must_alloc(per_cpu, value_size);
	bool first = true;

	while (!(err = bpf_map_get_next_key(fd, first ? NULL : key, key))) {
		first = false;
		if (!bpf_map_lookup_elem(fd, key, value))
			each(r, key, value);
	}
	err = errno;
	free(key);
	free(value);
	errno = err;
	return err == ENOENT ? 0 : failed(bpf_map__name(map));
}

static void *grow(void *list, size_t nr, size_t size)
{
	/* doubles at each power of two */
	return nr & (nr - 1) ? list : must_realloc(list, nr ? 2 * nr : 1, size);
}

static void add_buffer(struct reader *r, const void *key, const void *value)
{
	const struct io_buffer_use *v = value;
	struct io_model *m = r->m;
	struct io_buffer_row *row;

	m->buffers = grow(m->buffers, m->nr_buffers, sizeof(*m->buffers));
	row = &m->buffers[m->nr_buffers++];
	memset(row, 0, sizeof(*row));
	memcpy(&row->key, key, sizeof(row->key));
	for (size_t i = 0; i < r->cpus; i++) {
		row->use.ops += v[i].ops;
		row->use.bytes += v[i].bytes;
		row->use.no_offset += v[i].no_offset;
		if (v[i].len_bytes)
			row->use.len_bytes = v[i].len_bytes;
		if (v[i].max_end > row->use.max_end)
			row->use.max_end = v[i].max_end;
		if (v[i].last_ns > row->use.last_ns)
			row->use.last_ns = v[i].last_ns;
	}
}

static void add_address(struct reader *r, const void *key, const void *value)
{
	const struct io_address_use *v = value;
	struct io_model *m = r->m;
	struct io_address_row *row;

	m->addresses = grow(m->addresses, m->nr_addresses, sizeof(*m->addresses));
	row = &m->addresses[m->nr_addresses++];
	memset(row, 0, sizeof(*row));
	memcpy(&row->key, key, sizeof(row->key));
	for (size_t i = 0; i < r->cpus; i++) {
		row->use.ops += v[i].ops;
		row->use.bytes += v[i].bytes;
		row->use.direct += v[i].direct;
		if (v[i].max_len > row->use.max_len)
			row->use.max_len = v[i].max_len;
	}
}

static void add_fault(struct reader *r, const void *key, const void *value)
{
	struct io_model *m = r->m;

	m->faults = grow(m->faults, m->nr_faults, sizeof(*m->faults));
	memcpy(&m->faults[m->nr_faults].key, key, sizeof(m->faults->key));
	memcpy(&m->faults[m->nr_faults++].fault, value, sizeof(m->faults->fault));
}

static void add_calls(struct reader *r, const void *key, const void *value)
{
	struct io_model *m = r->m;

	m->calls = grow(m->calls, m->nr_calls, sizeof(*m->calls));
	memcpy(&m->calls[m->nr_calls].ring, key, sizeof(m->calls->ring));
	memcpy(&m->calls[m->nr_calls++].calls, value, sizeof(m->calls->calls));
}

int io_read_maps(struct fixbuf_bpf *skel, enum io_starts starts, struct io_model *m)
{
	struct reader r = { .skel = skel, .m = m, .cpus = libbpf_num_possible_cpus() };
	int err;

	r.owner = must_alloc(r.cpus * IO_HISTS, sizeof(*r.owner));
	m->t_ns = clock_now_ns();
	err = read_losses(&r);
	if (!err)
		err = read_cells(&r);
	if (!err)
		err = read_hists(&r);
	if (!err && starts != IO_STARTS_UNREAD)
		err = read_in_flight(&r, starts);
	if (!err && skel->rodata->io_by_buffer)
		err = read_hash(&r, skel->maps.io_buffers, sizeof(struct io_buffer_key),
				sizeof(struct io_buffer_use), r.cpus, add_buffer);
	if (!err && skel->rodata->io_by_address)
		err = read_hash(&r, skel->maps.io_addresses, sizeof(struct io_address_key),
				sizeof(struct io_address_use), r.cpus, add_address);
	if (!err)
		err = read_hash(&r, skel->maps.io_faults, sizeof(struct io_fault_key),
				sizeof(struct io_fault), 1, add_fault);
	if (!err && skel->rodata->io_by_address)
		err = read_hash(&r, skel->maps.io_ring_calls, sizeof(__u64),
				sizeof(struct io_calls), 1, add_calls);
	free(r.owner);
	return err;
}
