// SPDX-License-Identifier: GPL-2.0
/*
 * Files that a watched program chose, of any bytes, as the process reads them that is to bear it
 * (libFuzzer). Memory has that process's bound by the sanitizer's allocator. The first byte
 * chooses: 1, the file is a map that a runtime wrote; 2, the address is one behind a call;
 * 4, the file is its own debug information. Two bytes more are the place that is asked for.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "capture/symbols_elf.h"

static int file_of(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size) {
		perror("memfd");
		abort();
	}
	return fd;
}

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "elf: %s\n", what);
	abort();
}

static void check_place(const struct elf_place *p)
{
	must(strnlen(p->name, sizeof(p->name)) < sizeof(p->name), "a name without an end");
	must(strnlen(p->file, sizeof(p->file)) < sizeof(p->file), "a file's name without an end");
	must(p->frame <= FRAME_STACK_POINTER, "a frame of no kind");
	must(!p->line || p->file[0], "a line of no file");
}

static void read_elf(unsigned int how, __u64 offset, const uint8_t *data, size_t size)
{
	struct elf_file *f = elf_load_library() ? NULL : elf_file_open(file_of(data, size));
	__u8 id[BUILD_ID_MAX];
	struct elf_place place;

	if (!f)
		return;
	must(elf_file_build_id(f, id) <= BUILD_ID_MAX, "a build-id that is too long");
	if (how & 4)
		elf_file_add_debug(f, file_of(data, size));
	for (int i = 0; i < 3; i++) {
		elf_file_find(f, offset + 16 * i, how & 2, &place);
		check_place(&place);
	}
	elf_file_close(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct elf_place place;
	__u64 offset;
	int fd;

	if (size < 4)
		return 0;
	offset = data[1] | data[2] << 8;
	if (!(data[0] & 1)) {
		read_elf(data[0], offset, data + 3, size - 3);
		return 0;
	}
	fd = file_of(data + 3, size - 3);
	perf_map_find(fd, offset, &place);
	close(fd);
	check_place(&place);
	return 0;
}
