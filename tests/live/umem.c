// SPDX-License-Identifier: GPL-2.0
/* The memory of AF_XDP sockets is charged where rings' buffers are: it explains its part of the account. */
#include <stdio.h>
#include <string.h>
#include "load.h"
#include "tool.h"
#include "tool_json.h"

#define MOST_S	30.0

static void explained(const char *mode)
{
	struct tool_run a;
	char pid[16], uid[16], metric[96];
	struct load l;

	if (!load_start(&l, "umem", mode, NULL)) {
		skip(mode, "%s", l.skip);
		return;
	}
	snprintf(pid, sizeof(pid), "%d", l.pid);
	snprintf(uid, sizeof(uid), "%lld", load_number(&l, "uid"));
	tool(&a, "verify", "--json", "-p", pid, NULL);
	is(a.status, 0, "%s: an account that two uses explain is no finding", mode);
	is(json_nr_findings(a.json, 0, NULL), 0, "%s: none", mode);
	tool_free(&a);
	tool(&a, "verify", "--watch", "-q", "-d", "100ms", "-u", uid, NULL);
	is(a.status, 0, "%s: nor is it one in a watch", mode);
	is_text(a.out, "", "%s: which tells nothing", mode);
	tool_free(&a);
	tool(&a, "export", "--once", "-d", "3s", NULL);
	snprintf(metric, sizeof(metric), "tag=\"unexplained-charge\",uid=\"%s\"", uid);
	ok(strstr(a.out, "fixbuf_verify_up 1"), "%s: export has looked at pages", mode);
	ok(!strstr(a.out, metric), "%s: and has no such finding of that user", mode);
	tool_free(&a);
	load_end(&l);
}

/* What is explained is not more than is there: the rest is still told. */
static void partly(void)
{
	struct tool_run a;
	char pid[16];
	struct load l;

	if (!load_start(&l, "umem", "unseen", NULL)) {
		skip("unseen", "%s", l.skip);
		return;
	}
	snprintf(pid, sizeof(pid), "%d", l.pid);
	tool(&a, "verify", "--json", "-p", pid, NULL);
	is(a.status, 1, "a socket that nobody has a descriptor of is not explained");
	is(json_number(json_finding(a.json, 0, "unexplained-charge"), "pages"), load_number(&l, "pages"),
	   "and its pages are told");
	tool_free(&a);
	load_end(&l);
}

/* One user's descriptors cost another neither time nor a verdict; of the first nothing is claimed. */
static void beside_a_flood(void)
{
	struct load his, other;
	struct tool_run a;
	double begun;
	char uid[16];

	if (!load_start(&his, "umem", "flood", NULL)) {
		skip("beside a flood", "%s", his.skip);
		return;
	}
	snprintf(uid, sizeof(uid), "%lld", load_number(&his, "uid"));
	begun = children_cpu_s();
	tool(&a, "verify", "--json", "-u", uid, NULL);
	is(a.status, 4, "who has more descriptors than are looked through is unsettled");
	is(json_nr_findings(a.json, 0, "unexplained-charge"), 0, "what they might explain is no finding");
	has_text(a.out, "has more descriptors", "and it is said why");
	tool_free(&a);

	if (!load_start(&other, "umem", "one", NULL))
		bail("the other one does not start");
	snprintf(uid, sizeof(uid), "%lld", load_number(&other, "uid"));
	tool(&a, "verify", "--json", "-u", uid, NULL);
	is(a.status, 0, "beside it another user is looked through whole");
	is(json_nr_findings(a.json, 0, NULL), 0, "and its sockets explain what they take");
	tool_free(&a);
	load_end(&other);
	/* emulated, it takes as much longer as that is slower */
	ok(kernel_only() || children_cpu_s() - begun < MOST_S, "both in less than %.0f s of CPU (%.2f)", MOST_S,
	   children_cpu_s() - begun);
	load_end(&his);
}

int main(void)
{
	explained("one");
	explained("shared");
	explained("many");
	beside_a_flood();
	partly();
	return tap_end();
}
