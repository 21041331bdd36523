// SPDX-License-Identifier: GPL-2.0
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include "base/alloc.h"
#include "base/clock.h"
#include "base/patient.h"
#include "base/system.h"
#include "base/time_share.h"
#include "capture/pagemap.h"
#include "capture/peek.h"
#include "capture/space.h"
#include "walk.skel.h"

#ifndef PR_GET_MDWE
#define PR_GET_MDWE 66	/* 6.3 */
#endif

struct space {
	struct walk_bpf *skel;
	struct pagemap *pm;	/* of .mm, NULL = nothing is looked into */
	__u64 mm;
	__u32 pid;		/* the process or thread that it was opened by */
	char *maps;		/* /proc/PID/maps of the same mm, NULL = not read */
	size_t maps_len;
	struct map map;		/* the last one that was looked up, or the hole */
	bool is_hole;
	__s64 map_bytes;	/* length of its file */
	__u64 denials;
	bool no_pins;		/* nothing was ever pinned in .mm */
	__u64 shared;		/* see space_shared() */
	__u32 payer;		/* for whose ring it is looked at */
	struct time_share time;	/* to read .maps */
	bool huge_is_one;	/* see backing.h */
	bool huge_is_shared;	/* fork does not copy pinned huge pages of hugetlb */
};

static bool kernel_is_before(unsigned int first, unsigned int second)
{
	unsigned int major = 0, minor = 0;

	return sscanf(system_release(), "%u.%u", &major, &minor) == 2 &&
	       (major < first || (major == first && minor < second));
}

struct space *space_prepare(struct walk_bpf *skel)
{
	struct space *s = must_alloc(1, sizeof(*s));

	s->skel = skel;
	s->time.free_ns = 8 * NS_PER_S;
	/* a08c7193e4f1 "mm/filemap: remove hugetlb special casing in filemap.c", 6.7 */
	s->huge_is_one = kernel_is_before(6, 7);
	s->huge_is_shared = kernel_is_before(5, 12);
	bpf_program__set_autoload(skel->progs.peek_backings, true);
	bpf_program__set_autoload(skel->progs.peek_pagemap, true);
	return s;
}

void space_free(struct space *s)
{
	space_leave(s);
	free(s);
}

/*
 * MMF_HAS_PINNED was bit 28 while there was an MMF_OOM_VICTIM below it, and is 27 since 6.0; then 28 is
 * that of PR_SET_MDWE.
 */
void space_learn_pinned(struct space *s, const struct pagemap *own)
{
	__u64 flags;

	if (peek(s->skel->progs.peek_pagemap, pagemap_fd(own), 0, 0))
		return;
	flags = s->skel->bss->out_mm_flags;
	if (flags >> 28 & 1 && prctl(PR_GET_MDWE, 0, 0, 0, 0) <= 0)
		s->skel->bss->has_pinned_bit = 28;
	else if (flags >> 27 & 1)
		s->skel->bss->has_pinned_bit = 27;
}

/* 0 when nothing is open, and when its pages are being taken away. */
static __u64 mm_of(struct space *s, const struct pagemap *pm)
{
	if (!pm || peek(s->skel->progs.peek_pagemap, pagemap_fd(pm), 0, 0))
		return 0;
	return s->skel->bss->out_mm;
}

void space_leave(struct space *s)
{
	pagemap_close(s->pm);
	s->pm = NULL;
	s->mm = s->pid = 0;
	free(s->maps);
	s->maps = NULL;
}

static void open_space(struct space *s, __u32 pid)
{
	errno = 0;
	s->pm = pagemap_open(pid);
	s->denials += !s->pm && (errno == EACCES || errno == EPERM);
	s->mm = mm_of(s, s->pm);
	s->pid = pid;
	if (!s->mm)
		space_leave(s);
}

/* Of a process whose first thread has ended, another has the address space. */
static void open_thread(struct space *s, __u32 pid)
{
	struct dirent *d;
	char path[32];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%u/task", pid);
	dir = opendir(path);
	while (dir && !s->pm && (d = readdir(dir)))
		if (atoi(d->d_name) > 0)
			open_space(s, atoi(d->d_name));
	if (dir)
		closedir(dir);
}

void space_enter(struct space *s, struct whose whose, __u32 payer, __u64 end)
{
	s->payer = payer;
	/* kept open it is still that mm, but a process may have got another since */
	if (!whose.mm || whose.mm != s->mm) {
		space_leave(s);
		if (whose.pid)
			open_space(s, whose.pid);
		/* with EAGAIN it is the address space of all threads that keeps us waiting */
		if (whose.pid && !s->pm && errno != EAGAIN)
			open_thread(s, whose.pid);
		if (whose.mm && whose.mm != s->mm)
			space_leave(s);
	}
	free(s->maps);
	s->maps = NULL;
	s->no_pins = whose.no_pins;
	s->shared = 0;
	if (s->pm)
		pagemap_renew(s->pm, end);
}

struct pagemap *space_pagemap(const struct space *s)
{
	return s->pm;
}

__u64 space_mm(const struct space *s)
{
	return s->mm;
}

__u64 space_shared(const struct space *s)
{
	return s->shared;
}

__u64 space_denials(const struct space *s)
{
	return s->denials;
}

/*
 * A process changes its mm for good: when it has this one still after the
 * maps were opened, they are of this one, and whole if it is alive after that.
 */
static bool read_maps(struct space *s)
{
	__u64 from_ns = clock_now_ns();
	struct pagemap *again;

	if (s->maps)
		return true;
	/* who has very many mappings would have us read them again for each buffer */
	if (!time_share_has(&s->time, s->payer, from_ns))
		return false;
	s->maps = maps_read(s->pid, &s->maps_len);
	time_share_take(&s->time, s->payer, clock_now_ns() - from_ns);
	again = pagemap_open(s->pid);
	if (s->maps && (mm_of(s, again) != s->mm || !pagemap_alive(again))) {
		free(s->maps);
		s->maps = NULL;
	}
	pagemap_close(again);
	s->map.end = 0;
	return s->maps;
}

bool space_heap(struct space *s, __u64 *start, __u64 *end)
{
	struct pagemap *again;
	bool found;

	if (!s->pm || !maps_heap(s->pid, start, end))
		return false;
	/* as read_maps() */
	again = pagemap_open(s->pid);
	found = mm_of(s, again) == s->mm && pagemap_alive(again);
	pagemap_close(again);
	return found;
}

struct question {
	char path[64];
	__u64 inode;		/* of what is mapped */
	__s64 bytes;
};

/* A file system may be the user's own: its server is asked for nothing, as it need not answer. */
static void ask_length(void *job)
{
	struct question *q = job;
	struct statx st;

	/* a device has no length that could be cut */
	if (!statx(AT_FDCWD, q->path, AT_STATX_DONT_SYNC, STATX_INO | STATX_SIZE | STATX_TYPE, &st) &&
	    st.stx_ino == q->inode && S_ISREG(st.stx_mode))
		q->bytes = st.stx_size;
}

/* Of the file that is mapped, -1 = not known. To find it takes the lock of the address space. */
static __s64 length_of_file(const struct space *s)
{
	struct question *q;
	void *job;
	__s64 bytes;

	if (!s->map.inode)
		return -1;
	job = q = must_alloc(1, sizeof(*q));
	q->inode = s->map.inode;
	q->bytes = -1;
	snprintf(q->path, sizeof(q->path), "/proc/%u/map_files/%llx-%llx", s->pid, s->map.start,
		 s->map.end);
	if (!patient_run(s->pid, ask_length, free, &job))
		return -1;
	bytes = q->bytes;
	free(q);
	return bytes;
}

/* Neighbours mostly lie in one mapping, or in one hole. False where there is none. */
static bool find_map(struct space *s, __u64 addr)
{
	const char *text = s->maps, *end = s->maps + s->maps_len;

	if (addr >= s->map.start && addr < s->map.end)
		return !s->is_hole;
	s->is_hole = true;
	/* they are in order */
	while (maps_next(&text, end, &s->map)) {
		s->is_hole = addr < s->map.start;
		if (addr < s->map.end)
			break;
		s->is_hole = true;
	}
	if (s->is_hole) {
		s->map.end = addr < s->map.start ? s->map.start : ~0ULL;
		s->map.start = addr;
		return false;
	}
	s->map_bytes = length_of_file(s);
	return true;
}

/* A page whose address alone does not tell; what it and the page there belong to does. */
struct doubt {
	struct extent *page;
	enum shown shown;
	size_t pinned, there;	/* indices of the answers; .there with SHOWN_OTHER */
};

static enum mapping judge(struct space *s, const struct doubt *d)
{
	const struct backing *out = s->skel->bss->out_backings;
	struct evidence e = {
		.shown = d->shown, .addr = d->page->addr, .pinned = out[d->pinned],
		.file_bytes = -1, .huge_is_one = s->huge_is_one, .no_pins = s->no_pins,
	};
	enum mapping mapping;

	if (d->shown == SHOWN_OTHER)
		e.there = out[d->there];
	if (find_map(s, e.addr)) {
		e.map = &s->map;
		e.file_bytes = s->map_bytes;
	}
	mapping = backing_judge(&e);
	s->shared += mapping_is_other(mapping) &&
		     (!(e.pinned.flags & BACKING_F_ANON) || (e.pinned.order && s->huge_is_shared));
	return mapping;
}

/* 0, or -errno with a sentence. */
static int settle(struct space *s, const struct doubt *doubts, size_t nr, size_t asked)
{
	int err;

	if (!nr || !read_maps(s))
		return 0;
	err = peek(s->skel->progs.peek_backings, asked, 0, 0);
	/* the kernel may take the pages of a killed process away: from then on they say nothing */
	if (!err && mm_of(s, s->pm) != s->mm)
		return 0;
	for (size_t i = 0; !err && i < nr; i++)
		doubts[i].page->mapping = judge(s, &doubts[i]);
	return err;
}

int space_look(struct space *s, struct extent *pages, size_t nr, __u64 pages_at, __u32 page_size)
{
	__u64 *ask = s->skel->bss->in_pages;
	struct doubt doubts[PEEK_CHUNK];
	size_t asked = 0, in_doubt = 0;
	int err;

	for (size_t i = 0; s->pm && i < nr; i++) {
		struct doubt d = { .page = &pages[i] };
		struct evidence e = { .addr = pages[i].addr };
		__u64 other = 0;

		e.shown = d.shown = pagemap_shows(s->pm, e.addr, pages[i].pfn, &other);
		if (d.shown != SHOWN_OTHER && d.shown != SHOWN_NOTHING && d.shown != SHOWN_SWAPPED) {
			pages[i].mapping = backing_judge(&e);
			s->shared += mapping_is_other(pages[i].mapping);
			continue;
		}
		if (asked + 2 > PEEK_CHUNK) {
			err = settle(s, doubts, in_doubt, asked);
			if (err)
				return err;
			asked = in_doubt = 0;
		}
		d.pinned = asked;
		ask[asked++] = pages_at + pages[i].pfn * page_size;
		d.there = asked;
		if (d.shown == SHOWN_OTHER)
			ask[asked++] = pages_at + other * page_size;
		doubts[in_doubt++] = d;
	}
	return settle(s, doubts, in_doubt, asked);
}
