// SPDX-License-Identifier: GPL-2.0
/*
 * Writes what fuzzing begins with: small recordings with every kind of
 * record, as files and as the records of a frame, for each view; and names
 * that hurt each of them.
 * usage: corpus FOLDER FOLDER-OF-NAMES
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>
#include "recording/format.h"
#include "story.h"

/* The records of all frames, one behind the other. */
static size_t records_of(char *to, size_t room, const char *file, size_t nr)
{
	size_t n = 0, at = sizeof(struct rec_head);
	struct rec_frame frame;

	while (at + sizeof(frame) <= nr) {
		memcpy(&frame, file + at, sizeof(frame));
		at += sizeof(frame);
		n += ZSTD_decompress(to + n, room - n, file + at, frame.stored_bytes);
		at += frame.stored_bytes;
	}
	return n;
}

static int save(const char *folder, int view, int kind, const char *bytes, size_t nr)
{
	const unsigned char how[] = { view << 1 | kind | (view & 8 ? 0x40 : 0), view };
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s-%d", folder, kind ? "file" : "records", view);
	f = fopen(path, "w");
	if (!f || fwrite(how, 1, 2, f) < 2 || fwrite(bytes, 1, nr, f) < nr || fclose(f))
		return perror(path), 1;
	return 0;
}

/* As names.c cuts them: comm, file, symbol, module, source, note, sentence, command, another comm. */
static int save_names(const char *folder, int view)
{
	static const char *const names[] = {
		"\033[2J\a\nx", "\xff\xc2\x9b" "1m\"</script>", "a;b c\xe2\x80\xae", "/tmp/\n\"\\<b>",
		"\xc3\xa9\xf0\x9f\x98\x80\xed\xa0\x80", "\xe2\x80\xa8\x7f", "\r\t{\"a\":1}", "-- \033]0;x\a", "\\x1b",
	};
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/view-%d", folder, view);
	f = fopen(path, "w");
	if (!f)
		return perror(path), 1;
	fputc(view, f);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		fprintf(f, "%c%s", (int)strlen(names[i]), names[i]);
	return fclose(f) ? perror(path), 1 : 0;
}

int main(int argc, char **argv)
{
	static char file[1 << 16], records[1 << 16];
	int err = argc != 3;

	for (int view = 0; !err && view < 16; view++) {
		size_t nr = story_record(&plain_story, file, sizeof(file),
					 view & 4 ? TIER_FUNCTIONS : TIER_TRACEPOINTS);

		err = save(argv[1], view, 1, file, nr) ||
		      save(argv[1], view, 0, records, records_of(records, sizeof(records), file, nr));
	}
	for (int view = 0; !err && view < 40; view++)
		err = save_names(argv[2], view);
	return err;
}
