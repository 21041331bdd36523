// SPDX-License-Identifier: GPL-2.0
#include <bpf/bpf.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/alloc.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/pid.h"
#include "capture/io_rings.h"
#include "model/io_fold.h"

#define CHUNK		1024
#define MAX_ROWS	4096
#define AGAIN		(MAX_ROWS / 8)
#define INITIAL_NS	0xeffffffcU	/* the kernel's PROC_PID_INIT_INO */
#define START_NS	(20 * NS_PER_MS) /* as exactly as a process's start is known, and more */

static int by_address(const void *a, const void *b)
{
	const struct known_ring *x = a, *y = b;

	return x->ring < y->ring ? -1 : x->ring > y->ring;
}

int io_rings_read(struct io_rings *k, int map)
{
	__u64 *keys = must_alloc(CHUNK, sizeof(*keys));
	struct io_ring *values = must_alloc(CHUNK, sizeof(*values));
	__u32 batch, nr;
	bool first = true;
	int err = 0;

	k->nr = 0;
	while (!err) {
		nr = CHUNK;
		err = bpf_map_lookup_batch(map, first ? NULL : &batch, &batch, keys, values, &nr,
					   NULL);
		if (err && errno != ENOENT)
			break;
		first = false;
		k->list = must_realloc(k->list, k->nr + nr + 1, sizeof(*k->list));
		for (__u32 i = 0; i < nr; i++)
			k->list[k->nr++] = (struct known_ring){ keys[i], values[i] };
	}
	err = errno;
	free(keys);
	free(values);
	if (k->nr)
		qsort(k->list, k->nr, sizeof(*k->list), by_address);
	return err == ENOENT ? 0 : err_set(err, "cannot read the rings that the kernel side keeps: %s",
					   strerror(err));
}

static const struct known_ring *find(const struct known_ring *list, size_t nr, __u64 ring,
				     __u64 born_ns)
{
	const struct known_ring key = { .ring = ring };
	const struct known_ring *r = nr ? bsearch(&key, list, nr, sizeof(key), by_address) : NULL;

	return r && r->r.born_ns == born_ns ? r : NULL;
}

const struct known_ring *io_rings_find(const struct io_rings *k, __u64 ring, __u64 born_ns)
{
	return find(k->list, k->nr, ring, born_ns);
}

/* Unless its address has become a new ring's since it was read. */
static void drop(int map, const struct known_ring *r, struct io_shares *shares)
{
	struct io_ring now;

	if (!bpf_map_lookup_elem(map, &r->ring, &now) && now.born_ns == r->r.born_ns &&
	    !bpf_map_delete_elem(map, &r->ring))
		io_shares_give(shares, now.payer, IO_TABLE_RINGS);
}

/* Of one that was walked before the map was read; what came to its address meanwhile is another. */
static void date(struct ring *r, const struct known_ring *known)
{
	if (r->since_ns && !r->born_ns)
		r->born_ns = known->r.born_ns <= r->since_ns ? known->r.born_ns : ~0ULL;
}

void io_rings_drop_gone(struct io_rings *k, int map, const struct ledger *l, struct io_shares *shares)
{
	struct known_ring *missed = must_alloc(k->nr, sizeof(*missed));
	size_t nr_missed = 0, kept = 0;

	for (size_t i = 0; i < k->nr; i++) {
		const struct known_ring *r = &k->list[i];
		struct ring *there = ledger_ring(l, r->ring);

		if (there) {
			date(there, r);
		} else {
			if (find(k->missed, k->nr_missed, r->ring, r->r.born_ns)) {
				drop(map, r, shares);
				continue;
			}
			missed[nr_missed++] = *r;
		}
		k->list[kept++] = *r;
	}
	k->nr = kept;
	free(k->missed);
	k->missed = missed;
	k->nr_missed = nr_missed;
}

static bool is_open(const struct io_counts *c, const void *rings)
{
	return io_rings_find(rings, c->ring, c->born_ns);
}

/* Unless what has the number now was made since. Processes are counted by their initial numbers. */
static bool lives(const struct io_counts *c, const void *rings)
{
	__u32 pid = IO_WHO_TGID(c->who);
	__u64 age;

	(void)rings;
	if (kill(pid, 0) && errno == ESRCH)
		return false;
	age = pid_age_ns(pid);
	return age == ~0ULL || clock_now_ns() - c->first_ns <= age + START_NS;
}

static bool knows_none(const struct io_counts *c, const void *rings)
{
	(void)c;
	(void)rings;
	return false;
}

/* Rows of open rings and of processes that live are not tried again each time. */
static bool tried(const struct io_rings *k, const struct io_model *m)
{
	return m->nr_rows < k->rows_then + AGAIN && k->nr + AGAIN > k->open_then;
}

void io_rings_fold(struct io_rings *k, struct io_model *m)
{
	struct io_fold how = {
		.most = MAX_ROWS, .is_open = is_open, .lives = knows_none, .arg = k, .ended = { "(others)" },
	};
	struct stat ns;

	if (m->nr_rows <= MAX_ROWS || tried(k, m))
		return;
	if (!stat("/proc/self/ns/pid", &ns) && ns.st_ino == INITIAL_NS) {
		how.lives = lives;
		how.ended = (struct comm){ "(ended)" };
	}
	io_model_fold(m, &how);
	k->rows_then = m->nr_rows;
	k->open_then = k->nr;
}

void io_rings_free(struct io_rings *k)
{
	free(k->list);
	free(k->missed);
	memset(k, 0, sizeof(*k));
}
