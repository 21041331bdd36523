// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/page_size.h"
#include "base/patient.h"
#include "capture/pagemap.h"

#define AHEAD 4096	/* entries read at once */

/* One look, by a thread that may be left behind with it. */
struct reading {
	__u32 pid;
	int fd;
	int error;
	__u64 first;		/* page number of entries[0] */
	size_t nr;		/* wanted, then read */
	__u64 entries[AHEAD];
};

/* Of many places, in one turn. */
struct ahead {
	int fd;
	size_t nr;
	struct pagemap_place places[PAGEMAP_AHEAD]; /* .end: of what was read */
	__u64 entries[PAGEMAP_AHEAD][PAGEMAP_SMALL];
};

struct pagemap {
	int fd;
	__u32 pid;
	__u64 end;		/* page number to read ahead to */
	struct reading *r;	/* NULL = none is under way or good */
	struct ahead *ahead;	/* NULL = not read */
	size_t place;		/* in there, of .end; .nr = none */
	bool needs_patience, stuck;
	bool again;		/* renewed since it was opened, so that it may be once more */
};

static void open_it(void *job)
{
	struct reading *r = job;
	char path[40];

	snprintf(path, sizeof(path), "/proc/%u/pagemap", r->pid);
	r->fd = open(path, O_RDONLY | O_CLOEXEC);
	r->error = errno;
}

static void drop_open(void *job)
{
	struct reading *r = job;

	if (r->fd >= 0)
		close(r->fd);
	free(r);
}

static void read_it(void *job)
{
	struct reading *r = job;
	ssize_t n = pread(r->fd, r->entries, r->nr * sizeof(__u64), r->first * sizeof(__u64));

	r->nr = n > 0 ? n / sizeof(__u64) : 0;
}

static void read_places(void *job)
{
	struct ahead *a = job;

	for (size_t i = 0; i < a->nr; i++) {
		struct pagemap_place *p = &a->places[i];
		ssize_t n = pread(a->fd, a->entries[i], (p->end - p->page) * sizeof(__u64),
				  p->page * sizeof(__u64));

		p->end = p->page + (n > 0 ? n / sizeof(__u64) : 0);
	}
}

struct pagemap *pagemap_open(__u32 pid)
{
	struct reading *r = must_alloc(1, sizeof(*r));
	struct pagemap *pm;
	void *job = r;

	r->pid = pid;
	r->fd = -1;
	/* a thread that begins before its process gives up rights has others than that from then on */
	if (pid == (__u32)getpid())
		open_it(job);
	else if (!patient_run(pid, open_it, drop_open, &job))
		return NULL;
	if (r->fd < 0) {
		errno = r->error;
		free(r);
		return NULL;
	}
	pm = must_alloc(1, sizeof(*pm));
	pm->fd = r->fd;
	pm->pid = pid;
	pm->r = r;
	/* also of root: in a container that may be anybody */
	pm->needs_patience = pid != (__u32)getpid();
	return pm;
}

int pagemap_fd(const struct pagemap *pm)
{
	return pm->fd;
}

void pagemap_renew(struct pagemap *pm, __u64 end)
{
	pm->again = pm->end;
	if (pm->r)
		pm->r->nr = 0;
	pm->end = (end + PAGE_BYTES - 1) >> PAGE_SHIFT;
	for (pm->place = 0; pm->ahead && pm->place < pm->ahead->nr; pm->place++)
		if (pm->ahead->places[pm->place].end == pm->end)
			break;
}

bool pagemap_wants_ahead(const struct pagemap *pm)
{
	return pm->needs_patience && !pm->stuck && pm->again && (!pm->ahead || pm->place == pm->ahead->nr);
}

void pagemap_read_ahead(struct pagemap *pm, const struct pagemap_place *places, size_t nr)
{
	struct ahead *a = pm->ahead ? : must_alloc(1, sizeof(*a));
	void *job = a;

	a->fd = pm->fd;
	a->nr = nr;
	memcpy(a->places, places, nr * sizeof(*places));
	pm->place = 0;
	pm->stuck = !patient_run(pm->pid, read_places, free, &job);
	pm->ahead = job;
}

void pagemap_close(struct pagemap *pm)
{
	if (!pm)
		return;
	close(pm->fd);
	free(pm->ahead);
	free(pm->r);
	free(pm);
}

static bool read_from(struct pagemap *pm, __u64 page, __u64 nr)
{
	void *job;

	if (pm->stuck)
		return false;
	if (!pm->r)
		pm->r = must_alloc(1, sizeof(*pm->r));
	pm->r->fd = pm->fd;
	pm->r->first = page;
	pm->r->nr = nr;
	job = pm->r;
	if (pm->needs_patience)
		pm->stuck = !patient_run(pm->pid, read_it, free, &job);
	else
		read_it(job);
	pm->r = job;
	return pm->r && pm->r->nr;
}

/*
 * False where the kernel says nothing: past the highest address, and for an
 * address space that nobody uses any more, which reads as empty; and when it
 * keeps us waiting.
 */
static bool entry(struct pagemap *pm, __u64 page, __u64 *e)
{
	if (!pm->r || page < pm->r->first || page >= pm->r->first + pm->r->nr) {
		__u64 nr = page < pm->end ? pm->end - page : 1;

		if (!read_from(pm, page, nr > AHEAD ? AHEAD : nr))
			return false;
	}
	*e = pm->r->entries[page - pm->r->first];
	return true;
}

bool pagemap_alive(struct pagemap *pm)
{
	bool alive = read_from(pm, 0, 1);

	/* what was read ahead is gone, and the next look is a new one */
	if (pm->r)
		pm->r->nr = 0;
	return alive;
}

/* Time has passed since: what is another page now may have been none then. */
static bool showed_same(const struct pagemap *pm, __u64 page, __u64 pfn)
{
	const struct pagemap_place *p = pm->ahead ? &pm->ahead->places[pm->place] : NULL;
	__u64 other;

	return p && pm->place < pm->ahead->nr && page >= p->page && page < p->end &&
	       shown_by_entry(pm->ahead->entries[pm->place][page - p->page], pfn, &other) == SHOWN_SAME;
}

enum shown pagemap_shows(struct pagemap *pm, __u64 addr, __u64 pfn, __u64 *other)
{
	__u64 e;

	if (showed_same(pm, addr >> PAGE_SHIFT, pfn))
		return SHOWN_SAME;
	return entry(pm, addr >> PAGE_SHIFT, &e) ? shown_by_entry(e, pfn, other) : SHOWN_UNKNOWN;
}

__u64 pagemap_frame(struct pagemap *pm, __u64 addr)
{
	__u64 e, frame = 0;

	/* no page has this frame: what is mapped there is another */
	if (entry(pm, addr >> PAGE_SHIFT, &e))
		shown_by_entry(e, ~0ULL, &frame);
	return frame;
}
