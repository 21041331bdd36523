// SPDX-License-Identifier: GPL-2.0
/* trace --stacks names who called, in the program and in the kernel. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "load.h"
#include "tool.h"
#include "tool_json.h"

#define KERNEL_PART "io_uring_register"	/* of the names that the system call has in kernels */

static const char *const callers[] = {
	"register_the_buffers", "register_by_hand", "be_refused", "drop_the_buffers",
};

#define NR_CALLERS (sizeof(callers) / sizeof(callers[0]))

static char out_file[] = "/tmp/fixbuf-stacks-XXXXXX";

static char *read_out(void)
{
	return file_text(out_file);
}

static char *trace(struct tool_run *a, const char *option, const char *stacks)
{
	const char *tier = tool_tier();
	struct tool_how how = { .timeout_s = 100 };

	tool_as(a, &how, "trace", "-q", "-o", out_file, option, "--tier",
		tier ? tier : "tracepoints", stacks ? stacks : "--no-header", "--",
		load_path("stacks"), "--no-wait", NULL);
	is(a->status, 0, "%s: trace ends with the program's status", option);
	return read_out();
}

static size_t nr_frames(struct json_object *stack)
{
	return stack ? json_object_array_length(stack) : 0;
}

/* The place of the first frame from there on whose symbol holds the text, -1 without. */
static int frame_of(struct json_object *stack, int from, const char *part)
{
	for (int i = from; i < (int)nr_frames(stack); i++) {
		const char *symbol = json_text(json_object_array_get_idx(stack, i), "symbol");

		if (symbol && strstr(symbol, part))
			return i;
	}
	return -1;
}

static const char *caller_of(struct json_object *o)
{
	for (size_t i = 0; i < NR_CALLERS; i++)
		if (frame_of(json_member(o, "ustack"), 0, callers[i]) >= 0)
			return callers[i];
	return NULL;
}

static bool has_chain(struct json_object *o)
{
	struct json_object *stack = json_member(o, "ustack");
	int at = frame_of(stack, 0, caller_of(o));

	at = at < 0 ? at : frame_of(stack, at + 1, "run_the_program");
	at = at < 0 ? at : frame_of(stack, at + 1, "main");
	return at > 0;
}

static bool is_whole(struct json_object *frame)
{
	const char *module = json_text(frame, "module");

	return json_number(frame, "ip") != -1 && json_number(frame, "offset") > 0 && module &&
	       strstr(module, "stacks");
}

static bool is_call(struct json_object *o)
{
	return json_is(o, "event", "register") || json_is(o, "event", "unregister");
}

static bool is_account(struct json_object *o)
{
	return (json_is(o, "event", "pin") || json_is(o, "event", "unpin") ||
		json_is(o, "event", "charge") || json_is(o, "event", "uncharge")) &&
	       !json_object_get_boolean(json_member(o, "derived"));
}

static void calls_by_caller(const struct json_lines *l, const char *told)
{
	for (size_t c = 0; c < NR_CALLERS; c++) {
		unsigned int nr = 0, chain = 0, whole = 0;
		char name[64];

		for (size_t i = 0; i < l->nr; i++) {
			struct json_object *o = l->lines[i], *stack = json_member(o, "ustack");
			const char *caller = is_call(o) ? caller_of(o) : NULL;

			if (!caller || strcmp(caller, callers[c]))
				continue;
			nr++;
			chain += has_chain(o);
			whole += is_whole(json_object_array_get_idx(stack,
								    frame_of(stack, 0, caller)));
		}
		snprintf(name, sizeof(name), "calls.%s", callers[c]);
		is(nr, value_number(told, name), "calls of %s()", callers[c]);
		is(chain, nr, "each in run_the_program() in main()");
		is(whole, nr, "with address, offset and module");
	}
}

static void kernel_side(const struct json_lines *l)
{
	unsigned int calls = 0, named = 0, own = 0;

	for (size_t i = 0; i < l->nr; i++) {
		struct json_object *stack = json_member(l->lines[i], "kstack");

		if (!is_call(l->lines[i]))
			continue;
		calls++;
		named += frame_of(stack, 0, KERNEL_PART) >= 0;
		own += frame_of(stack, 0, "bpf_") >= 0;
	}
	is(named, calls, "each call: the kernel's function of the system call");
	is(own, 0, "none shows the way into our own program");
}

/* Pins that are seen, not derived, have stacks, too; a worker of the kernel has no user's stack. */
static void accounts(const struct json_lines *l)
{
	unsigned int nr = 0, named = 0, kernel = 0;

	for (size_t i = 0; i < l->nr; i++) {
		struct json_object *o = l->lines[i];

		if (!is_account(o) || !json_is(o, "event", "pin"))
			continue;
		nr++;
		named += caller_of(o) && has_chain(o);
		kernel += frame_of(json_member(o, "kstack"), 0, "io_") >= 0;
	}
	if (!nr) {
		skip("pins with their stacks", "they are derived at this tier");
		return;
	}
	is(named, nr, "each pin: who registered the buffer");
	is(kernel, nr, "each pin: the kernel's function");
}

static void lines_of_json(void)
{
	struct json_lines l;
	struct tool_run a;
	char *text = trace(&a, "--json", "--stacks");

	json_lines_parse(&l, text);
	if (!ok(l.nr && !l.bad, "each line is a JSON object"))
		note("%s", l.bad ? l.bad : "nothing was printed");
	calls_by_caller(&l, a.out);
	kernel_side(&l);
	accounts(&l);
	json_lines_free(&l);
	free(text);
	tool_free(&a);
}

static void lines_of_text(void)
{
	struct tool_run a;
	char *text = trace(&a, "-T", "--stacks");

	has_text(text, "user   register_the_buffers+0x", "text: who registered");
	has_text(text, KERNEL_PART, "text: the kernel's function");
	free(text);
	tool_free(&a);
}

static void not_wanted(void)
{
	struct tool_run a;
	char *text = trace(&a, "--json", NULL);

	ok(strstr(text, "\"register\"") && !strstr(text, "stack\""), "no stacks without --stacks");
	free(text);
	tool_free(&a);
}

int main(void)
{
	const char *tier = tool_tier();
	int fd = mkstemp(out_file);

	if (fd < 0)
		bail("no temporary file");
	close(fd);
	lines_of_json();
	/* the tier decides which probe sees an event, not how it is shown */
	if (!tier || !strcmp(tier, "tracepoints")) {
		lines_of_text();
		not_wanted();
	}
	unlink(out_file);
	return tap_end();
}
