// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/files.h"

#define FIRST_ROOM 16384

char *file_read(int fd, size_t max_bytes, size_t *len)
{
	size_t room = FIRST_ROOM;
	char *text = NULL;
	ssize_t n = -1;
	int err;

	*len = 0;
	if (fd < 0)
		return NULL;
	for (; room <= max_bytes; room *= 2) {
		text = must_realloc(text, room, 1);
		do {
			n = read(fd, text + *len, room - *len);
			*len += n > 0 ? n : 0;
		} while (n > 0 && *len < room);
		if (n <= 0)
			break;
	}
	err = n > 0 ? EFBIG : errno;
	close(fd);
	if (!n)
		return text;
	free(text);
	*len = 0;
	errno = err;
	return NULL;
}

char *file_text(int dir, const char *name, size_t max_bytes)
{
	size_t len;
	char *text = file_read(openat(dir, name, O_RDONLY | O_CLOEXEC), max_bytes, &len);

	if (!text)
		return NULL;
	text = must_realloc(text, len + 1, 1);
	text[len] = 0;
	return text;
}

const char *text_line(const char *text, const char *name)
{
	for (; text; text = strchr(text, '\n') ? strchr(text, '\n') + 1 : NULL)
		if (!strncmp(text, name, strlen(name)))
			return text + strlen(name);
	return NULL;
}
