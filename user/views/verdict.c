// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include "base/pid.h"
#include "base/wrap.h"
#include "views/findings.h"
#include "views/verdict.h"

#define WIDTH 100

void view_unsettled_text(FILE *out, const struct unsettled_list *u, bool colour)
{
	char why[UNSETTLED_TEXT];

	for (size_t i = 0; i < u->nr; i++) {
		fprintf(out, "%sunsettled %s%s\n        ", colour ? "\033[35m" : "",
			unsettled_name(u->list[i].what), colour ? "\033[0m" : "");
		wrap(out, unsettled_why(why, &u->list[i]), 8, 8, WIDTH);
		fprintf(out, "        remedy: ");
		wrap(out, unsettled_remedy(&u->list[i]), 16, 16, WIDTH);
	}
}

void view_verdict_line(FILE *out, enum verdict v, const struct findings *fs)
{
	const struct finding_counts found = fs ? findings_count(fs) : (struct finding_counts){ 0 };

	fprintf(out, "\nverdict: %s", v == VERDICT_NOTHING_FOUND ? "nothing found" : verdict_name(v));
	if (fs && fs->nr) {
		fputs(": ", out);
		view_finding_counts(out, &found);
	}
	fputc('\n', out);
}

void view_unsettled_json(struct json *j, const struct unsettled_list *u)
{
	char why[UNSETTLED_TEXT];

	json_open_list(j, "unsettled");
	for (size_t i = 0; i < u->nr; i++) {
		const struct unsettled *one = &u->list[i];

		json_item_open(j);
		json_str(j, "what", unsettled_name(one->what));
		json_known(j, "uid", one->has_uid, one->uid);
		json_known(j, "pid", one->pid, one->pid);
		json_ns_pid(j, one->ns_pid);
		json_uint(j, "count", one->count);
		json_str(j, "why", unsettled_why(why, one));
		json_str(j, "remedy", unsettled_remedy(one));
		json_close(j);
	}
	json_close(j);
}

void view_verdict_json(struct json *j, enum verdict v, const struct unsettled_list *u)
{
	json_str(j, "verdict", verdict_name(v));
	view_unsettled_json(j, u);
}
