// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include "base/alloc.h"
#include "base/fmt.h"
#include "base/hash_table.h"
#include "base/pid.h"
#include "base/wrap.h"
#include "views/findings.h"

static const char *const nouns[] = { "note", "warning", "error" };

#define WIDTH 100

void view_finding_text(FILE *out, const struct finding *f, bool colour)
{
	static const char *const paint[] = {
		[SEVERITY_INFO] = "\033[36m", [SEVERITY_WARNING] = "\033[33m",
		[SEVERITY_ERROR] = "\033[31m",
	};
	enum severity s = severity_of_finding(f);

	fprintf(out, "%s%-7s %s%s%s\n", colour ? paint[s] : "", severity_name(s),
		finding_tag_name(f->tag), colour ? "\033[0m" : "",
		f->unconfirmed ? " (not confirmed)" : "");
	fprintf(out, "        ");
	wrap(out, f->detail, 8, 8, WIDTH);
	fprintf(out, "        remedy: ");
	wrap(out, f->remedy, 16, 16, WIDTH);
}

/* Findings of one user that are alike but for where. */
struct alike {
	struct alike_key {
		__u32 uid, tag, severity;
	} key;
	__u64 nr;
	UT_hash_handle hh;
};

static __u64 count_alike(struct alike **all, const struct finding *f)
{
	const struct alike_key key = { f->uid, f->tag, severity_of_finding(f) };
	struct alike *of;

	HASH_FIND(hh, *all, &key, sizeof(key), of);
	if (!of) {
		of = must_alloc(1, sizeof(*of));
		of->key = key;
		HASH_ADD(hh, *all, key, sizeof(of->key), of);
	}
	return ++of->nr;
}

void view_findings_text(FILE *out, const struct findings *fs, size_t most, const char *rest, bool colour)
{
	struct alike *all = NULL, *of, *next;

	for (size_t i = 0; i < fs->nr; i++)
		if (count_alike(&all, &fs->list[i]) <= most)
			view_finding_text(out, &fs->list[i], colour);
	HASH_ITER(hh, all, of, next) {
		if (of->nr > most)
			fprintf(out, "and %llu more %s %s%s of user %u: %s\n", of->nr - most,
				finding_tag_name(of->key.tag), nouns[of->key.severity], plural(of->nr - most),
				of->key.uid, rest);
		HASH_DEL(all, of);
		free(of);
	}
}

void view_finding_counts(FILE *out, const struct finding_counts *c)
{
	for (int s = SEVERITY_ERROR; s >= SEVERITY_INFO; s--)
		fprintf(out, "%s%u %s%s", s < SEVERITY_ERROR ? ", " : "", c->nr[s], nouns[s],
			plural(c->nr[s]));
}

void view_findings_ignored(FILE *out, __u64 nr)
{
	if (nr)
		fprintf(out, "%llu finding%s ignored by --ignore\n", nr, nr == 1 ? " is" : "s are");
}

void view_finding_json(struct json *j, const struct finding *f)
{
	json_str(j, "tag", finding_tag_name(f->tag));
	json_str(j, "severity", severity_name(severity_of_finding(f)));
	json_flag(j, "confirmed", !f->unconfirmed);
	json_uint(j, "pid", f->pid);
	json_ns_pid(j, f->ns_pid);
	if (f->seen_by)
		json_uint(j, "seen_by_pid", f->seen_by);
	json_comm(j, "comm", &f->comm);
	json_int(j, "fd", f->fd);
	json_addr(j, "ring", f->ring);
	json_int(j, "index", f->index);
	json_uint(j, "uid", f->uid);
	json_addr(j, "addr", f->addr);
	json_uint(j, "pages", f->pages);
	json_str(j, "detail", f->detail);
	json_str(j, "remedy", f->remedy);
}

void view_findings_json(struct json *j, const struct findings *fs, bool since)
{
	json_open_list(j, "findings");
	for (size_t i = 0; i < fs->nr; i++) {
		json_item_open(j);
		view_finding_json(j, &fs->list[i]);
		if (since)
			json_int(j, "since_ns", fs->list[i].since_ns);
		json_close(j);
	}
	json_close(j);
}
