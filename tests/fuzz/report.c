// SPDX-License-Identifier: GPL-2.0
/*
 * The reader and all views of report over any bytes (libFuzzer). The first
 * byte chooses the view; odd: what follows the second is a file, even: it is
 * the records of one frame, to which head, compression and checksum are added
 * so that the fuzzer gets past them.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>
#include "base/alloc.h"
#include "recording/format.h"
#include "commands/report/report.h"

static FILE *out;

static size_t frame_records(char *to, size_t room, const uint8_t *records, size_t nr)
{
	struct rec_head head = {
		.magic = REC_MAGIC, .endian = REC_ENDIAN, .version = REC_VERSION,
		.size = sizeof(head),
	};
	struct rec_frame frame = { .mark = REC_FRAME_MARK, .raw_bytes = nr };
	char *stored = to + sizeof(head) + sizeof(frame);
	size_t n = ZSTD_compress(stored, room - (stored - to), records, nr, 1);

	if (ZSTD_isError(n))
		return 0;
	frame.stored_bytes = n;
	frame.crc = crc32(crc32(0, (void *)&frame, sizeof(frame)), (void *)stored, n);
	memcpy(to, &head, sizeof(head));
	memcpy(to + sizeof(head), &frame, sizeof(frame));
	return stored + n - to;
}

static void show(struct report_options *o, const void *bytes, size_t nr)
{
	struct recording *r = recording_open_bytes("fuzz", bytes, nr);

	if (r)
		report(o, r, "fuzz");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct report_options o = { .fail_on = SEVERITY_WARNING, .by_buffer = true, .hist = true };
	size_t nr = size > 2 ? size - 2 : 0, room = ZSTD_compressBound(nr) + 64;
	char *file;

	if (!out)
		out = fopen("/dev/null", "w");
	if (!out || !nr)
		return 0;
	o.output.out = out;
	o.view = (data[0] >> 1) % (REPORT_SQLITE + 1);
	o.output.path = o.view == REPORT_SQLITE ? ":memory:" : NULL;
	o.output.json = data[0] & 0x40 && o.view < REPORT_FOLDED;
	o.advise = data[1] & 1;
	o.folded_by = data[1] & 3;
	o.output.timestamps = data[1] & 4;
	o.at = o.view == REPORT_LIST && data[1] & 8 ? "1s" : NULL;
	if (data[0] & 1) {
		show(&o, data + 2, nr);
		return 0;
	}
	file = must_alloc(room, 1);
	show(&o, file, frame_records(file, room, data + 2, nr));
	free(file);
	return 0;
}
