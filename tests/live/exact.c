// SPDX-License-Identifier: GPL-2.0
/*
 * Pins, unpins, charges and uncharges as they happen, at each tier that sees
 * them: each exactly once, and in sum what the kernel itself counts.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "load.h"
#include "memory.h"
#include "shared_machine.h"
#include "tool.h"
#include "tool_json.h"
#include "witness.h"

static char out_file[] = "/tmp/fixbuf-exact-XXXXXX";

/* Sums the facts of one kind, with one result, about buffers or about ring memory. */
struct sum {
	long long nr, pages, refs;
	unsigned int odd;	/* facts whose levels did not move by .pages */
	unsigned int derived;
};

struct want {
	const char *fact;
	long long result;
	unsigned long long until_ns;	/* 0 = all */
	bool ring_memory;
};

static bool levels_moved(struct json_object *o, const char *whose, long long by)
{
	char before[32], after[32];

	snprintf(before, sizeof(before), "%s_before_pages", whose);
	snprintf(after, sizeof(after), "%s_after_pages", whose);
	if (!json_member(o, before))
		return true;
	return json_number(o, after) - json_number(o, before) == by;
}

static struct sum sum_of(const struct json_lines *l, pid_t pid, const struct want *w)
{
	bool charge = strstr(w->fact, "charge");
	struct sum s = { 0 };

	for (size_t i = 0; i < l->nr; i++) {
		struct json_object *o = l->lines[i];
		long long pages = json_number(o, "pages"), by;

		if (!json_is(o, "event", w->fact) || json_number(o, "pid") != pid ||
		    json_number(o, "result") != w->result)
			continue;
		if (charge && w->ring_memory != (json_number(o, "buffer") == 0 && !w->result))
			continue;
		if (w->until_ns && (unsigned long long)json_number(o, "t_ns") > w->until_ns)
			continue;
		s.nr++;
		s.pages += pages;
		s.derived += json_object_get_boolean(json_member(o, "derived"));
		if (!charge) {
			s.refs += json_number(o, "refs");
			continue;
		}
		by = w->result ? 0 : !strcmp(w->fact, "charge") ? pages : -pages;
		s.odd += !levels_moved(o, "user", by) || !levels_moved(o, "mm", by);
	}
	return s;
}

static struct sum sum_fact(const struct json_lines *l, pid_t pid, const char *fact)
{
	return sum_of(l, pid, &(struct want){ .fact = fact });
}

static struct sum sum_until(const struct json_lines *l, pid_t pid, const char *fact,
			    unsigned long long until_ns)
{
	return sum_of(l, pid, &(struct want){ .fact = fact, .until_ns = until_ns });
}

static void totals(const struct json_lines *l, const char *told, pid_t pid, const char *tier)
{
	struct sum pin = sum_fact(l, pid, "pin"), unpin = sum_fact(l, pid, "unpin");
	struct sum charge = sum_fact(l, pid, "charge"), uncharge = sum_fact(l, pid, "uncharge");

	is(pin.nr, value_number(told, "pins"), "%s: pins", tier);
	is(pin.pages, value_number(told, "pages"), "%s: pages pinned", tier);
	is(unpin.nr, pin.nr, "%s: unpins", tier);
	is(unpin.pages, pin.pages, "%s: pages unpinned", tier);
	is(unpin.refs, pin.refs, "%s: references given back", tier);
	is(charge.nr, value_number(told, "charges"), "%s: charges", tier);
	is(charge.pages, value_number(told, "charged"), "%s: pages charged", tier);
	is(uncharge.nr, charge.nr, "%s: uncharges", tier);
	is(uncharge.pages, charge.pages, "%s: pages uncharged", tier);
	is(charge.odd + uncharge.odd, 0, "%s: levels move by what is charged", tier);
	is(pin.derived + unpin.derived + charge.derived + uncharge.derived, 0,
	   "%s: nothing was concluded, all seen", tier);
}

static void refusals(const struct json_lines *l, const char *told, pid_t pid, const char *tier)
{
	struct sum hole = sum_of(l, pid, &(struct want){ .fact = "pin", .result = -EFAULT });
	struct sum over = sum_of(l, pid, &(struct want){ .fact = "pin", .result = -ENOMEM });
	struct sum refused = sum_of(l, pid, &(struct want){ .fact = "charge", .result = -ENOMEM });

	is(hole.nr, value_number(told, "refused.EFAULT"), "%s: pins that fail with EFAULT", tier);
	is(over.nr, value_number(told, "refused.ENOMEM"), "%s: pins undone with ENOMEM", tier);
	is(refused.nr, over.nr, "%s: a refused charge for each", tier);
	is(refused.pages, refused.nr * (long long)value_number(told, "over.pages"),
	   "%s: of as many pages", tier);
	is(refused.odd, 0, "%s: which left the levels alone", tier);
}

static void ring_memory(const struct json_lines *l, pid_t pid, const char *tier)
{
	struct sum in = sum_of(l, pid, &(struct want){ .fact = "charge", .ring_memory = true });
	struct sum out = sum_of(l, pid, &(struct want){ .fact = "uncharge", .ring_memory = true });

	note("%s: ring memory: %lld charges of %lld pages", tier, in.nr, in.pages);
	is(out.nr, in.nr, "%s: ring memory: as many uncharges as charges", tier);
	is(out.pages, in.pages, "%s: ring memory: of as many pages", tier);
}

/* Compares the facts up to READY with what the kernel said then. */
static void witnesses(const struct json_lines *l, const char *told, pid_t pid, const char *tier,
		      long long vmpin_kb, long long references)
{
	unsigned long long until = value_number(told, "ready_ns");
	long long held = value_number(told, "held.pages");

	is(vmpin_kb * 1024 / (long long)PAGE, held, "%s: VmPin is what is held", tier);
	is(sum_until(l, pid, "charge", until).pages - sum_until(l, pid, "uncharge", until).pages,
	   vmpin_kb * 1024 / (long long)PAGE, "%s: charges less uncharges are VmPin", tier);
	is(sum_until(l, pid, "pin", until).nr - sum_until(l, pid, "unpin", until).nr,
	   value_number(told, "held"), "%s: pins less unpins are the buffers held", tier);
	if (references < 0)
		skip("pin references", "this kernel does not count them");
	else
		is_machine_total(references, sum_until(l, pid, "pin", until).refs -
				 sum_until(l, pid, "unpin", until).refs,
				 "%s: references held are those that the kernel counts", tier);
}

/* Tests one tier, or skips it when this kernel does not have it. */
static void at_tier(const char *tier)
{
	struct tool_how how = { .timeout_s = 100 };
	long long vmpin_kb, before, references;
	struct json_lines l;
	struct tool_run a;
	bool skipped;
	char *text;
	pid_t pid;

	tool_as(&a, &how, "trace", "-q", "-d", "1ms", "--tier", tier, NULL);
	if (a.status == 3) {
		skip(tier, "%s", a.err);
		tool_free(&a);
		return;
	}
	tool_free(&a);
	before = witness_pins_at_rest();
	tool_start(&a, &how, "trace", "--json", "-q", "-o", out_file, "--tier", tier, "--",
		   load_path("pins"), NULL);
	if (!tool_says(&a, "READY", 60000)) {
		tool_wait(&a, &how);
		bail("%s: the load program did not get ready: %s%s", tier, a.out, a.err);
	}
	text = tool_said(&a);
	pid = value_number(text, "pid");
	/* what trace and earlier programs registered is released late, before 6.4 by seconds */
	references = witness_pins_at_rest();
	for (int i = 0; !value_number(text, "clones") && i < 200; i++) {
		if (references - before == (long long)value_number(text, "held.pages"))
			break;
		usleep(100000);
		references = witness_pins();
	}
	vmpin_kb = witness_status_kb(pid, "VmPin");
	references = before < 0 ? -1 : references - before;
	kill(pid, SIGUSR1);
	free(text);
	tool_wait(&a, &how);
	is(a.status, 0, "%s: trace ends with the program's status", tier);
	is_text(a.err, "", "%s: and has no complaint", tier);
	text = file_text(out_file);
	json_lines_parse(&l, text);
	ok(l.nr && !l.bad, "%s: each line is a JSON object", tier);
	is(json_nr_lost(&l, &skipped), 0, "%s: nothing was lost", tier);
	/* what was skipped has a line of its own, which may be the first */
	if (!skipped)
		is_text(l.nr ? json_text(l.lines[0], "tier") : NULL, tier, "%s: and names the tier", tier);
	if (skipped) {
		skip("what it tells", "%s: the kernel skipped runs of our programs", tier);
	} else {
		totals(&l, a.out, pid, tier);
		refusals(&l, a.out, pid, tier);
		ring_memory(&l, pid, tier);
		witnesses(&l, a.out, pid, tier, vmpin_kb, references);
	}
	json_lines_free(&l);
	free(text);
	tool_free(&a);
}

int main(void)
{
	static const char *const tiers[] = { "patched", "functions", "kprobes" };
	const char *only = tool_tier();
	int fd = mkstemp(out_file);

	if (fd < 0)
		bail("no temporary file");
	close(fd);
	for (size_t i = 0; i < sizeof(tiers) / sizeof(tiers[0]); i++)
		if (!only || !strcmp(only, tiers[i]))
			at_tier(tiers[i]);
	unlink(out_file);
	if (only && !strcmp(only, "tracepoints"))
		skip_all("the tier '%s' derives pins and charges", only);
	return tap_end();
}
