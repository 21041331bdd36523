// SPDX-License-Identifier: GPL-2.0
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/array.h"
#include "base/err.h"
#include "capture/io_details.h"
#include "fixbuf.skel.h"

#define MAX_KEPT 32768	/* of a kind, of rings that are gone, of all users: more are counted as lost */

/* ---- one entry of each kind, appended ---------------------------------------------- */

static void add_buffer(struct io_model *m, const void *key, const void *value)
{
	const struct io_buffer_place *p = key;
	struct io_buffer_row *row;

	array_grow(m->buffers, m->nr_buffers);
	row = &m->buffers[m->nr_buffers++];
	row->key = p->key;
	row->born_ns = p->born_ns;
	row->payer = p->payer;
	memcpy(&row->use, value, sizeof(row->use));
}

static void add_address(struct io_model *m, const void *key, const void *value)
{
	const struct io_address_place *p = key;
	struct io_address_row *row;

	array_grow(m->addresses, m->nr_addresses);
	row = &m->addresses[m->nr_addresses++];
	row->key = p->key;
	row->born_ns = p->born_ns;
	row->payer = p->payer;
	memcpy(&row->use, value, sizeof(row->use));
}

static void add_failure(struct io_model *m, const void *key, const void *value)
{
	const struct io_failure_place *p = key;
	struct io_failure_row *row;

	array_grow(m->failures, m->nr_failures);
	row = &m->failures[m->nr_failures++];
	row->key = p->key;
	row->born_ns = p->born_ns;
	row->payer = p->payer;
	memcpy(&row->failure, value, sizeof(row->failure));
}

static void add_calls(struct io_model *m, const void *key, const void *value)
{
	const struct io_calls_place *p = key;
	struct io_calls_row *row;

	array_grow(m->calls, m->nr_calls);
	row = &m->calls[m->nr_calls++];
	row->ring = p->ring;
	row->born_ns = p->born_ns;
	row->payer = ((const struct io_ring_calls *)value)->payer;
	memcpy(&row->calls, value, sizeof(row->calls));
	memcpy(&row->cost, (const char *)value + offsetof(struct io_ring_calls, cost), sizeof(row->cost));
	memcpy(&row->failed, (const char *)value + offsetof(struct io_ring_calls, failed), sizeof(row->failed));
}

static void add_enters(struct io_model *m, const void *key, const void *value)
{
	const struct io_calls_place *p = key;
	struct io_enters_row *row;

	array_grow(m->enters, m->nr_enters);
	row = &m->enters[m->nr_enters++];
	row->ring = p->ring;
	row->born_ns = p->born_ns;
	memcpy(&row->enters, value, sizeof(row->enters));
	row->payer = row->enters.payer;
}

/* ---- entries of one key become one -------------------------------------------------- */

static int compare(__u64 a, __u64 b)
{
	return a < b ? -1 : a > b;
}

static int buffer_order(const void *a, const void *b)
{
	const struct io_buffer_row *x = a, *y = b;
	int d = compare(x->key.ring, y->key.ring);

	d = d ? d : compare(x->born_ns, y->born_ns);
	d = d ? d : compare(x->key.index, y->key.index);
	return d ? d : compare(x->key.addr, y->key.addr);
}

static void sum_buffers(void *to, const void *from)
{
	struct io_buffer_use *t = &((struct io_buffer_row *)to)->use;
	const struct io_buffer_use *f = &((const struct io_buffer_row *)from)->use;

	t->ops += f->ops;
	t->bytes += f->bytes;
	t->no_offset += f->no_offset;
	if (f->len_bytes)
		t->len_bytes = f->len_bytes;
	if (f->max_end > t->max_end)
		t->max_end = f->max_end;
	if (f->last_ns > t->last_ns)
		t->last_ns = f->last_ns;
}

static int address_order(const void *a, const void *b)
{
	const struct io_address_row *x = a, *y = b;
	int d = compare(x->key.ring, y->key.ring);

	d = d ? d : compare(x->born_ns, y->born_ns);
	return d ? d : compare(x->key.addr, y->key.addr);
}

static void sum_addresses(void *to, const void *from)
{
	struct io_address_use *t = &((struct io_address_row *)to)->use;
	const struct io_address_use *f = &((const struct io_address_row *)from)->use;

	t->ops += f->ops;
	t->bytes += f->bytes;
	t->direct += f->direct;
	t->kinds |= f->kinds;
	if (f->max_len > t->max_len)
		t->max_len = f->max_len;
}

static int failure_order(const void *a, const void *b)
{
	const struct io_failure_row *x = a, *y = b;
	int d = compare(x->born_ns, y->born_ns);

	return d ? d : memcmp(&x->key, &y->key, sizeof(x->key));
}

static void sum_failures(void *to, const void *from)
{
	struct io_failure *t = &((struct io_failure_row *)to)->failure;
	const struct io_failure *f = &((const struct io_failure_row *)from)->failure;

	t->count += f->count;
	if (f->first_ns < t->first_ns) {
		t->first_ns = f->first_ns;
		t->seen = f->seen;
	}
	if (f->last_ns > t->last_ns)
		t->last_ns = f->last_ns;
}

static int calls_order(const void *a, const void *b)
{
	const struct io_calls_row *x = a, *y = b;
	int d = compare(x->ring, y->ring);

	return d ? d : compare(x->born_ns, y->born_ns);
}

static void sum_calls(void *to, const void *from)
{
	const struct io_calls_row *more = from;
	struct io_calls_row *sum = to;
	const struct io_calls *f = &more->calls;
	struct io_calls *t = &sum->calls;

	t->registers += f->registers;
	t->unregisters += f->unregisters;
	t->updates += f->updates;
	t->clones += f->clones;
	sum->failed.calls += more->failed.calls;
	if (more->failed.calls)
		sum->failed.error = more->failed.error;
	io_register_cost_add(&sum->cost, &more->cost);
	if (f->first_ns < t->first_ns) {
		t->first_ns = f->first_ns;
		t->pid = f->pid;
	}
	/* entries of one key come in any order */
	if (f->last_ns > t->last_ns) {
		t->last_ns = f->last_ns;
		t->nr_slots = f->nr_slots;
	}
}

static int enters_order(const void *a, const void *b)
{
	const struct io_enters_row *x = a, *y = b;
	int d = compare(x->ring, y->ring);

	return d ? d : compare(x->born_ns, y->born_ns);
}

static void sum_enters(void *to, const void *from)
{
	struct io_enters *t = &((struct io_enters_row *)to)->enters;
	const struct io_enters *f = &((const struct io_enters_row *)from)->enters;

	t->enters += f->enters;
	t->submissions += f->submissions;
}

static void merge(void *list, size_t *nr, size_t size, int (*order)(const void *a, const void *b),
		  void (*sum)(void *to, const void *from))
{
	char *l = list;
	size_t n = 0;

	if (!*nr)
		return;
	qsort(list, *nr, size, order);
	for (size_t i = 1; i < *nr; i++) {
		if (!order(l + n * size, l + i * size))
			sum(l + n * size, l + i * size);
		else if (++n != i)
			memcpy(l + n * size, l + i * size, size);
	}
	*nr = n + 1;
}

static void merge_all(struct io_model *m)
{
	merge(m->buffers, &m->nr_buffers, sizeof(*m->buffers), buffer_order, sum_buffers);
	merge(m->addresses, &m->nr_addresses, sizeof(*m->addresses), address_order, sum_addresses);
	merge(m->failures, &m->nr_failures, sizeof(*m->failures), failure_order, sum_failures);
	merge(m->calls, &m->nr_calls, sizeof(*m->calls), calls_order, sum_calls);
	merge(m->enters, &m->nr_enters, sizeof(*m->enters), enters_order, sum_enters);
}

#define APPEND(to, from, list) do {							\
	(to)->list = must_realloc((to)->list, (to)->nr_##list + (from)->nr_##list + 1,	\
				  sizeof(*(to)->list));					\
	memcpy((to)->list + (to)->nr_##list, (from)->list,				\
	       (from)->nr_##list * sizeof(*(to)->list));				\
	(to)->nr_##list += (from)->nr_##list;						\
} while (0)

void io_details_merge(const struct io_model *from, struct io_model *to)
{
	if (from->nr_buffers)
		APPEND(to, from, buffers);
	if (from->nr_addresses)
		APPEND(to, from, addresses);
	if (from->nr_failures)
		APPEND(to, from, failures);
	if (from->nr_calls)
		APPEND(to, from, calls);
	if (from->nr_enters)
		APPEND(to, from, enters);
	merge_all(to);
}

void io_details_forget(struct io_model *m)
{
	free(m->buffers);
	free(m->addresses);
	free(m->failures);
	free(m->calls);
	free(m->enters);
	m->buffers = NULL;
	m->addresses = NULL;
	m->failures = NULL;
	m->calls = NULL;
	m->enters = NULL;
	m->nr_buffers = m->nr_addresses = m->nr_failures = m->nr_calls = m->nr_enters = 0;
}

#define COUNT_KEPT(shares, m, list, table) do {					\
	for (size_t i = 0; i < (m)->nr_##list; i++)				\
		io_shares_keep(shares, (m)->list[i].payer, table);		\
} while (0)

/* Of many entries of one key, a CPU each, there is one now. */
static void count_kept(struct io_shares *s, const struct io_model *m)
{
	io_shares_forget(s);
	COUNT_KEPT(s, m, buffers, IO_TABLE_BUFFERS);
	COUNT_KEPT(s, m, addresses, IO_TABLE_ADDRESSES);
	COUNT_KEPT(s, m, failures, IO_TABLE_FAILURES);
	COUNT_KEPT(s, m, calls, IO_TABLE_CALLS);
	COUNT_KEPT(s, m, enters, IO_TABLE_ENTERS);
}

void io_details_keep(struct io_model *gone, struct io_model *kept, struct io_shares *shares)
{
	io_details_merge(gone, kept);
	count_kept(shares, kept);
	kept->loss.no_buffer += gone->loss.no_buffer;
	kept->loss.no_address += gone->loss.no_address;
	kept->loss.no_cause += gone->loss.no_cause;
	kept->calls_lost += gone->calls_lost;
	gone->calls_lost = 0;
	io_details_forget(gone);
	memset(&gone->loss, 0, sizeof(gone->loss));
}

/* ---- the maps --------------------------------------------------------------------- */

struct detail {
	struct bpf_map *map;
	size_t key_size, value_size;
	size_t ring_at, born_at;	/* in a key */
	void (*add)(struct io_model *m, const void *key, const void *value);
	__u64 *lost;			/* entries of gone rings that are not kept: their number, or; NULL = not counted */
	__u64 (*worth)(const void *value); /* how many that is of each; NULL = 1 */
	enum io_table table;
	size_t payer_at;		/* whose share it is of: in a key, or */
	bool payer_in_value;
};

static __u64 calls_of(const void *value)
{
	struct io_ring_calls c;

	memcpy(&c, value, sizeof(c));
	return c.calls.registers + c.calls.unregisters + c.calls.updates + c.calls.clones + c.failed.calls;
}

/* Those that the programs fill here; returns their number. */
static size_t details(struct fixbuf_bpf *skel, struct io_model *kept, struct detail d[5])
{
	size_t n = 0;

	d[n++] = (struct detail){
		skel->maps.io_failures, sizeof(struct io_failure_place), sizeof(struct io_failure),
		offsetof(struct io_failure_place, key.ring),
		offsetof(struct io_failure_place, born_ns), add_failure, &kept->loss.no_cause, NULL,
		IO_TABLE_FAILURES, offsetof(struct io_failure_place, payer), false };
	if (skel->rodata->io_by_buffer)
		d[n++] = (struct detail){
			skel->maps.io_buffers, sizeof(struct io_buffer_place),
			sizeof(struct io_buffer_use), offsetof(struct io_buffer_place, key.ring),
			offsetof(struct io_buffer_place, born_ns), add_buffer,
			&kept->loss.no_buffer, NULL, IO_TABLE_BUFFERS,
			offsetof(struct io_buffer_place, payer), false };
	d[n++] = (struct detail){
		skel->maps.io_ring_calls, sizeof(struct io_calls_place), sizeof(struct io_ring_calls),
		offsetof(struct io_calls_place, ring), offsetof(struct io_calls_place, born_ns),
		add_calls, &kept->calls_lost, calls_of, IO_TABLE_CALLS,
		offsetof(struct io_ring_calls, payer), true };
	/* of a ring that is not kept no figure is told */
	if (skel->rodata->io_by_enter)
		d[n++] = (struct detail){
			skel->maps.io_enters, sizeof(struct io_calls_place), sizeof(struct io_enters),
			offsetof(struct io_calls_place, ring), offsetof(struct io_calls_place, born_ns),
			add_enters, NULL, NULL, IO_TABLE_ENTERS, offsetof(struct io_enters, payer), true };
	if (!skel->rodata->io_by_address)
		return n;
	d[n++] = (struct detail){
		skel->maps.io_addresses, sizeof(struct io_address_place),
		sizeof(struct io_address_use), offsetof(struct io_address_place, key.ring),
		offsetof(struct io_address_place, born_ns), add_address,
		&kept->loss.no_address, NULL, IO_TABLE_ADDRESSES,
		offsetof(struct io_address_place, payer), false };
	return n;
}

static bool is_gone(const struct detail *d, const char *key, const struct io_rings *rings)
{
	__u64 ring, born_ns;

	memcpy(&ring, key + d->ring_at, sizeof(ring));
	memcpy(&born_ns, key + d->born_at, sizeof(born_ns));
	return !io_rings_find(rings, ring, born_ns);
}

/* All keys first: a walk over a hash begins anew when its entry goes. */
static char *keys_of(const struct detail *d, size_t *nr)
{
	int fd = bpf_map__fd(d->map), err;
	char *keys = NULL, *last = NULL;
	size_t max = bpf_map__max_entries(d->map);

	*nr = 0;
	/* bounded: a walk may see entries again when others go meanwhile */
	while (*nr < max) {
		keys = array_room(keys, *nr, d->key_size);
		last = *nr ? keys + (*nr - 1) * d->key_size : NULL;
		err = bpf_map_get_next_key(fd, last, keys + *nr * d->key_size);
		if (err) {
			if (errno == ENOENT)
				return keys;
			free(keys);
			return NULL;
		}
		++*nr;
	}
	return keys ? keys : must_alloc(1, d->key_size);
}

static void lose(const struct detail *d, const char *value, __u32 payer, struct io_shares *shares)
{
	__u64 nr = d->worth ? d->worth(value) : 1;

	*d->lost += nr;
	io_shares_lose(shares, payer, d->table, nr);
}

/* Takes an entry out of its map: into .m, while its user may have one more kept. */
static void move(const struct detail *d, const char *key, const char *value, struct io_shares *shares,
		 struct io_model *m)
{
	__u32 payer;

	memcpy(&payer, (d->payer_in_value ? value : key) + d->payer_at, sizeof(payer));
	if (io_shares_may_keep(shares, payer, d->table, MAX_KEPT))
		d->add(m, key, value);
	else if (d->lost)
		lose(d, value, payer, shares);
	if (!bpf_map_delete_elem(bpf_map__fd(d->map), key))
		io_shares_give(shares, payer, d->table);
}

/* .rings: only entries of gone ones, which leave the map. */
static int read_detail(const struct detail *d, const struct io_rings *rings, struct io_shares *shares,
		       struct io_model *m)
{
	char *value = must_alloc(1, d->value_size), *keys;
	int fd = bpf_map__fd(d->map);
	size_t nr;

	keys = keys_of(d, &nr);
	for (size_t i = 0; keys && i < nr; i++) {
		const char *key = keys + i * d->key_size;

		if (rings && !is_gone(d, key, rings))
			continue;
		if (bpf_map_lookup_elem(fd, key, value))
			continue;
		if (rings)
			move(d, key, value, shares, m);
		else
			d->add(m, key, value);
	}
	free(value);
	if (!keys)
		return err_set(errno, "cannot read the map %s of the kernel side: %s",
			       bpf_map__name(d->map), strerror(errno));
	free(keys);
	return 0;
}

static int read_details(struct fixbuf_bpf *skel, const struct io_rings *rings, struct io_shares *shares,
			struct io_model *m)
{
	struct detail d[5];
	size_t nr = details(skel, m, d);
	int err = 0;

	for (size_t i = 0; !err && i < nr; i++)
		err = read_detail(&d[i], rings, shares, m);
	merge_all(m);
	return err;
}

int io_details_read(struct fixbuf_bpf *skel, struct io_model *m)
{
	return read_details(skel, NULL, NULL, m);
}

int io_details_tidy(struct fixbuf_bpf *skel, const struct io_rings *rings,
		    struct io_shares *shares, struct io_model *gone)
{
	return read_details(skel, rings, shares, gone);
}
