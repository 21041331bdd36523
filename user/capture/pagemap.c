// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/maps.h"
#include "capture/pagemap.h"

#define AHEAD 4096	/* entries read at once */

/* Documentation/admin-guide/mm/pagemap.rst */
#define PM_PRESENT	(1ULL << 63)
#define PM_SWAP		(1ULL << 62)
#define PM_FRAME	((1ULL << 55) - 1)

struct pagemap {
	__u32 pid;
	int fd;
	__u64 first;		/* page number of entries[0] */
	__u64 end;		/* page number to read ahead to */
	size_t nr;
	__u64 entries[AHEAD];
	char *maps;		/* of /proc/PID/maps, NULL = not read */
	size_t maps_len;
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
	pm->pid = pid;
	pm->fd = fd;
	return pm;
}

void pagemap_renew(struct pagemap *pm, __u64 end)
{
	pm->nr = 0;
	pm->end = (end + PAGE_BYTES - 1) >> PAGE_SHIFT;
	free(pm->maps);
	pm->maps = NULL;
}

void pagemap_close(struct pagemap *pm)
{
	if (!pm)
		return;
	close(pm->fd);
	free(pm->maps);
	free(pm);
}

/* The entry of a page; 0 past the address space or when the process is gone. */
static __u64 entry(struct pagemap *pm, __u64 page)
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
			return 0;
	}
	return pm->entries[page - pm->first];
}

/* Whether what is dropped there comes back as the same page. */
static bool comes_back(struct pagemap *pm, __u64 addr)
{
	struct map m;

	if (!pm->maps)
		pm->maps = maps_read(pm->pid, &pm->maps_len);
	if (!pm->maps || !maps_find(pm->maps, pm->maps_len, addr, &m))
		return false;
	return m.inode || m.perms[3] == 's';
}

enum mapping pagemap_compare(struct pagemap *pm, __u64 addr, __u64 pfn)
{
	__u64 e = entry(pm, addr >> PAGE_SHIFT);

	if (e & PM_PRESENT)
		return (e & PM_FRAME) == pfn ? MAPPING_SAME : MAPPING_STALE;
	/* before 5.17 reclaim put pinned pages into the swap cache and took them back from there */
	if (e & PM_SWAP || comes_back(pm, addr))
		return MAPPING_UNKNOWN;
	return MAPPING_NONE;
}

__u64 pagemap_frame(struct pagemap *pm, __u64 addr)
{
	__u64 e = entry(pm, addr >> PAGE_SHIFT);

	return e & PM_PRESENT ? e & PM_FRAME : 0;
}
