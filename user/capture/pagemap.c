// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "capture/pagemap.h"

#define AHEAD 4096	/* entries read at once */

struct pagemap {
	int fd;
	__u64 first;		/* page number of entries[0] */
	__u64 end;		/* page number to read ahead to */
	size_t nr;
	__u64 entries[AHEAD];
};

struct pagemap *pagemap_open(__u32 pid)
{
	struct pagemap *pm;
	char path[40];
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/pagemap", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	pm = calloc(1, sizeof(*pm));
	if (!pm) {
		close(fd);
		return NULL;
	}
	pm->fd = fd;
	return pm;
}

int pagemap_fd(const struct pagemap *pm)
{
	return pm->fd;
}

void pagemap_renew(struct pagemap *pm, __u64 end)
{
	pm->nr = 0;
	pm->end = (end + PAGE_BYTES - 1) >> PAGE_SHIFT;
}

void pagemap_close(struct pagemap *pm)
{
	if (!pm)
		return;
	close(pm->fd);
	free(pm);
}

/*
 * False where the kernel says nothing: past the highest address, and for an
 * address space that nobody uses any more, which reads as empty.
 */
static bool entry(struct pagemap *pm, __u64 page, __u64 *e)
{
	if (page < pm->first || page >= pm->first + pm->nr) {
		__u64 nr = page < pm->end ? pm->end - page : 1;
		ssize_t n;

		if (nr > AHEAD)
			nr = AHEAD;
		n = pread(pm->fd, pm->entries, nr * sizeof(__u64), page * sizeof(__u64));
		pm->first = page;
		pm->nr = n > 0 ? n / sizeof(__u64) : 0;
		if (!pm->nr)
			return false;
	}
	*e = pm->entries[page - pm->first];
	return true;
}

bool pagemap_alive(struct pagemap *pm)
{
	__u64 e;

	return pread(pm->fd, &e, sizeof(e), 0) == sizeof(e);
}

enum shown pagemap_shows(struct pagemap *pm, __u64 addr, __u64 pfn, __u64 *other)
{
	__u64 e;

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
