// SPDX-License-Identifier: GPL-2.0
/*
 * The mappings behind the entries of a call, from /proc/PID: where BPF cannot look
 * them up (before 5.17, or while another thread changes them). It comes a moment
 * later than the call, so the process may be gone or may have changed them.
 */
#include <abi/limits.h>
#include <abi/mapping.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/clock.h"
#include "base/maps.h"
#include "base/page_size.h"
#include "base/patient.h"
#include "base/pid.h"
#include "base/time_share.h"
#include "capture/proc_maps.h"
#include "checks/failure.h"

/* What another process may keep us waiting for, so that a thread asks it. */
struct question {
	char path[64];
	off_t at;
	__u64 entry;		/* of a pagemap, 0 = not known */
	struct statfs fs;
	bool done;
};

static void ask_file_system(void *job)
{
	struct question *q = job;

	q->done = !statfs(q->path, &q->fs);
}

/*
 * Where the mapping's file is; false when the process is gone, or its file cannot be reached, or
 * its server does not answer.
 */
static bool file_system(const struct fact_entry *e, __u32 pid, struct statfs *fs)
{
	struct question *q = must_alloc(1, sizeof(*q));
	void *job = q;
	bool done;

	snprintf(q->path, sizeof(q->path), "/proc/%u/map_files/%llx-%llx", pid, e->vma_start, e->vma_end);
	if (!patient_run(pid, ask_file_system, free, &job))
		return false;
	done = q->done;
	*fs = q->fs;
	free(q);
	return done;
}

/* Finds the mapping with .at from *maps on; false when there is none. */
static bool find_mapping(const char **maps, const char *end, __u32 pid, __u64 at,
			 struct fact_entry *e)
{
	struct statfs fs;
	struct map m;

	if (!maps_find(maps, end, at, &m))
		return false;
	e->vma_start = m.start;
	e->vma_end = m.end;
	e->vma_flags = (m.perms[0] == 'r' ? VM_READ : 0) | (m.perms[1] == 'w' ? VM_WRITE : 0) |
		       (m.perms[2] == 'x' ? VM_EXEC : 0) | (m.perms[3] == 's' ? VM_SHARED : 0);
	e->fs_magic = 0;
	e->file = (struct file_name){ "" };
	if (!m.path_len || *m.path != '/')
		return true;
	maps_file_name(&m, e->file.bytes, sizeof(e->file.bytes));
	e->fs_magic = file_system(e, pid, &fs) ? (__u32)fs.f_type : ~0U;
	return true;
}

static void look_at_mappings(const char *maps, const char *maps_end, __u32 pid, int error,
			     struct fact_entry *e)
{
	__u64 end = e->base + e->len_bytes;

	e->state = ENTRY_OK;
	for (e->at = e->base; e->at < end; e->at = e->vma_end) {
		e->state = !find_mapping(&maps, maps_end, pid, e->at, e) ? ENTRY_UNMAPPED :
			   mapping_state(e->vma_flags, e->fs_magic, e->fs_magic,
					 error == EOPNOTSUPP);
		if (e->state != ENTRY_OK)
			break;
	}
}

/* Huge pages of that size that nobody has reserved, -1 when that cannot be read. */
static long long free_huge_pages(__u64 bytes)
{
	static const char *const names[] = { "free_hugepages", "resv_hugepages" };
	long long n[2];
	char path[96];

	for (int i = 0; i < 2; i++) {
		FILE *f;

		snprintf(path, sizeof(path), "/sys/kernel/mm/hugepages/hugepages-%llukB/%s",
			 bytes >> 10, names[i]);
		f = fopen(path, "re");
		if (!f)
			return -1;
		if (fscanf(f, "%lld", &n[i]) != 1)
			n[i] = -1;
		fclose(f);
		if (n[i] < 0)
			return -1;
	}
	return n[0] > n[1] ? n[0] - n[1] : 0;
}

#define PM_GUARD (1ULL << 58)	/* "fs/proc/task_mmu: add guard region bit to pagemap", 6.15 */

static void read_entry(void *job)
{
	struct question *q = job;
	int fd = open(q->path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (pread(fd, &q->entry, sizeof(q->entry), q->at) != sizeof(q->entry))
		q->entry = 0;
	close(fd);
}

static bool is_guard(__u32 pid, __u64 at)
{
	struct question *q = must_alloc(1, sizeof(*q));
	void *job = q;
	bool is;

	snprintf(q->path, sizeof(q->path), "/proc/%u/pagemap", pid);
	q->at = (at >> PAGE_SHIFT) * sizeof(q->entry);
	if (!patient_run(pid, read_entry, free, &job))
		return false;
	is = q->entry & PM_GUARD;
	free(q);
	return is;
}

/* The kernel side saw that a page is not there: why, of what can be seen from here. */
static void look_behind(struct fact_entry *e, __u32 pid)
{
	struct statfs fs;
	long long huge;

	/* also of a file, from 6.15 on */
	if (is_guard(pid, e->at)) {
		e->state = ENTRY_GUARD;
	} else if (e->fs_magic == TMPFS_MAGIC && file_system(e, pid, &fs)) {
		e->looked |= LOOKED_FULL;
		/* a mount without a bound has no blocks at all */
		if (fs.f_blocks && !fs.f_bfree)
			e->state = ENTRY_FILE_FULL;
	} else if (e->fs_magic == HUGETLBFS_MAGIC && file_system(e, pid, &fs)) {
		huge = free_huge_pages(fs.f_bsize);
		if (huge >= 0)
			e->looked |= LOOKED_HUGE;
		if (!huge)
			e->state = ENTRY_NO_HUGE;
	}
}

const struct fact_entry *explain_told_entry(const struct fact_entry *entries, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		if (entries[i].state != ENTRY_OK && entries[i].state != ENTRY_UNCHECKED)
			return &entries[i];
	return NULL;
}

/* Who has many mappings, and lets calls fail all the time, would have us do nothing but read them. */
static struct time_share looks = { .free_ns = 4 * NS_PER_S };

static char *mappings_of(const struct fact_call *c, __u32 pid, size_t *len)
{
	__u64 from_ns = clock_now_ns();
	char *maps;

	if (!time_share_has(&looks, c->h.uid, from_ns))
		return NULL;
	maps = maps_read(pid, len);
	time_share_take(&looks, c->h.uid, clock_now_ns() - from_ns);
	return maps;
}

const struct fact_entry *explain_find_entry(struct fact_call *c, struct fact_entry *entries,
					    size_t nr)
{
	bool mappings = c->result == -EFAULT || c->result == -EOPNOTSUPP;
	bool look = mappings && nr && entries[0].state == ENTRY_UNCHECKED;
	size_t len = 0;
	__u32 pid = pid_in_proc(c->h.pid, c->ns_pid);
	char *maps = look ? mappings_of(c, pid, &len) : NULL;
	struct fact_entry *blamed = NULL;
	__u64 pages = 0;

	for (size_t i = 0; i < nr && !blamed; i++) {
		struct fact_entry *e = &entries[i];

		if (e->state == ENTRY_UNCHECKED && e->base && maps)
			look_at_mappings(maps, maps + len, pid, -c->result, e);
		if (e->state == ENTRY_ABSENT)
			look_behind(e, pid);
		if (e->state != ENTRY_OK && e->state != ENTRY_UNCHECKED)
			blamed = e;
		if (e->base)
			pages += ((e->base + e->len_bytes + PAGE_BYTES - 1) >> PAGE_SHIFT) -
				 (e->base >> PAGE_SHIFT);
	}
	/* entries that were not told would be missing in the sum */
	if (!blamed && nr && nr == c->nr)
		c->need_pages = pages;
	if (!blamed && look && !maps)
		blamed = &entries[0];
	free(maps);
	return blamed;
}
