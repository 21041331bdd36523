/* SPDX-License-Identifier: GPL-2.0 */
/* Memory whose pages are of a known size and present, and files to read it from. */
#ifndef FIXBUF_MEMORY_H
#define FIXBUF_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Of this system, in bytes. */
size_t mem_page_bytes(void);

#define PAGE	mem_page_bytes()
#define THP	(PAGE / 8 * PAGE)	/* what a table of the lowest level maps */

/* Anonymous pages that are no part of huge ones, all present; ends the program when there are none. */
char *mem_pages(size_t pages);
/* One transparent huge page, present; NULL when this kernel gives none. */
char *mem_huge(void);
/* A page of System V shared memory, attached with these SHM_* flags; NULL without. */
char *mem_shm(int flags);
/* Makes the pages present by writing to each. */
void mem_touch(char *p, size_t pages);

/* A real file that can be opened with O_DIRECT, already unlinked; -1 without. */
int mem_file(size_t bytes, bool *direct);
/* A file in the page cache, already unlinked, whose reads complete as they are submitted; -errno. */
int mem_cached_file(size_t bytes);

#endif
