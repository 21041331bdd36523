// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>
#include "base/alloc.h"
#include "base/array.h"
#include "base/err.h"
#include "base/open_safely.h"
#include "base/untrusted.h"
#include "checks/failure_setup.h"
#include "model/fact.h"
#include "recording/reader.h"
#include "recording/reader_about.h"
#include "recording/reader_fact.h"
#include "recording/reader_io.h"
#include "recording/reader_losers.h"
#include "recording/reader_memory.h"
#include "recording/reader_tables.h"

struct recording {
	char *name;
	char **then;		/* owned: files that follow */
	size_t nr_then, at_then;
	FILE *in;
	__u64 offset;		/* of the frame that is being read */
	__u64 size;		/* of what was read so far */
	ZSTD_DCtx *zstd;
	char *raw, *stored;	/* of the frame */
	size_t nr_raw, at;
	bool ended;		/* the part's end was told */
	struct rec_head head;	/* begun to be read when the part before it was cut off */
	bool head_waits;
	struct origin about;
	struct recording_hosts hosts;
	struct recording_tables tables;
	struct recording_io io;
	struct recording_memory memory;
	union any_fact fact;
	struct evidence_room evidence; /* of the next fact */
	char explain[EXPLAIN_LEN];
	struct failure why;	/* of the next fact */
	bool has_why;		/* .explain is the file's own */
	__u64 facts, lost, t_ns;	/* of the part, so far */
	struct recording_losers losers;
};

static int broken(const struct recording *r, const char *what)
{
	return err_set(EINVAL, "%s: at offset %llu: %s; the file is damaged, or fixbuf-trace did not write it",
		       r->name, r->offset, what);
}

/* ---- parts and frames ------------------------------------------------------------- */

/* Returns how much there was. */
static size_t read_bytes(struct recording *r, void *to, size_t nr)
{
	size_t n = fread(to, 1, nr, r->in);

	r->size += n;
	return n;
}

static void part_free(struct recording *r)
{
	tables_free(&r->tables);
	recording_io_free(&r->io);
	r->has_why = false;
	r->facts = r->lost = r->t_ns = 0;
	recording_losers_free(&r->losers);
}

/* .head: its first bytes were read already. 0, or -errno with a sentence. */
static int begin_part(struct recording *r, struct rec_head *head, size_t have)
{
	const __u64 read_ns = r->io.all.t_ns;
	char skipped[64];

	if (read_bytes(r, (char *)head + have, sizeof(*head) - have) < sizeof(*head) - have)
		return broken(r, "the file ends inside its header");
	if (head->endian != REC_ENDIAN && head->endian != REC_ENDIAN_OTHER)
		return broken(r, "a header that is of no byte order");
	if (head->endian != REC_ENDIAN)
		return err_set(EINVAL, "%s: at offset %llu: recorded on a machine of the other byte order; run report on such a machine",
			       r->name, r->offset);
	if (head->version < REC_VERSION_OLDEST || head->version > REC_VERSION)
		return err_set(EINVAL, "%s: at offset %llu: format version %u, this program reads versions %u to %u; use the fixbuf-trace that recorded it",
			       r->name, r->offset, head->version, REC_VERSION_OLDEST, REC_VERSION);
	if (head->size < sizeof(*head) || head->size > REC_HEAD_MAX)
		return broken(r, "a header of an impossible size");
	for (__u32 left = head->size - sizeof(*head), n; left; left -= n) {
		n = left < sizeof(skipped) ? left : sizeof(skipped);
		if (read_bytes(r, skipped, n) < n)
			return broken(r, "the file ends inside its header");
	}
	recording_ends(&r->hosts, &r->about, r->t_ns);
	part_free(r);
	r->io.all.t_ns = read_ns;
	r->ended = false;
	memset(&r->about, 0, sizeof(r->about));
	r->about.format = head->version;
	return 0;
}

/* 1, 0 when the file ends in it, or -errno with a sentence. */
static int read_frame(struct recording *r, const struct rec_frame *head)
{
	struct rec_frame bare = *head;
	__u32 crc;
	size_t n;

	if (head->mark != REC_FRAME_MARK)
		return broken(r, "no frame begins here");
	if (!head->raw_bytes || head->raw_bytes > REC_FRAME_MAX || !head->stored_bytes || head->stored_bytes > REC_STORED_MAX)
		return broken(r, "a frame of an impossible size");
	if (head->raw_bytes > REC_RATIO_FREE && head->raw_bytes / REC_RATIO_MAX > head->stored_bytes)
		return broken(r, "a frame that unpacks to more than any recording's does");
	if (read_bytes(r, r->stored, head->stored_bytes) < head->stored_bytes)
		return 0;
	bare.crc = 0;
	crc = crc32(crc32(0, (void *)&bare, sizeof(bare)), (void *)r->stored, head->stored_bytes);
	if (crc != head->crc)
		return broken(r, "a frame whose checksum is wrong");
	n = ZSTD_decompressDCtx(r->zstd, r->raw, head->raw_bytes, r->stored, head->stored_bytes);
	if (ZSTD_isError(n) || n != head->raw_bytes)
		return broken(r, "a frame that does not decompress to its stated size");
	r->nr_raw = n;
	r->at = 0;
	return 1;
}

/* The next frame, over the heads of parts. 1, 0 at the end of file or part, -errno. */
static int next_frame(struct recording *r)
{
	struct rec_frame frame;
	size_t n;
	int err;

	for (;;) {
		if (r->head_waits) {
			r->head_waits = false;
			err = begin_part(r, &r->head, sizeof(frame));
			if (err)
				return err;
		}
		r->offset = r->size;
		n = read_bytes(r, &frame, sizeof(frame));
		/* the begin of a part of which a crash left no more says nothing */
		if (r->ended && n && n < sizeof(frame) &&
		    memcmp(&frame, REC_MAGIC, n < sizeof(r->head.magic) ? n : sizeof(r->head.magic)))
			return broken(r, "bytes after the end that are no recording");
		if (n < sizeof(frame))
			return 0;
		if (!memcmp(&frame, REC_MAGIC, sizeof(r->head.magic))) {
			memcpy(&r->head, &frame, sizeof(frame));
			r->head_waits = true;
			/* a part that was cut off: tell its end first */
			if (!r->ended)
				return 0;
			continue;
		}
		if (r->ended)
			return broken(r, "a frame after the end");
		return read_frame(r, &frame);
	}
}

/* ---- records ---------------------------------------------------------------------- */

static int on_about(struct recording *r, const struct rec *rec, const void *data)
{
	const char *wrong = recording_about(&r->about, rec, data);

	recording_hosts(&r->hosts, &r->about);
	r->t_ns = r->about.start_ns;
	/* the counters of a part that goes on count from where they were read last, after the part before had ended */
	if (!r->about.goes_on || r->io.all.t_ns < r->about.start_ns)
		r->io.all.t_ns = r->about.start_ns;
	return wrong ? broken(r, wrong) : 0;
}

/* A sentence: recordings hold evidence now, of which the sentence is made. */
static int on_why(struct recording *r, const struct rec *rec, const char *data)
{
	struct evidence_room *to = &r->evidence;
	size_t skip = rec->id == 1 ? sizeof(to->entry) : 0, len;

	if (rec->size < skip)
		return broken(r, "an explanation that is too short");
	memcpy(&to->entry, data, skip);
	to->e.entry = skip ? &to->entry : NULL;
	len = rec->size - skip;
	tame(r->explain, sizeof(r->explain),
	     (struct untrusted){ data + skip, strnlen(data + skip, len) });
	r->has_why = true;
	return 0;
}

/* Says why the fact that was just read failed; NULL where nothing is to be said. */
static const struct failure *why_of(struct recording *r, bool shown)
{
	const struct fact_call *c = &r->fact.call;
	bool told = r->has_why, setup = c->h.kind == FACT_SETUP;

	r->has_why = false;
	if (!told && (!shown || (!setup && (c->h.kind != FACT_CALL || !fact_call_incomplete(c)))))
		return NULL;
	if (!told && setup)
		explain_setup(r->explain, &r->fact.setup, &r->evidence.e);
	else if (!told)
		explain_call(r->explain, c, &r->evidence.e);
	return &r->why;
}

/* 1, 0 for a kind that is not known, or -errno. */
static int on_fact(struct recording *r, const struct rec *rec, const void *data, struct event *out)
{
	const char *wrong;
	int known = recording_fact(&r->fact, data, rec->size, &wrong);

	if (wrong)
		return broken(r, wrong);
	if (!known)
		return 0;
	out->kind = EVENT_FACT;
	out->fact = &r->fact.h;
	out->t_ns = r->t_ns = r->fact.h.t_ns;
	out->fed = rec->flags & REC_F_FED;
	out->shown = rec->flags & REC_F_SHOWN;
	out->why = why_of(r, out->shown);
	out->stack = tables_stack(&r->tables, rec->id);
	r->facts += fact_is_event(&r->fact.h);
	return tables_too_long(&r->tables, r->size) ? broken(r, "longer stacks than any recording has") : 1;
}

static void on_lost(struct recording *r, const struct rec *rec, const void *data, struct event *out)
{
	struct rec_lost lost;

	record_take(&lost, sizeof(lost), rec, data);
	out->kind = EVENT_LOST;
	out->t_ns = r->t_ns;
	out->lost = (struct lost_events){ lost.count, lost.cpu, lost.after_seq, lost.before_seq };
	r->lost += lost.count;
}

static void on_end(struct recording *r, const struct rec *rec, const void *data, struct event *out)
{
	struct rec_end end;

	record_take(&end, sizeof(end), rec, data);
	out->kind = EVENT_END;
	out->t_ns = r->t_ns = end.t_ns;
	/* older files counted what was there, too */
	out->end = (struct event_end){
		.clean = true, .t_ns = end.t_ns, .facts = r->facts, .lost = end.lost,
		.stacks_lost = end.stacks_lost, .left_out = end.left_out,
		.losers = r->losers.events, .nr_losers = r->losers.nr_events,
		.io_losers = r->losers.io, .nr_io_losers = r->losers.nr_io,
	};
	out->io = &r->io.all;
	r->ended = true;
}

/* 1 when there is something to tell, 0 when not, or -errno. */
static int on_record(struct recording *r, const struct rec *rec, const void *data, struct event *out)
{
	const char *wrong = NULL;

	switch (rec->type) {
	case REC_ABOUT:
		return on_about(r, rec, data);
	case REC_WHY:
		return on_why(r, rec, data);
	case REC_EVIDENCE:
		recording_evidence(&r->evidence, rec, data);
		return 0;
	case REC_FACT:
		return on_fact(r, rec, data, out);
	case REC_LOOK:
		recording_look(rec, data, out);
		return 1;
	case REC_LOST:
		on_lost(r, rec, data, out);
		return 1;
	case REC_END:
		on_end(r, rec, data, out);
		return 1;
	case REC_USER_LOST:
	case REC_USER_IO_LOST:
		recording_loser(&r->losers, rec, data);
		return 0;
	case REC_STRING:
		wrong = tables_add_string(&r->tables, rec, data, r->size);
		break;
	case REC_STACK:
		wrong = tables_add_stack(&r->tables, rec, data);
		break;
	case REC_MEMORY:
		wrong = recording_memory(&r->memory, rec, data, out);
		break;
	case REC_IO:
	case REC_IO_ROW:
	case REC_IO_BUFFER:
	case REC_IO_ADDRESS:
	case REC_IO_FAULT:
	case REC_IO_FAILURE:
	case REC_IO_CALLS:
		wrong = recording_io_add(&r->io, rec, data);
		break;
	}
	if (wrong)
		return broken(r, wrong);
	if (rec->type != REC_IO)
		return rec->type == REC_MEMORY;
	out->kind = EVENT_IO;
	out->t_ns = r->io.all.t_ns;
	out->io = &r->io.all;
	out->io_since = &r->io.since;
	return 1;
}

/* What was read up to where the file was cut off. */
static int tell_cut(struct recording *r, struct event *out)
{
	out->kind = EVENT_END;
	out->t_ns = r->t_ns;
	out->end = (struct event_end){ .facts = r->facts, .lost = r->lost };
	out->io = &r->io.all;
	r->ended = true;
	return 1;
}

/* ---- from file to file -------------------------------------------------------------- */

/* 0, or -errno with a sentence. */
static int begin_file(struct recording *r)
{
	struct rec_head head;
	size_t n = read_bytes(r, &head, sizeof(head.magic));

	if (ferror(r->in))
		return err_set(EIO, "cannot read %s: %s", r->name, strerror(errno));
	if (n < sizeof(head.magic) || memcmp(head.magic, REC_MAGIC, sizeof(head.magic)))
		return err_set(EINVAL, "%s: at offset 0: not a recording; give a file that 'fixbuf-trace record' wrote",
			       r->name);
	return begin_part(r, &head, n);
}

static FILE *open_named(const char *path)
{
	/* where others may write there may lie a pipe with the usual name, into which nobody writes */
	int fd = open_input(path);
	FILE *in = fd >= 0 ? fdopen(fd, "r") : NULL;

	if (in)
		return in;
	err_set(errno, "cannot open %s: %s", path, input_error(errno));
	if (fd >= 0)
		close(fd);
	return NULL;
}

static int go_on(struct recording *r)
{
	FILE *in = open_named(r->then[r->at_then]);

	if (!in)
		return -ENOENT;
	fclose(r->in);
	free(r->name);
	r->in = in;
	r->name = must_strdup(r->then[r->at_then++]);
	r->offset = r->size = 0;
	r->head_waits = false;
	return begin_file(r);
}

int recording_next(struct recording *r, struct event *out)
{
	memset(out, 0, sizeof(*out));
	memset(&r->evidence.e, 0, sizeof(r->evidence.e));
	out->origin = &r->about;
	for (;;) {
		struct rec rec;
		const char *data;
		int n;

		if (r->at == r->nr_raw) {
			n = next_frame(r);
			out->offset = r->offset;
			if (n < 0)
				return n;
			if (n)
				continue;
			if (ferror(r->in))
				return err_set(EIO, "cannot read %s: %s", r->name, strerror(errno));
			if (!r->ended)
				return tell_cut(r, out);
			if (r->at_then == r->nr_then)
				return 0;
			n = go_on(r);
			if (n < 0)
				return n;
			continue;
		}
		out->offset = r->offset;
		if (r->nr_raw - r->at < sizeof(rec))
			return broken(r, "a frame that ends in a record");
		memcpy(&rec, r->raw + r->at, sizeof(rec));
		data = r->raw + r->at + sizeof(rec);
		if (REC_ALIGN(rec.size) > r->nr_raw - r->at - sizeof(rec))
			return broken(r, "a record that is longer than its frame");
		if (r->ended)
			return broken(r, "a record after the end");
		r->at += sizeof(rec) + REC_ALIGN(rec.size);
		n = on_record(r, &rec, data, out);
		if (n)
			return n;
	}
}

/* ---- open and close ------------------------------------------------------------------ */

static struct recording *open_stream(const char *name, FILE *in)
{
	struct recording *r = must_alloc(1, sizeof(*r));

	r->name = must_strdup(name);
	r->in = in;
	r->zstd = must_have(ZSTD_createDCtx());
	r->why = (struct failure){ r->explain, &r->evidence.e };
	r->raw = must_alloc(REC_FRAME_MAX, 1);
	r->stored = must_alloc(REC_STORED_MAX, 1);
	if (!begin_file(r))
		return r;
	recording_close(r);
	return NULL;
}

struct recording *recording_open(const char *path)
{
	FILE *in = open_named(path);

	return in ? open_stream(path, in) : NULL;
}

void recording_then(struct recording *r, const char *path)
{
	array_grow(r->then, r->nr_then);
	r->then[r->nr_then++] = must_strdup(path);
}

bool recording_is_of_many(const struct recording *r)
{
	return r->nr_then;
}

const char *recording_name(const struct recording *r)
{
	return r->name;
}

struct recording *recording_open_bytes(const char *name, const void *bytes, size_t nr)
{
	FILE *in = nr ? fmemopen((void *)bytes, nr, "r") : fopen("/dev/null", "re");

	if (!in)
		err_set(errno, "cannot read %s: %s", name, strerror(errno));
	return in ? open_stream(name, in) : NULL;
}

const struct origin *recording_origin(const struct recording *r)
{
	return &r->about;
}

void recording_close(struct recording *r)
{
	if (!r)
		return;
	part_free(r);
	fclose(r->in);
	ZSTD_freeDCtx(r->zstd);
	free(r->raw);
	free(r->stored);
	free(r->name);
	free(r->memory.list);
	for (size_t i = 0; i < r->nr_then; i++)
		free(r->then[i]);
	free(r->then);
	free(r);
}
