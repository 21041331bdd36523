// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include "base/json_util.h"
#include "base/wrap.h"
#include "views/findings.h"

#define WIDTH 100

void view_finding_text(FILE *out, const struct finding *f, bool colour)
{
	static const char *const paint[] = {
		[SEVERITY_INFO] = "\033[36m", [SEVERITY_WARNING] = "\033[33m",
		[SEVERITY_ERROR] = "\033[31m",
	};
	enum severity s = finding_severity(f->tag);

	fprintf(out, "%s%-7s %s%s\n", colour ? paint[s] : "", severity_name(s),
		finding_tag_name(f->tag), colour ? "\033[0m" : "");
	fprintf(out, "        ");
	wrap(out, f->detail, 8, 8, WIDTH);
	fprintf(out, "        remedy: ");
	wrap(out, f->remedy, 16, 16, WIDTH);
}

void view_findings_text(FILE *out, const struct findings *fs, bool colour)
{
	for (size_t i = 0; i < fs->nr; i++)
		view_finding_text(out, &fs->list[i], colour);
}

void view_finding_json(json_object *o, const struct finding *f)
{
	json_str(o, "tag", finding_tag_name(f->tag));
	json_str(o, "severity", severity_name(finding_severity(f->tag)));
	json_uint(o, "pid", f->pid);
	json_int(o, "fd", f->fd);
	json_addr(o, "ring", f->ring);
	json_int(o, "index", f->index);
	json_uint(o, "uid", f->uid);
	json_addr(o, "addr", f->addr);
	json_uint(o, "pages", f->pages);
	json_str(o, "detail", f->detail);
	json_str(o, "remedy", f->remedy);
}

json_object *view_findings_json(const struct findings *fs)
{
	json_object *list = json_object_new_array();

	for (size_t i = 0; i < fs->nr; i++) {
		json_object *o = json_object_new_object();

		view_finding_json(o, &fs->list[i]);
		json_object_array_add(list, o);
	}
	return list;
}
