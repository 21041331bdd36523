// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>
#include "base/alloc.h"
#include "base/err.h"
#include "recording/file.h"
#include "recording/frame.h"

#define LEVEL	1		/* of zstd: others cost as much time, or more room */
#define ROOM	(2 * REC_FRAME_RAW)

void frame_begin(struct frame_writer *f, FILE *out, __u64 at)
{
	if (!f->zstd) {
		f->zstd = must_have(ZSTD_createCCtx());
		f->stored_room = ZSTD_compressBound(ROOM) + ROOM / REC_RATIO_MAX + 16;
		f->raw = must_alloc(ROOM, 1);
		f->stored = must_alloc(f->stored_room, 1);
	}
	f->out = out;
	f->held = must_have(open_memstream(&f->held_bytes, &f->nr_held));
	f->written = f->held_at = at;
	f->nr_raw = 0;
	f->error = 0;
}

bool is_disk_full(int error)
{
	return error == ENOSPC || error == EDQUOT;
}

static bool put_bytes(struct frame_writer *f, const void *bytes, size_t nr)
{
	errno = 0;
	if (!nr || fwrite(bytes, 1, nr, f->held ? : f->out) == nr)
		return true;
	f->error = errno ? errno : EIO;
	return false;
}

/* What part of it came before the file took no more goes again. */
static bool cut_back(struct frame_writer *f)
{
	clearerr(f->out);
	return !ftruncate(fileno(f->out), f->written) && !fseek(f->out, f->written, SEEK_SET);
}

static bool makes_room(struct frame_writer *f)
{
	if (f->held || !f->no_room || !is_disk_full(f->error) || !cut_back(f) || !f->no_room(f->arg))
		return false;
	f->error = 0;
	return true;
}

/* Both, whole or not at all. */
static void put_both(struct frame_writer *f, const void *head, size_t head_size, const void *data, size_t size)
{
	do {
		if (put_bytes(f, head, head_size) && put_bytes(f, data, size)) {
			errno = 0;
			f->error = fflush(f->held ? : f->out) ? (errno ? errno : EIO) : 0;
		}
	} while (f->error && makes_room(f));
	if (!f->error)
		f->written += head_size + size;
	else if (!f->held && ftruncate(fileno(f->out), f->written)) {
		/* a reader finds a frame that is cut off, and says so */
	}
}

static void drop_held(struct frame_writer *f)
{
	if (f->held)
		fclose(f->held);
	f->held = NULL;
	free(f->held_bytes);
	f->held_bytes = NULL;
}

bool frame_release(struct frame_writer *f)
{
	FILE *held = f->held;
	int err;

	if (!held)
		return !f->error;
	f->held = NULL;
	f->written = f->held_at;
	if (fclose(held) || !f->held_bytes)
		must_have(NULL);
	err = f->error ? 0 : -recording_cut(f->out, f->held_at);
	if (err)
		f->error = err;
	else if (!f->error)
		put_both(f, f->held_bytes, f->nr_held, NULL, 0);
	drop_held(f);
	return !f->error;
}

void frame_put_head(struct frame_writer *f, const struct rec_head *head)
{
	put_both(f, head, sizeof(*head), NULL, 0);
}

/* A reader takes what is smaller for one that was made to be large (REC_RATIO_MAX). */
static size_t pad(struct frame_writer *f, size_t n)
{
	size_t least = f->nr_raw / REC_RATIO_MAX + 1, more = least > n ? least - n : 0;
	__u32 head[2];

	if (!more)
		return n;
	/* a frame that zstd skips: its mark and its size, at least */
	more = more < sizeof(head) ? sizeof(head) : more;
	head[0] = ZSTD_MAGIC_SKIPPABLE_START;
	head[1] = more - sizeof(head);
	memset(f->stored + n, 0, more);
	memcpy(f->stored + n, head, sizeof(head));
	return n + more;
}

bool frame_put(struct frame_writer *f)
{
	size_t n = ZSTD_compressCCtx(f->zstd, f->stored, f->stored_room, f->raw, f->nr_raw, LEVEL);
	struct rec_frame head = { .mark = REC_FRAME_MARK, .raw_bytes = f->nr_raw };

	/* there is room for the worst case */
	if (ZSTD_isError(n))
		exit(cannot("cannot compress: %s", ZSTD_getErrorName(n)));
	n = pad(f, n);
	f->nr_raw = 0;
	if (f->error)
		return false;
	head.stored_bytes = n;
	head.crc = crc32(crc32(0, (void *)&head, sizeof(head)), (void *)f->stored, n);
	put_both(f, &head, sizeof(head), f->stored, n);
	return !f->error;
}

void frame_free(struct frame_writer *f)
{
	ZSTD_freeCCtx(f->zstd);
	free(f->raw);
	free(f->stored);
	drop_held(f);
}
