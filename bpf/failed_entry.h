/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which iovec of a call that failed is to blame, decided in the order in which the kernel
 * looks at them. Looking at mappings takes bpf_loop(), from e6f2dd0f8067 ("bpf: Add bpf_loop
 * helper"), and bpf_find_vma(), from 7c7e3d31e785 ("bpf: Introduce helper bpf_find_vma"),
 * both 5.17. Without them, and where another thread changes mappings just then, the first entries
 * are told as they are, and the user side looks into /proc.
 */
#ifndef FIXBUF_BPF_FAILED_ENTRY_H
#define FIXBUF_BPF_FAILED_ENTRY_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi/fact.h"
#include "abi/limits.h"
#include "abi/mapping.h"
#include "kernel/ring.h"
#include "emit.h"
#include "page_size.h"
#include "kernel/register_call.h"

#define S_IFMT		0170000
#define S_IFREG		0100000
#define MAX_VMAS	4096
#define MAX_PAGES	(1U << 18)	/* that are looked at for one call: 1 GiB */

struct user_iovec {
	__u64 base;
	__u64 len;
};

/* As a ring takes them that a 32-bit call made. */
struct user_iovec32 {
	__u32 base;
	__u32 len;
};

struct scan {
	__u64 iov;		/* user address of the array */
	__u64 base, len;	/* of the entry that is looked at */
	__u64 at, end;		/* what of it has not been looked at yet */
	__u64 vma_start, vma_end, vma_flags;
	__u64 file_bytes;	/* of the mapping that its file fills, ~0 = there is no such end */
	__u64 need_pages;
	__u64 dentry, fs_type;
	__u32 index;
	__u32 fs_magic;
	__u32 state;		/* enum entry_state */
	__s32 error;		/* what the call returned, positive */
	__u32 pages_left;	/* that may still be looked at */
	__u32 compat;		/* the array is one of struct user_iovec32 */
	__u32 told;		/* facts of entries, those that found no room included */
};

struct work {
	struct call_args args;
	struct scan scan;
	struct stack_ids stacks;
};

/*
 * The working memory of a CPU. It is a map because the verifier does not follow the values
 * in one: looking at the loops with each combination of values took it most of a start. The
 * program never runs on a CPU before its last run there has ended.
 */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct work);
} works SEC(".maps");

static __always_inline struct work *work_of_cpu(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&works, &zero);
}

static __always_inline struct scan *scan_of_cpu(void)
{
	struct work *w = work_of_cpu();

	return w ? &w->scan : NULL;
}

static __always_inline __u64 entry_bytes(bool compat)
{
	return compat ? sizeof(struct user_iovec32) : sizeof(struct user_iovec);
}

/* Returns not 0 where it cannot be read. */
static __always_inline int read_entry(__u64 slot, bool compat, struct user_iovec *v)
{
	struct user_iovec32 v32;
	int err;

	if (!compat)
		return bpf_probe_read_user(v, sizeof(*v), (void *)slot);
	err = bpf_probe_read_user(&v32, sizeof(v32), (void *)slot);
	v->base = v32.base;
	v->len = v32.len;
	return err;
}

/* Only a regular file has an end. */
static __always_inline __u64 file_bytes(struct vm_area_struct *vma, struct file *file)
{
	__u64 offset = BPF_CORE_READ(vma, vm_pgoff) * PAGE_BYTES;
	__u64 size = BPF_CORE_READ(file, f_inode, i_size);

	if ((BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFREG)
		return ~0ULL;
	return size > offset ? (size - offset + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1) : 0;
}

static long look_at_vma(struct task_struct *task, struct vm_area_struct *vma, void *none)
{
	struct file *file = BPF_CORE_READ(vma, vm_file);
	struct scan *s = scan_of_cpu();

	(void)task;
	(void)none;
	if (!s)
		return 1;
	s->vma_start = BPF_CORE_READ(vma, vm_start);
	s->vma_end = BPF_CORE_READ(vma, vm_end);
	s->vma_flags = BPF_CORE_READ(vma, vm_flags);
	s->fs_magic = 0;
	s->dentry = 0;
	s->fs_type = 0;
	s->file_bytes = ~0ULL;
	if (file) {
		s->file_bytes = file_bytes(vma, file);
		s->dentry = (__u64)BPF_CORE_READ(file, f_path.dentry);
		s->fs_magic = BPF_CORE_READ(file, f_inode, i_sb, s_magic);
		s->fs_type = (__u64)BPF_CORE_READ(file, f_inode, i_sb, s_type);
	}
	return 0;
}

/* The verifier looks only once at a global function whose arguments are plain numbers. */
__noinline int vma_state(__u64 flags, __u32 fs_magic, bool file, __u32 error)
{
	return mapping_state(flags, fs_magic, file, error == EOPNOTSUPP);
}

/*
 * A pin makes each page present, up to the one that cannot be had: after the call, the first
 * that is not there is the one where it failed.
 */
static long next_page(__u32 i, void *none)
{
	struct scan *s = scan_of_cpu();
	__u8 byte;

	(void)i;
	(void)none;
	if (!s || s->at >= s->end || s->at >= s->vma_end || !s->pages_left)
		return 1;
	s->pages_left--;
	if (!bpf_probe_read_user(&byte, sizeof(byte), (void *)s->at)) {
		s->at += PAGE_BYTES;
		return 0;
	}
	s->state = ENTRY_ABSENT;
	return 1;
}

/* Why the page at .at is not there, of what a look from here can tell. */
static __always_inline __u32 absent_state(const struct scan *s)
{
	if (s->at - s->vma_start >= s->file_bytes)
		return ENTRY_BEYOND_FILE;
	if (s->vma_flags & VM_UFFD_MISSING)
		return ENTRY_USERFAULT;
	return ENTRY_ABSENT;
}

static long next_vma(__u32 i, void *none)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct scan *s = scan_of_cpu();
	long err;

	(void)i;
	(void)none;
	if (!s || s->at >= s->end)
		return 1;
	s->vma_end = 0;
	err = bpf_find_vma(task, s->at, look_at_vma, NULL, 0);
	/* another thread changes mappings right now, and nobody may wait here */
	if (err == -EBUSY) {
		s->state = ENTRY_UNCHECKED;
		return 1;
	}
	if (err || s->vma_end <= s->at) {
		s->state = ENTRY_UNMAPPED;
		s->vma_start = 0;
		return 1;
	}
	s->state = vma_state(s->vma_flags, s->fs_magic, s->dentry, s->error);
	if (s->state != ENTRY_OK)
		return 1;
	if (s->error == EFAULT && s->pages_left) {
		bpf_loop(MAX_PAGES, next_page, NULL, 0);
		if (s->state == ENTRY_ABSENT) {
			s->state = absent_state(s);
			return 1;
		}
	}
	s->at = s->vma_end;
	return 0;
}

__noinline int range_state(__u64 base, __u64 len)
{
	if (!base && (len || slots_are_structs()))
		return ENTRY_NULL;
	if (base && !len)
		return ENTRY_EMPTY;
	if (len > max_entry_bytes())
		return ENTRY_TOO_LONG;
	if (base + len < base)
		return ENTRY_WRAPS;
	return ENTRY_OK;
}

static long next_entry(__u32 i, void *none)
{
	struct scan *s = scan_of_cpu();
	struct user_iovec v;
	__u64 slot;

	(void)none;
	if (!s)
		return 1;
	slot = s->iov + entry_bytes(s->compat) * i;
	s->index = i;
	s->base = 0;
	s->len = 0;
	if (read_entry(slot, s->compat, &v)) {
		s->at = slot;
		s->state = ENTRY_UNREADABLE;
		return 1;
	}
	s->state = range_state(v.base, v.len);
	v.base = untagged(v.base);
	s->base = v.base;
	s->len = v.len;
	s->at = v.base;
	if (s->state != ENTRY_OK)
		return 1;
	s->end = (v.base + v.len + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
	s->at = v.base & ~(PAGE_BYTES - 1);
	s->need_pages += (s->end - s->at) / PAGE_BYTES;
	/* only these errors are about mappings */
	if (v.base && (s->error == EFAULT || s->error == EOPNOTSUPP))
		bpf_loop(MAX_VMAS, next_vma, NULL, 0);
	return s->state != ENTRY_OK;
}

/* Fills all of .out but its head. */
static __always_inline void fill_entry(struct fact_entry *out, const struct scan *s)
{
	struct dentry *dentry = (void *)s->dentry;
	struct file_system_type *type = (void *)s->fs_type;

	out->base = s->base;
	out->len_bytes = s->len;
	out->at = s->at;
	out->vma_start = s->vma_start;
	out->vma_end = s->vma_end;
	out->vma_flags = s->vma_flags;
	out->index = s->index;
	out->state = s->state;
	out->fs_magic = s->fs_magic;
	out->looked = s->state == ENTRY_ABSENT ? LOOKED_FILE : 0;
	__builtin_memset(&out->file, 0, sizeof(out->file));
	__builtin_memset(&out->fs_name, 0, sizeof(out->fs_name));
	if (type) {
		const char *name = BPF_CORE_READ(type, name);

		bpf_probe_read_kernel_str(&out->fs_name, sizeof(out->fs_name), name);
	}
	if (dentry) {
		const unsigned char *name = BPF_CORE_READ(dentry, d_name.name);

		bpf_probe_read_kernel_str(&out->file, sizeof(out->file), name);
	}
}

/*
 * Tells the first entry that cannot be registered, if there is one. Returns the pages that
 * the entries up to there span, or -1 when mappings cannot be looked at now.
 */
__noinline int blame_entry(__u64 iov, __u32 nr, __u32 error, __u64 ring, __u32 call)
{
	struct scan *s = scan_of_cpu();
	struct fact_entry *out;

	if (!s)
		return 0;
	__builtin_memset(s, 0, sizeof(*s));
	s->iov = iov;
	s->error = error;
	s->pages_left = MAX_PAGES;
	s->compat = ring_is_compat(ring);
	bpf_loop(nr < TABLE_MAX_SLOTS ? nr : TABLE_MAX_SLOTS, next_entry, NULL, 0);
	if (s->state == ENTRY_UNCHECKED)
		return -1;
	if (s->state == ENTRY_OK)
		return s->need_pages;
	s->told = 1;
	out = fact_reserve(sizeof(*out), FACT_ENTRY, ring, call);
	if (out) {
		fill_entry(out, s);
		fact_submit(out);
	}
	return s->need_pages;
}

/* Tells one entry without its mappings. Returns 0 when the kernel went on to the next one. */
__noinline int tell_entry(__u64 slot, __u32 index, __u64 ring, __u32 call)
{
	struct scan s = { .index = index, .at = slot, .state = ENTRY_UNREADABLE };
	struct scan *of_cpu = scan_of_cpu();
	struct user_iovec v = {};
	struct fact_entry *out;

	if (!read_entry(slot, ring_is_compat(ring), &v)) {
		s.base = untagged(v.base);
		s.len = v.len;
		s.at = s.base;
		s.state = range_state(v.base, v.len);
		if (s.state == ENTRY_OK)
			s.state = ENTRY_UNCHECKED;
	}
	if (of_cpu)
		of_cpu->told++;
	out = fact_reserve(sizeof(*out), FACT_ENTRY, ring, call);
	if (out) {
		fill_entry(out, &s);
		fact_submit(out);
	}
	return s.state != ENTRY_UNCHECKED;
}

#endif
