/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Names of places in one file, from its descriptor alone: no other file is opened, whatever
 * this one says. It is read by libelf and libdw, and may have been made to harm them: to be
 * called where there is nothing to take (symbols_child.c).
 */
#ifndef FIXBUF_CAPTURE_SYMBOLS_ELF_H
#define FIXBUF_CAPTURE_SYMBOLS_ELF_H

#include <linux/types.h>
#include <stdbool.h>

#define SYMBOL_TEXT	512	/* longest name with its NUL; a longer one ends in "..." */
#define BUILD_ID_MAX	32

struct elf_file;

/* How the function at an address finds where it returns to. */
enum frame_kind {
	FRAME_UNKNOWN,
	FRAME_POINTER,		/* through the frame pointer */
	FRAME_NONE,		/* where the call left it, user_caller() in bpf/kernel/regs.h: it has no frame */
	FRAME_STACK_POINTER,	/* at an offset from the stack pointer */
};

struct elf_place {
	__u64 offset;			/* into the function */
	__u32 line;			/* 0 without .file */
	__u32 frame;			/* enum frame_kind */
	__u32 unread;			/* bool: a table of symbols is too large, or could not be read */
	char name[SYMBOL_TEXT];		/* "" = none known */
	char file[SYMBOL_TEXT];		/* of the source */
};

/* Loads libdw into this process, before all else here. 0, or -errno with a sentence. */
int elf_load_library(void);
/* Takes the descriptor over, also on failure; NULL when it is no ELF file. */
struct elf_file *elf_file_open(int fd);
/* Its length in bytes, 0 = none. */
__u32 elf_file_build_id(struct elf_file *f, __u8 id[BUILD_ID_MAX]);
/* A file of debug information with the same build-id, whose names come first; takes .fd over. */
void elf_file_add_debug(struct elf_file *f, int fd);
/* The place at this offset in the file; .returns: it is one past what is asked for. */
void elf_file_find(struct elf_file *f, __u64 offset, bool returns, struct elf_place *place);
void elf_file_close(struct elf_file *f);

/* A line "ADDRESS SIZE NAME" of a text file that runtimes which compile write; all hexadecimal. */
void perf_map_find(int fd, __u64 ip, struct elf_place *place);

#endif
