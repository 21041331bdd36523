// SPDX-License-Identifier: GPL-2.0
/* contract tries every clause, says what it saw, and leaves nothing behind. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tap.h"
#include "tool.h"
#include "tool_json.h"
#include "witness.h"

#define CLAUSES 10	/* of DESIGN: C1 to C10 */

static const char *const verdicts[] = { "absent", "holds", "not-tried", "differs", "fails" };

static int rank(const char *verdict)
{
	for (int i = 0; verdict && i < 5; i++)
		if (!strcmp(verdict, verdicts[i]))
			return i;
	return -1;
}

/* The worst of the clause's checks must be its own verdict. */
static void check_clause(struct json_object *clause)
{
	struct json_object *checks = json_member(clause, "checks");
	const char *name = json_text(clause, "clause");
	size_t nr = checks ? json_object_array_length(checks) : 0;
	int worst = -1;

	for (size_t i = 0; i < nr; i++) {
		struct json_object *c = json_object_array_get_idx(checks, i);
		int r = rank(json_text(c, "verdict"));

		if (r < 0)
			note("%s: no verdict for %s", name, json_text(c, "name"));
		if (r > 1)
			note("%s %s: %s %s", name, json_text(c, "name"), verdicts[r],
			     json_text(c, "detail"));
		if (r > worst)
			worst = r;
	}
	ok(nr && worst == rank(json_text(clause, "verdict")), "%s: %zu checks, the worst decides", name,
	   nr);
	/* C10 is broken in stock kernels, in ways that tests/README.md tells */
	if (strcmp(name, "C10"))
		ok(worst < rank("fails"), "%s does not fail", name);
}

int main(void)
{
	long long pinned = witness_status_kb(getpid(), "VmPin");
	struct json_object *clauses;
	unsigned int seen = 0, failed = 0;
	struct tool_run a;

	/* only a file on a disk has memory that the kernel refuses */
	if (!access("/mnt/disk", W_OK))
		setenv("TMPDIR", "/mnt/disk", 1);
	tool(&a, "contract", "--json", NULL);
	if (!ok(a.json, "an object in all"))
		note("ended with %d: %s", a.status, a.err);
	clauses = json_member(a.json, "clauses");
	for (size_t i = 0; clauses && i < json_object_array_length(clauses); i++) {
		struct json_object *c = json_object_array_get_idx(clauses, i);

		seen += *json_text(c, "clause") == 'C';
		failed += json_is(c, "verdict", "fails");
		check_clause(c);
	}
	is(seen, CLAUSES, "every clause is tried");
	is(a.status, failed > 0, "1 when a clause fails, else 0");
	is(json_number(a.json, "failed"), failed, "and their number is told");
	is(witness_status_kb(getpid(), "VmPin"), pinned, "nothing of it is charged to us");
	tool_free(&a);

	tool(&a, "verify", "--json", "--fail-on", "info", "--allow-unsettled", "--comm", "fixbuf*", NULL);
	is(a.status, 0, "nothing it did is found afterwards");
	tool_free(&a);
	return tap_end();
}
