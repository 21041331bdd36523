// SPDX-License-Identifier: GPL-2.0
/*
 * report on recordings that were made to harm who reads them: small files of numbers and names that
 * nothing is against, but that there are so many. Each ends soon and in little memory, in every
 * view: with what it says, or one sentence.
 * Independent of the kernel: not run in guests.
 * Not under ASan: its shadow is no memory that can be counted.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>
#include <abi/hist.h>
#include "recording/format.h"
#include "tool.h"

#define RING(i)		(0xffff888000000000ULL + 4096ULL * (i))
#define MOST_KB		(100L << 10)
#define MOST_S		10	/* ten times what the slowest may take on an idle machine */
#define TABLE		16384
#define BYTES		(1L << 20)	/* of a file, about */
#define KB		1024
#define EACH		3	/* of so many views one reads a file; HOSTILE_ALL: all do */

static char folder[] = "/tmp/fixbuf-hostile-XXXXXX";
static char path[64], database[64];
static FILE *file;
static char raw[REC_FRAME_RAW + 2 * 65536];
static size_t nr_raw;
static __u64 t_ns;

/* ---- a file ------------------------------------------------------------------------ */

static void flush(void)
{
	static char stored[2 * sizeof(raw)];
	struct rec_frame head = { .mark = REC_FRAME_MARK, .raw_bytes = nr_raw };
	size_t n, least = nr_raw / REC_RATIO_MAX + 1;
	__u32 skipped[2] = { ZSTD_MAGIC_SKIPPABLE_START };

	if (!nr_raw)
		return;
	n = ZSTD_compress(stored, sizeof(stored), raw, nr_raw, 3);
	if (ZSTD_isError(n))
		bail("cannot compress");
	if (n < least) {
		skipped[1] = least - n;
		memset(stored + n, 0, sizeof(skipped) + skipped[1]);
		memcpy(stored + n, skipped, sizeof(skipped));
		n += sizeof(skipped) + skipped[1];
	}
	head.stored_bytes = n;
	head.crc = crc32(crc32(0, (void *)&head, sizeof(head)), (void *)stored, n);
	fwrite(&head, sizeof(head), 1, file);
	fwrite(stored, n, 1, file);
	nr_raw = 0;
}

static void put(enum rec_type type, __u32 id, const void *data, size_t size)
{
	const struct rec rec = { .type = type, .flags = REC_F_FED | REC_F_SHOWN, .size = size, .id = id };

	memcpy(raw + nr_raw, &rec, sizeof(rec));
	memset(raw + nr_raw + sizeof(rec), 0, REC_ALIGN(size));
	memcpy(raw + nr_raw + sizeof(rec), data, size);
	nr_raw += sizeof(rec) + REC_ALIGN(size);
	if (nr_raw >= REC_FRAME_RAW)
		flush();
}

static void begin(void)
{
	const struct rec_head head = {
		.magic = REC_MAGIC, .endian = REC_ENDIAN, .version = REC_VERSION,
		.size = sizeof(head),
	};
	const struct rec_about about = { .page_bytes = 4096, .cpus = 2, .tier = 3, .kernel = "6.1" };
	const struct rec_look look = { 0 };

	file = fopen(path, "we");
	if (!file)
		bail("%s: %s", path, strerror(errno));
	fwrite(&head, sizeof(head), 1, file);
	put(REC_ABOUT, 0, &about, sizeof(about));
	put(REC_LOOK, 0, &look, sizeof(look));
}

static bool has_room(void)
{
	return ftell(file) < BYTES;
}

static struct fact fact(enum fact_kind kind, size_t size, __u64 ring)
{
	return (struct fact){
		.size = size, .kind = kind, .ring = ring, .pid = 812, .tid = 812, .uid = 1000,
		.t_ns = ++t_ns, .comm = { "hostile" },
	};
}

static void put_ring(enum fact_kind kind, __u64 i, __u32 slots)
{
	struct fact_ring f = {
		.h = fact(kind, sizeof(f), RING(i)), .user = RING(i), .mm = RING(i), .nr_slots = slots,
		.ring_flags = RING_F_LIMITED, .charged_uid = i, .fd = 6,
	};

	f.h.pid = i + 1;
	put(REC_FACT, 0, &f, sizeof(f));
}

static void put_buffer(__u64 ring, __u32 index, __u64 buf, __u64 addr)
{
	struct fact_buffer f = {
		.h = fact(FACT_BUFFER, sizeof(f), RING(ring)), .buf = buf, .addr = addr,
		.len_bytes = 4096, .charged_pages = 1, .index = index, .segments = 1,
		.folio_shift = 12, .refs = 1,
	};

	put(REC_FACT, 0, &f, sizeof(f));
}

static struct fact_call call(__u64 ring, enum call_op op, __u32 slots, __s64 result)
{
	struct fact_call f = {
		.h = fact(FACT_CALL, sizeof(f), RING(ring)), .user = RING(1), .mm = RING(1),
		.limit_bytes = 4096, .op = op, .nr = slots, .nr_slots = slots, .result = result,
		.fd = 6, .charged_uid = 1000, .start_ns = t_ns,
	};

	return f;
}

/* ---- what is in it ----------------------------------------------------------------- */

static void many_strings(void)
{
	static char text[4096];

	memset(text, ' ', sizeof(text));
	for (__u32 id = 1; has_room(); id++)
		put(REC_STRING, id, text, id % 2 ? sizeof(text) : 1);
}

/* Each of as many frames as there may be, of names as long as they may be; and all calls have them. */
static void deep_stacks(bool one)
{
	static struct {
		struct rec_stack head;
		struct rec_stack_frame frames[2 * STACK_FRAMES];
	} stack = { .head = { .nr_kernel = STACK_FRAMES, .nr_user = STACK_FRAMES } };
	static char text[4096];
	struct fact_call f = call(1, CALL_REGISTER, 1, -12);

	memset(text, 'x', sizeof(text));
	put(REC_STRING, 1, text, sizeof(text));
	for (size_t i = 0; i < 2 * STACK_FRAMES; i++)
		stack.frames[i] = (struct rec_stack_frame){ .ip = i, .symbol = 1, .module = 1, .file = 1 };
	put(REC_STACK, 1, &stack, sizeof(stack));
	for (__u32 id = 2; has_room(); id++) {
		if (!one) {
			stack.frames[0].ip = id;
			put(REC_STACK, id, &stack, sizeof(stack));
		}
		put(REC_FACT, one ? 1 : id, &f, sizeof(f));
	}
}

static void all_stacks(void)
{
	deep_stacks(false);
}

static void one_stack(void)
{
	deep_stacks(true);
}

static void large_tables(void)
{
	for (__u64 i = 1; has_room(); i++)
		put_ring(FACT_RING_CREATE, i, 65536);
}

static void many_rings(void)
{
	for (__u64 i = 1; has_room(); i++)
		put_ring(i % 2 ? FACT_RING_CREATE : FACT_RING, i, 1);
}

static void many_buffers(void)
{
	for (__u64 i = 1; has_room(); i++) {
		struct fact_pin pin = {
			.h = fact(FACT_PIN, sizeof(pin), RING(1 + i / TABLE)), .buf = RING(i), .addr = i << 12,
			.pages = 1, .result = 1, .folio_shift = 12,
		};

		put(REC_FACT, 0, &pin, sizeof(pin));
		put_buffer(1 + i / TABLE, i % TABLE, RING(i), i << 12);
	}
}

/* One that moves all the time is looked for in every slot of every ring. */
static void buffers_that_move(void)
{
	for (__u64 i = 1; i < 200; i++)
		put_ring(FACT_RING, i, TABLE);
	for (__u64 i = 1; has_room(); i++)
		put_buffer(199, TABLE - 1, RING(1), i << 12);
}

static void tables_that_grow(void)
{
	for (__u64 i = 1; has_room(); i++) {
		struct fact_call f = call(1, i % 2 ? CALL_REGISTER : CALL_UNREGISTER, 65535, 0);

		put(REC_FACT, 0, &f, sizeof(f));
	}
}

static void many_failures(void)
{
	for (__u64 i = 1; has_room(); i++) {
		struct fact_call f = call(i, CALL_REGISTER, i, -12);

		f.h.pid = i;
		f.user_before_pages = f.user_after_pages = i;
		put(REC_FACT, 0, &f, sizeof(f));
	}
}

static void many_holders(void)
{
	for (__u64 i = 1; has_room(); i++) {
		struct fact_holder f = {
			.h = fact(FACT_HOLDER, sizeof(f), RING(1 + i / 16000)), .files = i, .mm = i, .user = i,
			.fd = i, .reg_index = -1,
		};

		f.h.pid = i;
		put(REC_FACT, 0, &f, sizeof(f));
	}
}

/* Rows with every bucket in use, read again and again. */
static void many_counters(void)
{
	static struct {
		struct rec_io_row row;
		struct rec_bucket buckets[HIST_BUCKETS];
	} r;
	struct rec_io io = { 0 };

	for (size_t i = 0; i < HIST_BUCKETS; i++)
		r.buckets[i] = (struct rec_bucket){ .index = i, .count = 1 };
	r.row.nr_buckets = HIST_BUCKETS;
	r.row.ops = 1;
	while (has_room()) {
		for (__u64 i = 1; i < 32768 && has_room(); i++) {
			r.row.ring = RING(i);
			r.row.who = i;
			put(REC_IO_ROW, 0, &r, sizeof(r));
		}
		io.t_ns = ++t_ns;
		put(REC_IO, 0, &io, sizeof(io));
	}
}

/* One byte of a frame makes a part, and each view ends one and begins the next. */
static void many_parts(void)
{
	const struct rec_head head = {
		.magic = REC_MAGIC, .endian = REC_ENDIAN, .version = REC_VERSION,
		.size = sizeof(head),
	};

	flush();
	while (has_room())
		fwrite(&head, sizeof(head), 1, file);
}

static const struct {
	const char *what;
	void (*write)(void);
} bombs[] = {
	{ "strings", many_strings }, { "stacks", all_stacks }, { "a stack of every call", one_stack },
	{ "rings", many_rings }, { "tables of many slots", large_tables }, { "buffers", many_buffers },
	{ "buffers that move", buffers_that_move }, { "tables that come and go", tables_that_grow },
	{ "failures", many_failures }, { "holders", many_holders }, { "counters", many_counters },
	{ "parts", many_parts },
};

/* ---- who reads it ------------------------------------------------------------------ */

static const char *const views[][3] = {
	{ "--summary" }, { "--summary", "--json" }, { "--trace" }, { "--trace", "--json" }, { "--list" },
	{ "--list", "--json" }, { "--verify" }, { "--verify", "--json" }, { "--stat" },
	{ "--stat", "--json", "--by-buffer" }, { "--folded" }, { "--perfetto=/dev/null" },
	{ "--html=/dev/null" }, { database },
};

#define NR(a) (sizeof(a) / sizeof((a)[0]))

struct ran {
	int status;
	long kb;
	double s;
	char *said;
};

static void run(struct ran *r, const char *const *view)
{
	FILE *said = tmpfile();
	struct rusage u;
	pid_t pid;
	int status = -1;

	if (!said)
		bail("a file: %s", strerror(errno));
	pid = fork();
	if (!pid) {
		const struct rlimit cpu = { 2 * MOST_S, 2 * MOST_S };

		setrlimit(RLIMIT_CPU, &cpu);
		dup2(open("/dev/null", O_WRONLY), 1);
		dup2(fileno(said), 2);
		execl(tool_path(), tool_path(), "report", path, view[0], view[1], view[1] ? view[2] : NULL, NULL);
		_exit(127);
	}
	if (wait4(pid, &status, 0, &u) != pid)
		bail("wait4: %s", strerror(errno));
	r->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	r->kb = u.ru_maxrss;
	r->s = u.ru_utime.tv_sec + u.ru_stime.tv_sec + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
	rewind(said);
	r->said = stream_text(said);
	fclose(said);
}

/* .first: which of the views is the first to read it. */
static void read_all(const char *what, size_t first)
{
	size_t each = getenv("HOSTILE_ALL") ? 1 : EACH;
	struct ran most = { 0 };
	size_t refused = 0, wrong = 0;

	for (size_t i = first % each; i < NR(views); i += each) {
		struct ran r;

		run(&r, views[i]);
		if (getenv("HOSTILE_SHOW"))
			note("%s %s %s: status %d, %ld KiB, %.2f s: %.150s", what, views[i][0],
			     views[i][1] ? views[i][1] : "", r.status, r.kb, r.s, r.said);
		most.kb = r.kb > most.kb ? r.kb : most.kb;
		most.s = r.s > most.s ? r.s : most.s;
		refused += r.status == 2;
		/* refused in a sentence, or nothing was, or it says that something was found or cut off */
		if (r.status > 4 || r.status == 3 || (r.status == 2 && strcspn(r.said, "\n") + 1 < strlen(r.said))) {
			wrong++;
			note("%s %s: status %d: %.300s", what, views[i][0], r.status, r.said);
		}
		free(r.said);
	}
	is(wrong, 0, "%s: each view prints what there is or says in a sentence why not (%zu refuse)", what, refused);
	ok(most.kb < MOST_KB, "%s: in %ld MiB", what, most.kb / KB);
	ok(most.s < MOST_S, "%s: in %.2f s", what, most.s);
}

/* Where record would have written, somebody has put what nobody writes into. */
static void pipe_in_the_way(void)
{
	struct tool_run a;

	if (mkfifo(path, 0666))
		bail("mkfifo: %s", strerror(errno));
	tool_as(&a, &(struct tool_how){ .timeout_s = MOST_S }, "report", path, NULL);
	is(a.status, 2, "a pipe in the place of a recording: report ends");
	has_text(a.err, "it is a named pipe, not a file", "and says what it is");
	tool_free(&a);
	unlink(path);
}

int main(int argc, char **argv)
{
	if (!mkdtemp(folder))
		bail("a folder: %s", strerror(errno));
	snprintf(path, sizeof(path), "%s/rec", folder);
	snprintf(database, sizeof(database), "--sqlite=%s/db", folder);
	for (size_t i = 0; i < NR(bombs); i++) {
		if (argc > 1 && strcmp(argv[1], bombs[i].what))
			continue;
		t_ns = 0;
		begin();
		bombs[i].write();
		flush();
		if (fclose(file))
			bail("%s: %s", path, strerror(errno));
		read_all(bombs[i].what, i);
	}
	unlink(path);
	pipe_in_the_way();
	unlink(strchr(database, '/'));
	rmdir(folder);
	return tap_end();
}
