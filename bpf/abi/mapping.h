/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whether memory of a mapping can be registered. The programs in the kernel ask it of a
 * struct vm_area_struct, the user side of a line of /proc/PID/maps: one answer for both.
 */
#ifndef FIXBUF_BPF_ABI_MAPPING_H
#define FIXBUF_BPF_ABI_MAPPING_H

#include <linux/magic.h>
#include <linux/types.h>
#include <stdbool.h>
#include "abi/fact.h"

/* fact_entry.vma_flags, as include/linux/mm.h has them in every version */
#define VM_READ		0x1UL
#define VM_WRITE	0x2UL
#define VM_EXEC		0x4UL
#define VM_SHARED	0x8UL
#define VM_MAYSHARE	0x80UL
#define VM_UFFD_MISSING	0x200UL
#define VM_PFNMAP	0x400UL
#define VM_IO		0x4000UL

/*
 * .not_supported: the call ended with EOPNOTSUPP, which before 34ed8d0dcd69 ("io_uring: rsrc:
 * delegate VMA file-backed check to GUP"), 6.5, is the answer to memory of any file; later
 * only shared memory of files that are written back is refused.
 */
static inline __attribute__((always_inline)) enum entry_state
mapping_state(__u64 flags, __u32 fs_magic, bool file, bool not_supported)
{
	bool own_pages = fs_magic == TMPFS_MAGIC || fs_magic == HUGETLBFS_MAGIC;

	if (flags & (VM_IO | VM_PFNMAP))
		return ENTRY_SPECIAL;
	if (!(flags & VM_WRITE))
		return flags & VM_READ ? ENTRY_READ_ONLY : ENTRY_NO_ACCESS;
	if (file && !own_pages && (not_supported || (flags & VM_SHARED)))
		return ENTRY_FILE;
	return ENTRY_OK;
}

#endif
