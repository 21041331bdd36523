// SPDX-License-Identifier: GPL-2.0
/*
 * verify --watch --io tells requests that ran over other memory than lay in their slot when they were
 * submitted, exactly, and none where the slot was given the same memory, or after they ended.
 */
#include "io_watch.h"

static void check(const char *mode)
{
	struct json_object *wrong;
	struct io_watch w;

	io_watch(&w, tool_tier(), "io_wrong", mode, "wrong-buffer");
	wrong = json_member(w.summary, "wrong_buffer");
	is(json_number(wrong, "requests"), value_number(w.a.out, "requests"), "%s: how many", mode);
	is(json_number(wrong, "bytes"), value_number(w.a.out, "bytes"), "%s: how much", mode);
	is(w.nr, value_number(w.a.out, "requests") > 0, "%s: whether it is told", mode);
	if (w.last) {
		is_text(json_text(w.last, "severity"), "error", "%s: as an error", mode);
		is(json_number(w.last, "index"), 0, "%s: of which slot", mode);
		is(json_number(w.last, "pid"), value_number(w.a.out, "pid"), "%s: of whom", mode);
	}
	io_watch_free(&w);
}

int main(void)
{
	check("other");
	check("same");
	check("grown");
	check("waited");
	return tap_end();
}
