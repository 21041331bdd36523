// SPDX-License-Identifier: GPL-2.0
/*
 * What a call failed of is told as it is, also while other threads change the mappings that must be
 * looked at, and while another user's calls fail on another CPU; or it is said what is not known.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "load.h"
#include "tool.h"
#include "tool_json.h"

#define OTHER_UID	54389
#define TRUE_CAUSE	"is read-only"
#define UNKNOWN		"could not be looked at"
#define LOST		"was lost"
#define OTHERS_CAUSE	"nothing is mapped there"

struct told {
	long nr, right, unknown, wrong;
	const char *example;	/* of what is wrong */
};

/* How the calls of the user were explained. */
static void count(struct told *t, const struct json_lines *l, uid_t uid, const char *right)
{
	*t = (struct told){ .example = "" };
	for (size_t i = 0; i < l->nr; i++) {
		struct json_object *o = l->lines[i];
		const char *why = json_text(o, "explain");

		if (!json_is(o, "event", "register") || json_number(o, "uid") != uid)
			continue;
		t->nr++;
		if (why && strstr(why, right))
			t->right++;
		else if (why && (strstr(why, UNKNOWN) || strstr(why, LOST)))
			t->unknown++;
		else
			t->example = t->wrong++ ? t->example : why ? why : "no explanation";
	}
}

static void failing(const char *nr, const char *how)
{
	struct json_lines l;
	struct told own, other;
	struct tool_run a;

	tool_as(&a, &(struct tool_how){ .timeout_s = 120 }, "trace", "--failed", "--json", "--",
		load_path("failing"), nr, how, "--no-wait", NULL);
	if (tool_skipped(&a, how)) {
		tool_free(&a);
		return;
	}
	is(a.status, 0, "%s: trace ends well", how);
	json_lines_parse(&l, a.out);
	count(&own, &l, 0, TRUE_CAUSE);
	count(&other, &l, OTHER_UID, OTHERS_CAUSE);
	is(own.wrong, 0, "%s: no call is explained wrongly %s", how, own.example);
	is(other.wrong, 0, "%s: none of another user's %s", how, other.example);
	if (!strcmp(how, "beside"))
		ok(other.nr > 0, "%s: another user's calls were told (%ld)", how, other.nr);
	ok(own.right > 0, "%s: %ld of %ld are told why, %ld that it is not known", how, own.right,
	   own.nr, own.unknown);
	json_lines_free(&l);
	tool_free(&a);
}

int main(void)
{
	if (geteuid())
		skip_all("it takes root");
	failing(kernel_only() ? "499" : "5003", "beside");
	failing(kernel_only() ? "101" : "997", "changing");
	return tap_end();
}
