// SPDX-License-Identifier: GPL-2.0
/* Each I/O that fails is told with its own cause, evidence and remedy, wherever it is told. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "load.h"
#include "tool.h"
#include "tool_json.h"

/* What the explanation of each cause must say. */
static const struct cause {
	const char *name, *opcode, *errno_name, *says, *also;
	int count;		/* 0: as the load says; else also another cause of the load comes to it */
} causes[] = {
	{ "other-buffer", "READ_FIXED", "EFAULT", "lies in buffer 1, but buf_index says 0", "set buf_index to 1", 0 },
	{ "no-buffer", "READ_FIXED", "EFAULT", "lies in no registered buffer", "register that memory", 0 },
	{ "past-end", "WRITE_FIXED", "EFAULT", "ends 511 bytes past buffer 0", "ask for less", 0 },
	{ "bad-index", "READ_FIXED", "EFAULT", "there is no buffer 7, the table has 3", "set buf_index", 0 },
	{ "empty-slot", "READ_FIXED", "EFAULT", "slot 2 is empty", "BUFFERS_UPDATE", 0 },
	{ "shorter", "READ_FIXED", "EFAULT", "ends 511 bytes past buffer 1", "ask for less", 0 },
	{ "replaced", "WRITE_FIXED", "EFAULT", "lies in no registered buffer", "register that memory", 0 },
	{ "unregistered", "WRITE_FIXED", "EFAULT", "slot 1 is empty", "BUFFERS_UPDATE", 0 },
	{ "second-iovec", "READV_FIXED", "EFAULT", "iovec 1 (", "lies in buffer 1, but buf_index says 0; one request uses one buffer", 0 },
	{ "unmapped", "READ", "EFAULT", "0x10 + 512 bytes is not mapped", "", 0 },
	{ "iovecs", "READV", "EINVAL", "1025 iovecs", "split it", 0 },
	{ "sqe-flags", "WRITE", "EINVAL", "0x80", "none of IOSQE_", 0 },
	{ "rw-flags", "READ", "EOPNOTSUPP", "rw_flags 0x100000 are unknown", "clear them", 0 },
	{ "provided", "READ_FIXED", "EOPNOTSUPP", "IOSQE_BUFFER_SELECT", "clear the flag", 0 },
	{ "negative", "WRITE_FIXED", "EINVAL", "offset 0xfffffffffffff000 is negative", "", 0 },
	{ "priority-class", "READ_FIXED", "EINVAL", "ioprio 0xe001 asks for class 7", "0 to 3", 0 },
	{ "priority-level", "WRITE_FIXED", "EINVAL", "ioprio 0x3 has a level without a class", "name one", 0 },
	{ "personality", "READ_FIXED", "EINVAL", "names personality 77", "IORING_REGISTER_PERSONALITY", 0 },
	{ "attribute", "READ_FIXED", "EINVAL", "attr_type_mask 0x2", "IORING_RW_ATTR_FLAG_PI", 0 },
	{ "attribute-nowhere", "READ_FIXED", "EFAULT", "what attr_ptr of the sqe points to", "pass addresses", 0 },
	{ "direct-address", "READ_FIXED", "EINVAL", "the address 0x", "O_DIRECT, and its device takes", 0 },
	{ "direct-length", "READ_FIXED", "EINVAL", "the length 100 is none", "multiples of 512", 0 },
	{ "direct-offset", "READ_FIXED", "EINVAL", "the offset 7 is none", "align it", 0 },
	{ "direct-iovec", "READV", "EINVAL", "lengths of its 1 iovec were not looked at", "multiples of 512", 0 },
	{ "closed", "READ_FIXED", "EBADF", "its descriptor is not open", "", 6 },
	{ "write-only", "READ_FIXED", "EBADF", "open O_WRONLY", "O_RDWR", 0 },
	{ "read-only", "WRITE_FIXED", "EBADF", "open O_RDONLY", "O_RDWR", 0 },
	{ "no-file-table", "READ_FIXED", "EBADF", "the ring has no registered files", "IORING_REGISTER_FILES", 0 },
	{ "empty-file-slot", "READ_FIXED", "EBADF", "beyond the table of 1, or of an empty slot", "IOSQE_FIXED_FILE", 0 },
	{ "broken-pipe", "WRITE_FIXED", "EPIPE", "other end of the pipe", "", 0 },
	{ "zero-copy-unix", "SEND_ZC", "EOPNOTSUPP", "AF_UNIX", "use SEND", 0 },
	{ "shut-down", "SEND", "EPIPE", "the connection was shut down", "", 0 },
	{ "full", "WRITE_FIXED", "ENOSPC", "the file system (tmpfs) has no room left", "free some", 0 },
	{ "after-failed", "WRITE_FIXED", "ECANCELED", "failed: EBADF", "the READ_FIXED before it in its link", 0 },
	{ "after-short", "WRITE_FIXED", "ECANCELED", "was short: 4 KiB of 8 KiB", "IOSQE_IO_HARDLINK", 0 },
	{ "head-of-refused", "READ_FIXED", "ECANCELED", "heads a link of which the WRITEV", "refused at submission: EINVAL", 0 },
	{ "cancelled", "READ_FIXED", "ECANCELED", "by IORING_OP_ASYNC_CANCEL", "not the cause are its link", 0 },
	{ "timed-out", "READ_FIXED", "ECANCELED", "linked timeout (IORING_OP_LINK_TIMEOUT)", "", 0 },
	{ "thread-ended", "READ_FIXED", "ECANCELED", "the thread that submitted it,", "submit from one that stays", 0 },
	{ "polled-buffered", "WRITE_FIXED", "EOPNOTSUPP", "takes files that are open with O_DIRECT only", "IORING_SETUP_IOPOLL", 0 },
	{ "polled-socket", "READ_FIXED", "EOPNOTSUPP", "polls for no socket", "without that flag", 0 },
	{ "restricted", "WRITE_FIXED", "EACCES", "restrictions of the ring", "IORING_REGISTER_RESTRICTIONS", 0 },
	/* of io_causes_file */
	{ "o-path", "READ_FIXED", "EBADF", "or is open with O_PATH", "", 0 },
	{ "no-reads", "READ_FIXED", "EINVAL", "takes no reads at all", "pass the descriptor that was meant", 0 },
	{ "short-record", "READ_FIXED", "EINVAL", "take whole records only", "8 bytes at least for eventfd()", 0 },
	{ "directory", "READ", "EISDIR", "is a directory", "", 0 },
	{ "proc-mem", "READ", "EIO", "one of the kernel's own (proc)", "nothing is there at that offset", 0 },
	{ "no-number", "WRITE", "EINVAL", "one of the kernel's own (proc)", "takes certain texts", 0 },
	{ "command", "URING_CMD", "EOPNOTSUPP", "takes no such command", "/dev/ng0n1", 0 },
	{ "sealed", "WRITE_FIXED", "EPERM", "F_SEAL_WRITE", "which was not looked at", 0 },
	{ "file-size", "WRITE_FIXED", "EFBIG", "RLIMIT_FSIZE", "ulimit -f", 0 },
	{ "no-socket", "SEND", "ENOTSOCK", "is no socket", "", 0 },
	{ "never-connected", "SEND", "EPIPE", "or it never was connected", "", 0 },
	{ "not-connected", "RECV", "ENOTCONN", "is not connected", "connect or accept first", 0 },
	{ "no-address", "SEND", "EDESTADDRREQ", "names no address", "", 0 },
	{ "broadcast", "SENDMSG", "EACCES", "SO_BROADCAST", "", 0 },
	{ "other-family", "SENDMSG", "EAFNOSUPPORT", "of another family than the socket", "", 0 },
	{ "port-0", "SENDMSG", "EINVAL", "the socket refuses it", "port 0", 0 },
	{ "message-iovecs", "SENDMSG", "EMSGSIZE", "has more than 1024 iovecs", "send less", 0 },
	{ "zero-copy-urgent", "SEND_ZC", "EOPNOTSUPP", "msg_flags", "or is neither TCP nor UDP", 0 },
	{ "padded", "SEND_ZC", "EINVAL", "a field of the sqe is refused", "padding) were not looked at", 0 },
	{ "out-of-band", "SEND", "EOPNOTSUPP", "msg_flags", "MSG_OOB", 0 },
	{ "skips-success", "SEND_ZC", "EINVAL", "IOSQE_CQE_SKIP_SUCCESS", "clear the flag", 0 },
	{ "multishot", "RECV", "EINVAL", "IORING_RECV_MULTISHOT takes provided buffers", "set IOSQE_BUFFER_SELECT", 0 },
	{ "too-long", "SEND", "EMSGSIZE", "longer than the socket sends", "send less", 0 },
	{ "hipri", "READ_FIXED", "EINVAL", "RWF_HIPRI asks for polled I/O", "IORING_SETUP_IOPOLL", 0 },
	{ "no-provided", "READ", "ENOBUFS", "the group of provided buffers", "IORING_REGISTER_PBUF_RING", 0 },
	{ "unknown-op", "READV_FIXED", "EINVAL", "this kernel does not know the operation READV_FIXED", "takes Linux 6.15", 0 },
	{ "exec", "READ", "ECANCELED", "an exec() of its process", "not the cause are its link", 0 },
};

static const char *const loads[] = { "io_causes", "io_causes_file" };

static const struct cause *cause_of(const char *name)
{
	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++)
		if (!strcmp(causes[i].name, name))
			return &causes[i];
	bail("the load program knows a cause '%s' that this test does not", name);
}

static bool is_of(struct json_object *o, const struct cause *c)
{
	const char *said = json_text(o, "explain");

	return json_is(o, "opcode", c->opcode) && json_is(o, "errno", c->errno_name) && said &&
	       strstr(said, c->says);
}

/* Of .list: all that is said of that cause, and how often it was. Whether it is right. */
static bool told(struct json_object *list, const struct cause *c, const char *where, long long count)
{
	const char *said = NULL;
	long long found = 0;

	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *o = json_element(list, i);

		if (!is_of(o, c))
			continue;
		said = json_text(o, "explain");
		found += json_number(o, "count");
	}
	is(found, c->count ? c->count : count, "%s: %s, with its cause", where, c->name);
	if (found)
		has_text(said, c->also, "%s: %s, its evidence or remedy", where, c->name);
	return found == (c->count ? c->count : count) && strstr(said, c->also);
}

static void lines(const struct json_lines *l, const struct cause *c, long long count)
{
	long long found = 0;

	for (size_t i = 0; i < l->nr; i++)
		found += is_of(l->lines[i], c) &&
			 strstr(json_text(l->lines[i], "explain"), c->also);
	is(found, c->count ? c->count : count, "trace --io: %s, each with its cause", c->name);
}

/* Calls each() with every cause of the load. */
#define EACH_CAUSE(out, c, count)							\
	for (unsigned int __i = 0; __i < 64; __i++)					\
		for (const struct cause *c = next_cause(out, __i, &(count)); c; c = NULL)

static const struct cause *next_cause(const char *out, unsigned int i, long long *count)
{
	char key[32];
	const char *name;

	snprintf(key, sizeof(key), "fail.%u", i);
	if (!value_text(out, key))
		return NULL;
	snprintf(key, sizeof(key), "fail.%u.count", i);
	*count = value_number(out, key);
	snprintf(key, sizeof(key), "fail.%u", i);
	name = value_text(out, key);
	return cause_of(name);
}

static bool is_fixed(const struct cause *c)
{
	return strstr(c->opcode, "_FIXED");
}

static void skips(const char *out)
{
	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
		char key[48];

		snprintf(key, sizeof(key), "skipped.%s", causes[i].name);
		if (!value_text(out, key))
			continue;
		note("cause io-%s -", causes[i].name);
		skip(causes[i].name, "%s", value_text(out, key));
	}
}

/* What stat says around the load; a->out is the load's. */
static struct json_object *stat_of(struct tool_run *a, const char *option, const char *load,
				   const char *mode)
{
	char path[] = "/tmp/fixbuf-stat-XXXXXX", program[4096];
	struct json_object *o;
	int fd = mkstemp(path);

	if (fd < 0)
		bail("no temporary file");
	snprintf(program, sizeof(program), "%s", load_path(load));
	tool(a, "stat", "--json", option, "-o", path, "--", program, "--no-wait", mode, NULL);
	o = json_object_from_file(path);
	close(fd);
	unlink(path);
	return o;
}

/* Before 5.18 a completion names no request: little is known, and it is said so. */
static bool names_no_request(struct json_object *stat)
{
	struct json_object *list = json_member(stat, "io_failures");
	size_t guesses = 0;

	if (!json_is(stat, "starts_by", "user_data"))
		return false;
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *o = json_element(list, i);
		const char *said = json_text(o, "explain");

		/* "not a socket" is what the error itself says */
		guesses += strstr(said, "O_") || strstr(said, "IOSQE_") ||
			   (strstr(said, "socket") && !strstr("ENOTSOCK ENOTCONN EDESTADDRREQ EMSGSIZE",
							      json_text(o, "errno")));
	}
	is(guesses, 0, "what is not known of a request is not guessed");
	skip("the causes", "this kernel's completions name no request");
	return true;
}

/* What the counters know beside the request: that the slot may have held a buffer. */
static void changed_before(struct json_object *list, const char *who)
{
	unsigned int found = 0;

	for (size_t i = 0; list && i < json_object_array_length(list); i++) {
		const char *said = json_text(json_element(list, i), "explain");

		found += said && strstr(said, "slot 1 is empty") &&
			 strstr(said, "the ring's slots were updated before, and the last call about its buffers returned ");
	}
	is(found, 1, "%s: whose slot was changed before", who);
}

/* The request itself does not say that it was over a registered buffer: it is counted as one all the same. */
static void refused_is_counted(struct json_object *o, const char *told)
{
	struct json_object *rings = json_member(o, "rings"), *ops, *op;
	long long fixed = 0;

	if (!strstr(told, "=padded\n"))
		return;
	for (size_t i = 0; json_element(rings, i); i++) {
		ops = json_member(json_element(rings, i), "opcodes");
		for (size_t k = 0; (op = json_element(ops, k)); k++)
			if (json_is(op, "opcode", "SEND_ZC"))
				fixed += json_number(op, "fixed_ops");
	}
	is(fixed, 3, "padded: its failures are counted over registered buffers");
}

/* False where no more can be asked of this kernel. */
static bool counted(const char *load)
{
	long long count = 0, errors = 0;
	struct json_object *list, *o;
	struct tool_run a;

	o = stat_of(&a, "-q", load, NULL);
	is(a.status, 0, "stat ends with the program's status");
	list = json_member(o, "io_failures");
	if (names_no_request(o)) {
		json_object_put(o);
		tool_free(&a);
		return false;
	}
	EACH_CAUSE(a.out, c, count) {
		/* a cell of the table of causes and kernels (tests/vm/causes.sh) */
		note("cause io-%s %s", c->name, told(list, c, "stat", count) ? c->errno_name : "WRONG");
		errors++;
	}
	ok(errors > 15, "%s: %lld causes were made", load, errors);
	if (!strcmp(load, "io_causes") && !value_text(a.out, "skipped.unregistered"))
		changed_before(list, "stat");
	refused_is_counted(o, a.out);
	skips(a.out);
	json_object_put(o);
	tool_free(&a);
	return true;
}

/* What an event's ledger knows beside the request: until when its buffer was there. */
static void held_before(const struct json_lines *l, long long count)
{
	long long gone = 0, shorter = 0, replaced = 0;

	for (size_t i = 0; i < l->nr; i++) {
		const char *said = json_text(l->lines[i], "explain");
		const char *slot = said ? strstr(said, "; slot 1 was replaced ") : NULL;
		bool before = slot && strstr(slot, " before; the range lay in what it held until then");

		gone += said && strstr(said, "buffer 1 held it until it was unregistered, ");
		shorter += before && strstr(said, "ends 511 bytes past buffer 1");
		replaced += before && strstr(said, "lies in no registered buffer");
	}
	is(gone, count, "trace --io: whose buffer was unregistered before");
	is(shorter, count, "trace --io: whose buffer was replaced by a shorter one before");
	is(replaced, count, "trace --io: whose buffer was replaced by other memory before");
}

static void traced(const char *file, const char *load)
{
	struct json_lines l;
	struct tool_run a;
	long long count = 0;
	char *trace;

	/* no recording is overwritten */
	unlink(file);
	tool(&a, "trace", "--io", "-q", "--json", "-o", file, "--", load_path(load), "--no-wait", NULL);
	is(a.status, 0, "trace --io ends with the program's status");
	trace = file_text(file);
	json_lines_parse(&l, trace);
	EACH_CAUSE(a.out, c, count)
		if (is_fixed(c))
			lines(&l, c, count);
	if (!strcmp(load, "io_causes") && !value_text(a.out, "skipped.unregistered"))
		held_before(&l, count);
	json_lines_free(&l);
	free(trace);
	tool_free(&a);
}

static void reported(const char *file, const char *load)
{
	char html[] = "/tmp/fixbuf-io-causes-XXXXXX.html", *page;
	struct tool_run a, json, text, made;
	struct json_object *list;
	long long count = 0;

	tool(&a, "record", "-q", "-o", file, "--", load_path(load), "--no-wait", NULL);
	is(a.status, 0, "record ends with the program's status");
	tool(&json, "report", "--json", file, NULL);
	tool(&text, "report", file, NULL);
	close(mkstemps(html, 5));
	tool(&made, "report", "--html", html, file, NULL);
	page = file_text(html);
	unlink(html);
	list = json_member(json.json, "io_failures");
	EACH_CAUSE(a.out, c, count)
		told(list, c, "report", count);
	if (!strcmp(load, "io_causes") && !value_text(a.out, "skipped.unregistered"))
		changed_before(list, "report");
	has_text(text.out, "What failed, and why", "report: the page has a place for them");
	EACH_CAUSE(a.out, c, count)
		ok(strstr(page, c->says), "report --html: %s", c->name);
	has_text(text.out, "its descriptor is not open", "and their causes");
	free(page);
	tool_free(&made);
	tool_free(&text);
	tool_free(&json);
	tool_free(&a);
}

/* Sends in flight count against a limit that nobody connects with I/O. */
static void over_limit(void)
{
	struct tool_run a;
	struct json_object *o = stat_of(&a, "-q", "io_causes", "enomem");

	if (!tool_skipped(&a, "SEND_ZC over RLIMIT_MEMLOCK") &&
	    !value_text(a.out, "skipped.zero-copy-limit")) {
		const char *said = json_text(json_element(json_member(o, "io_failures"), 0), "explain");

		has_text(said, "charged against RLIMIT_MEMLOCK", "SEND_ZC over the limit: its cause");
		has_text(said, "of 512 KiB were used when it failed, and it needs 1 MiB", "its evidence");
		has_text(said, "IORING_RECVSEND_FIXED_BUF", "its remedy");
	}
	json_object_put(o);
	tool_free(&a);
}

/* Nothing fails: each is told once, for what it asked for. */
static void slower(bool latency)
{
	static const struct {
		const char *name, *opcode, *says;
	} ways[] = {
		{ "async", "READ_FIXED", "IOSQE_ASYNC" }, { "drain", "WRITE_FIXED", "IOSQE_IO_DRAIN" },
		{ "async-on-pipe", "READ", "IOSQE_ASYNC" },
	};
	struct json_object *list, *ring, *o;
	struct tool_run a;
	long long all = 0;

	o = stat_of(&a, latency ? "-q" : "--no-latency", "io_causes", "slower");
	list = json_member(o, "io_slower");
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		char key[32];
		long long found = 0;

		snprintf(key, sizeof(key), "slower.%s", ways[i].name);
		for (size_t k = 0; list && k < json_object_array_length(list); k++) {
			struct json_object *x = json_element(list, k);

			if (json_is(x, "opcode", ways[i].opcode) &&
			    strstr(json_text(x, "explain"), ways[i].says))
				found += json_number(x, "count");
		}
		is(found, value_number(a.out, key), "%s: handed to a worker once each", ways[i].name);
		all += value_number(a.out, key);
	}
	ring = json_element(json_member(o, "rings"), 0);
	is(json_number(ring, "punts"), all, "and so it is counted%s", latency ? "" : " without latency");
	is(json_object_array_length(json_member(o, "io_failures")), 0, "none failed");
	json_object_put(o);
	tool_free(&a);
}

/* What others do is in no list, whatever way it takes: they are not selected. */
static void others(void)
{
	struct json_object *total;
	struct json_lines l;
	struct tool_run a;
	struct load other;

	tool_start(&a, &(struct tool_how){ 0 }, "stat", "-q", "--json", "-i", "100ms", "--comm",
		   "nosuch", NULL);
	ok(tool_says(&a, "io_slower", 30000), "it watches while others do I/O");
	if (!load_start(&other, "io_causes", "slower", NULL))
		bail("io_causes does not start");
	load_end(&other);
	kill(a.pid, SIGINT);
	tool_wait(&a, &(struct tool_how){ 0 });
	json_lines_parse(&l, a.out);
	total = l.lines[l.nr - 1];
	ok(json_object_get_boolean(json_member(total, "total")), "and tells the total");
	is(json_object_array_length(json_member(total, "io_slower")), 0,
	   "what workers did for others is not told");
	is(json_object_array_length(json_member(total, "io_failures")), 0, "nor what failed");
	json_lines_free(&l);
	tool_free(&a);
}

int main(void)
{
	char file[] = "/tmp/fixbuf-io-causes-XXXXXX";
	int fd = mkstemp(file);

	if (fd < 0)
		bail("no temporary file");
	close(fd);
	if (counted("io_causes") && counted("io_causes_file")) {
		for (size_t i = 0; i < sizeof(loads) / sizeof(loads[0]); i++) {
			traced(file, loads[i]);
			reported(file, loads[i]);
		}
		over_limit();
		slower(true);
		slower(false);
		others();
	}
	unlink(file);
	return tap_end();
}
