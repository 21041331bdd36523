// SPDX-License-Identifier: GPL-2.0
/*
 * Writes what fuzzing begins with: small recordings with every kind of
 * record, as files and as the records of a frame, for each view; names
 * that hurt each of them; mappings, file names, requests,
 * files of --web-config and what diff compares.
 * usage: corpus FOLDER-OF-RECORDINGS OF-NAMES OF-MAPS OF-REQUESTS OF-WEB OF-DIFF
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

/* Of a file that says so a time is no sum of two numbers that have one. */
static void set_clock_far(char *records)
{
	struct rec_about *about = (void *)(records + sizeof(struct rec));

	about->start_ns = about->realtime_ns = 6000000000000000000;
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

struct seed {
	const char *name, *bytes;
	size_t nr;
};

#define SEED(name, text) { name, text, sizeof(text) - 1 }

/* As maps.c takes them. */
static const struct seed maps[] = {
	SEED("text", "\1" "55e0c0de0000-55e0c0e00000 r-xp 00001000 fe:01 1234                       /usr/bin/a\n"
		     "7f0000000000-7f0000010000 rw-p 00000000 00:00 0 \n"
		     "7f0000010000-7f0000020000 rw-s 00000000 00:01 77  /memfd:x (deleted)\n"
		     "7f0000020000-7f0000030000 r-xp 00002000 fe:01 78  /x/a\\012b c\n"
		     "7ffc0c000000-7ffc0c021000 rw-p 00000000 00:00 0  [stack]\n"
		     "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0  [vsyscall]\n"),
	SEED("names", "\2" "lib/libc.so.6\0" "a\n7f0000000000-7f2000000000 r-xp 00000000 00:00 0\n\0"
		      "a (deleted)\0" "a\\012b\0" "\xff\x1b[2J"),
};

/* As request.c takes them. */
static const struct seed requests[] = {
	SEED("address", "\nGET\n/metrics\n127.0.0.1:9836\napplication/openmetrics-text;version=1.0.0,*/*;q=0.1"),
	SEED("six", "\nGET\n/healthz\n[fe80::1]:9836\ntext/plain"),
	SEED("name", "web1,web1.example\nGET\n/metrics\nWEB1.example:80"),
	SEED("localhost", "a-b_c.d\nHEAD\n/metrics?x\nlocalhost"),
};

/* As web.c takes them. */
static const struct seed webs[] = {
	SEED("both", "---\n# all\ntls_server_config:\n  cert_file: \"c.pem\"\n  key_file: 'k.pem' # of it\n"
		     "  min_version: TLS13\nbasic_auth_users:\n"
		     "  alice: $2b$05$abcdefghijklmnopqrstuu8xaCxxL82bnl.UY74PMksDxIJShppPC\n"),
	SEED("none", "http_server_config:\r\n  http2: false\r\n"),
};

#define RING(fd, buffers) \
	"{\"pid\":7,\"comm\":\"a\\u001bb\",\"creator_pid\":7,\"pinned_vm_pages\":3,\"sq_entries\":4,\"holders\":" \
	"[{\"pid\":7,\"tid\":7,\"start_ns\":9,\"fd\":" fd "}],\"buffers\":[" buffers "]}"
#define BUFFER(index, refs) \
	"{\"index\":" index ",\"addr\":\"0x1000\",\"len_bytes\":4096,\"charged_pages\":1,\"refs\":" refs ",\"kernel\":false}"
#define FINDING \
	"{\"tag\":\"stale-page\",\"severity\":\"error\",\"pid\":7,\"comm\":\"a\",\"fd\":3,\"index\":-1,\"detail\":\"\\ud83d\\ude00\"}"
#define OF_RINGS(rings, findings) \
	"{\"schema\":2,\"boot_id\":\"x\",\"page_bytes\":4096,\"rings\":[" rings "],\"verdict\":\"unsettled\",\"findings\":[" findings "]}"
#define OF_RUN(nr) \
	"{\"schema\":2,\"selection\":{\"processes\":[{\"pid\":7,\"ns_pid\":3}],\"uid\":0,\"comms\":[\"a*\"],\"cut\":true}," \
	"\"duration_ns\":9,\"calls\":[{\"call\":\"update\",\"calls\":" nr ",\"p50_ns\":null}],\"fixed\":{\"ops\":" nr "},\"findings\":[]}"

/* As diff.c takes them. */
static const struct seed diffs[] = {
	SEED("rings", OF_RINGS(RING("3", BUFFER("0", "2")) "," RING("4", BUFFER("0", "2")), "") "\n"
	     OF_RINGS(RING("3", BUFFER("0", "1") "," BUFFER("1", "1")), FINDING)),
	SEED("runs", OF_RUN("3") "\n" OF_RUN("7")),
};

static int save_seeds(const char *folder, const struct seed *seeds, size_t nr)
{
	int err = 0;

	for (size_t i = 0; !err && i < nr; i++) {
		char path[4096];
		FILE *f;

		snprintf(path, sizeof(path), "%s/%s", folder, seeds[i].name);
		f = fopen(path, "w");
		err = !f || fwrite(seeds[i].bytes, 1, seeds[i].nr, f) < seeds[i].nr || fclose(f);
		if (err)
			perror(path);
	}
	return err;
}

int main(int argc, char **argv)
{
	static char file[1 << 16], records[1 << 16];
	int err = argc != 7;

	for (int view = 0; !err && view < 16; view++) {
		size_t nr = story_record(&plain_story, file, sizeof(file),
					 view & 4 ? TIER_FUNCTIONS : TIER_TRACEPOINTS);

		err = save(argv[1], view, 1, file, nr);
		nr = records_of(records, sizeof(records), file, nr);
		err = err || save(argv[1], view, 0, records, nr);
		set_clock_far(records);
		err = err || save(argv[1], 16 + view, 0, records, nr);
	}
	for (int view = 0; !err && view < 40; view++)
		err = save_names(argv[2], view);
	return err || save_seeds(argv[3], maps, sizeof(maps) / sizeof(maps[0])) ||
	       save_seeds(argv[4], requests, sizeof(requests) / sizeof(requests[0])) ||
	       save_seeds(argv[5], webs, sizeof(webs) / sizeof(webs[0])) ||
	       save_seeds(argv[6], diffs, sizeof(diffs) / sizeof(diffs[0]));
}
