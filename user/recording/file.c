// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include "base/err.h"
#include "base/open_safely.h"
#include "recording/file.h"
#include "recording/format.h"

#define ADVICE	"; name another file with -o"

static int refuse(const char *path, const char *why)
{
	return err_set(EINVAL, "cannot write to %s: it %s" ADVICE, path, why);
}

/* 0, or -errno with a sentence. */
static int check_kind(const char *path, const struct stat *st)
{
	if (!S_ISREG(st->st_mode))
		return refuse(path, "is not a regular file");
	if (st->st_uid != geteuid())
		return refuse(path, "belongs to another user");
	if (st->st_nlink > 1)
		return refuse(path, "has another name, which may be another user's");
	return 0;
}

/* What is there already, without effect on it. 0, or -errno with a sentence. */
static int check_place(const char *path)
{
	struct stat st;
	int fd = open_safely(path, O_PATH | O_NOFOLLOW | O_CLOEXEC), err;

	if (fd == -ENOENT)
		return 0;
	if (fd == -ELOOP)
		return refuse(path, "is reached through a link that another user may change");
	if (fd < 0)
		return err_set(-fd, "cannot write to %s: %s; name a file that can be created with -o",
			       path, strerror(-fd));
	err = fstat(fd, &st) ? -errno : 0;
	close(fd);
	if (err)
		return err_set(-err, "cannot write to %s: %s" ADVICE, path, strerror(-err));
	if (S_ISLNK(st.st_mode))
		return refuse(path, "is a link; name the file that it leads to");
	return check_kind(path, &st);
}

static int prepare(int fd, const char *path)
{
	struct stat st;
	int err;

	if (fstat(fd, &st))
		return err_set(errno, "cannot write to %s: %s" ADVICE, path, strerror(errno));
	err = check_kind(path, &st);
	if (err)
		return err;
	if (flock(fd, LOCK_EX | LOCK_NB))
		return errno == EWOULDBLOCK ? refuse(path, "is being written by another recording") :
		       err_set(errno, "cannot lock %s: %s" ADVICE, path, strerror(errno));
	return 0;
}

FILE *recording_create(const char *path)
{
	FILE *f = NULL;
	int fd;

	if (check_place(path))
		return NULL;
	fd = open_safely(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0) {
		err_set(-fd, "cannot write to %s: %s; name a file that can be created with -o", path,
			strerror(-fd));
		errno = -fd;
		return NULL;
	}
	if (!prepare(fd, path))
		f = fdopen(fd, "r+");
	if (!f)
		close(fd);
	else
		/* the writer's frames are whole, and what does not fit is not tried again later */
		setvbuf(f, NULL, _IONBF, 0);
	return f;
}

bool recording_is_written(const char *path)
{
	int fd = open_input(path);
	bool is = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;

	if (fd >= 0)
		close(fd);
	return is;
}

/* ---- what is added to ------------------------------------------------------------------- */

static int damaged(long at)
{
	return err_set(EINVAL, "it is damaged at offset %ld" ADVICE, at);
}

static int cannot_append(void)
{
	return err_set(errno ? errno : EIO, "cannot append to it: %s", strerror(errno ? errno : EIO));
}

static bool read_at(FILE *f, long at, void *to, size_t nr)
{
	errno = 0;
	return !fseek(f, at, SEEK_SET) && fread(to, nr, 1, f) == 1;
}

/* Of a part's head, as it says. -1 with a sentence. */
static long head_size(const struct rec_head *head, long at)
{
	if (head->endian == REC_ENDIAN_OTHER)
		return err_set(EINVAL, "what begins at offset %ld was recorded in the other byte order" ADVICE, at);
	if (head->endian == REC_ENDIAN && (head->version < REC_VERSION_OLDEST || head->version > REC_VERSION))
		return err_set(EINVAL, "what begins at offset %ld was recorded by another version" ADVICE, at);
	return head->endian != REC_ENDIAN || head->size < sizeof(*head) || head->size > REC_HEAD_MAX ? damaged(at) : (long)head->size;
}

/* The same of a frame with what it stores, which is as it was written; .room: up to the end of the file. */
static long frame_size(FILE *f, const struct rec_frame *frame, long at, long room)
{
	const long size = sizeof(*frame) + (long)frame->stored_bytes;
	struct rec_frame bare = *frame;
	char bytes[1 << 14];
	__u32 crc;

	if (frame->mark != REC_FRAME_MARK || !frame->raw_bytes || frame->raw_bytes > REC_FRAME_MAX ||
	    !frame->stored_bytes || frame->stored_bytes > REC_STORED_MAX)
		return damaged(at);
	/* it was cut off */
	if (size > room)
		return size;
	bare.crc = 0;
	crc = crc32(0, (void *)&bare, sizeof(bare));
	for (long done = sizeof(*frame), n; done < size; done += n) {
		n = size - done < (long)sizeof(bytes) ? size - done : (long)sizeof(bytes);
		if (!read_at(f, at + done, bytes, n))
			return cannot_append();
		crc = crc32(crc, (void *)bytes, n);
	}
	return crc == frame->crc ? size : damaged(at);
}

long recording_append_at(FILE *f)
{
	struct rec_frame frame;
	struct rec_head head;
	long at = 0, room, n;
	bool part;

	if (fseek(f, 0, SEEK_END) || (room = ftell(f)) < 0)
		return cannot_append();
	for (; room; at += n, room -= n) {
		n = room < (long)sizeof(head) ? room : (long)sizeof(head);
		if (!read_at(f, at, &head, n))
			return cannot_append();
		memcpy(&frame, &head, sizeof(frame));
		part = !memcmp(&head, REC_MAGIC, n < (long)sizeof(head.magic) ? n : (long)sizeof(head.magic));
		if (!at && !part)
			return err_set(EINVAL, "it is not a recording" ADVICE);
		if (n < (long)(part ? sizeof(head) : sizeof(frame)))
			break;
		n = part ? head_size(&head, at) : frame_size(f, &frame, at, room);
		if (n < 0)
			return n;
		if (n > room)
			break;
	}
	return at;
}

int recording_cut(FILE *f, long at)
{
	const int fd = fileno(f);
	struct stat st;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		return 0;
	/* what is begun anew only we may read */
	return (!at && fchmod(fd, 0600)) || ftruncate(fd, at) || fseek(f, at, SEEK_SET) ? -errno : 0;
}
