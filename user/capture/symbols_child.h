/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The processes that read files which watched programs chose. One is forked before there is
 * anything to take, and forks the readers; each is a user of its own without capabilities,
 * sees what it is sent, and is told apart by its place.
 */
#ifndef FIXBUF_CAPTURE_SYMBOLS_CHILD_H
#define FIXBUF_CAPTURE_SYMBOLS_CHILD_H

#include <sys/types.h>
#include "capture/symbols_elf.h"

#define READERS		4
#define READER_FILES	8

enum reader_task {
	READER_OPEN,	/* with a descriptor: an ELF file; answers with its build-id */
	READER_DEBUG,	/* with a descriptor: debug information of the file of this place */
	READER_FIND,	/* .offset in the file of this place */
	READER_MAP,	/* with a descriptor: .offset, an address, in a map that a runtime wrote */
};

struct reader_question {
	__u32 task, slot;
	__u64 offset;
	__u32 returns;		/* bool: the place is one past what is asked for */
	__u32 pad;
};

struct reader_answer {
	__u32 known;		/* bool */
	__u32 build_id_len;	/* of READER_OPEN */
	__u8 build_id[BUILD_ID_MAX];
	struct elf_place place;	/* of the others */
};

enum nursery_task {
	NURSERY_START,	/* with a descriptor: ends the reader of this place and starts another */
	NURSERY_END,
};

struct nursery_request {
	__u32 task, place;
};

/* Serves these until the other end closes, or who forked this process ends. */
void nursery_run(int socket, pid_t parent) __attribute__((noreturn));

#endif
