// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include "base/array.h"
#include "base/err.h"
#include "base/json_read.h"
#include "base/page_size.h"
#include "commands/diff/given_pids.h"
#include "commands/diff/snapshot.h"

#define SCHEMA		2
#define MOST		(1ULL << 53)	/* of any number: sums of them fit */

#define COMPARE(a, b)	(((a) > (b)) - ((a) < (b)))

static void take_uint(struct json_reader *j, __u64 *value)
{
	if (json_read_uint(j, value) && *value > MOST)
		*value = MOST;
}

static void take_ns_pid(struct json_reader *j, __s64 *ns_pid)
{
	__u64 pid;

	*ns_pid = json_read_uint(j, &pid) ? (__s64)(pid & 0xffffffff) : -1;
}

static void take_slot(struct json_reader *j, struct slot *s)
{
	__u64 index = 0, refs = 0;
	struct untrusted name, addr;
	bool kernel = false;

	while (json_next_member(j, &name))
		if (json_name_is(name, "index"))
			take_uint(j, &index);
		else if (json_name_is(name, "refs"))
			take_uint(j, &refs);
		else if (json_name_is(name, "len_bytes"))
			take_uint(j, &s->len_bytes);
		else if (json_name_is(name, "charged_pages"))
			s->charge_known = json_read_uint(j, &s->charged_bytes);
		else if (json_name_is(name, "kernel"))
			kernel = json_read_true(j);
		else if (!json_name_is(name, "addr"))
			json_skip(j);
		else if (json_read_text(j, &addr) && addr.len)
			s->addr = strtoull(addr.bytes, NULL, 16);
	s->index = index < ~0U ? index : ~0U;
	s->refs = refs < ~0U ? refs : ~0U;
	/* nobody is charged for a block driver's */
	if (kernel) {
		s->charge_known = true;
		s->charged_bytes = 0;
	}
}

static void take_slots(struct json_reader *j, struct listed_ring *r)
{
	if (!json_enter_list(j))
		return;
	while (json_next_item(j)) {
		if (!json_enter_object(j))
			continue;
		array_grow(r->slots, r->nr_slots);
		r->slots[r->nr_slots] = (struct slot){ 0 };
		take_slot(j, &r->slots[r->nr_slots++]);
	}
}

struct listed_holder {
	__u64 pid, start_ns, tid;
	__s64 fd, index;
};

static void take_holder(struct json_reader *j, struct listed_holder *h)
{
	struct untrusted name;

	while (json_next_member(j, &name))
		if (json_name_is(name, "pid"))
			take_uint(j, &h->pid);
		else if (json_name_is(name, "start_ns"))
			json_read_uint(j, &h->start_ns);
		else if (json_name_is(name, "tid"))
			take_uint(j, &h->tid);
		else if (json_name_is(name, "fd"))
			json_read_int(j, &h->fd);
		else if (json_name_is(name, "registered_index"))
			json_read_int(j, &h->index);
		else
			json_skip(j);
}

/* The first is the one to show. */
static void take_holders(struct json_reader *j, struct listed_ring *r)
{
	struct listed_holder h = { .fd = -1, .index = -1 };

	if (!json_enter_list(j))
		return;
	if (json_next_item(j)) {
		if (json_enter_object(j))
			take_holder(j, &h);
		while (json_next_item(j))
			json_skip(j);
	}
	r->start_ns = h.start_ns;
	r->held = h.fd >= 0 ? HELD_BY_FD : h.index >= 0 ? HELD_BY_INDEX : HELD_OTHERWISE;
	r->number = h.fd >= 0 ? h.fd : h.index >= 0 ? h.index : (__s64)h.tid;
}

static void take_ring(struct json_reader *j, struct listed_ring *r)
{
	struct untrusted name;

	while (json_next_member(j, &name))
		if (json_name_is(name, "pid"))
			take_uint(j, &r->pid);
		else if (json_name_is(name, "ns_pid"))
			take_ns_pid(j, &r->ns_pid);
		else if (json_name_is(name, "comm"))
			json_read_text(j, &r->comm);
		else if (json_name_is(name, "uid"))
			take_uint(j, &r->uid);
		else if (json_name_is(name, "creator_pid"))
			take_uint(j, &r->creator_pid);
		else if (json_name_is(name, "pinned_vm_pages"))
			take_uint(j, &r->pinned_bytes);
		else if (json_name_is(name, "setup_flags"))
			take_uint(j, &r->setup_flags);
		else if (json_name_is(name, "sq_entries"))
			take_uint(j, &r->sq_entries);
		else if (json_name_is(name, "cq_entries"))
			take_uint(j, &r->cq_entries);
		else if (json_name_is(name, "holders"))
			take_holders(j, r);
		else if (json_name_is(name, "buffers"))
			take_slots(j, r);
		else
			json_skip(j);
}

static void take_rings(struct json_reader *j, struct snapshot *s)
{
	if (!json_enter_list(j))
		return;
	s->has_rings = true;
	while (json_next_item(j)) {
		if (!json_enter_object(j))
			continue;
		array_grow(s->rings, s->nr_rings);
		s->rings[s->nr_rings] = (struct listed_ring){ .held = HELD_OTHERWISE, .place = s->nr_rings };
		take_ring(j, &s->rings[s->nr_rings++]);
	}
}

static void take_finding(struct json_reader *j, struct listed_finding *f)
{
	struct untrusted name;

	while (json_next_member(j, &name))
		if (json_name_is(name, "tag"))
			json_read_text(j, &f->tag);
		else if (json_name_is(name, "severity"))
			json_read_text(j, &f->severity);
		else if (json_name_is(name, "comm"))
			json_read_text(j, &f->comm);
		else if (json_name_is(name, "detail"))
			json_read_text(j, &f->detail);
		else if (json_name_is(name, "pid"))
			take_uint(j, &f->pid);
		else if (json_name_is(name, "ns_pid"))
			take_ns_pid(j, &f->ns_pid);
		else if (json_name_is(name, "uid"))
			take_uint(j, &f->uid);
		else if (json_name_is(name, "fd"))
			json_read_int(j, &f->fd);
		else if (json_name_is(name, "index"))
			json_read_int(j, &f->index);
		else
			json_skip(j);
}

static void take_findings(struct json_reader *j, struct snapshot *s)
{
	if (!json_enter_list(j))
		return;
	s->has_findings = true;
	while (json_next_item(j)) {
		if (!json_enter_object(j))
			continue;
		array_grow(s->findings, s->nr_findings);
		s->findings[s->nr_findings] = (struct listed_finding){
			.fd = -1, .index = -1, .place = s->nr_findings,
		};
		take_finding(j, &s->findings[s->nr_findings++]);
	}
}

static void take_missing(struct json_reader *j, struct snapshot *s)
{
	__u64 nr = 0;

	take_uint(j, &nr);
	s->missing = s->missing + nr < MOST ? s->missing + nr : MOST;
}

/* A verdict of what was found does not say that all was looked at. */
static void take_unsettled(struct json_reader *j, struct snapshot *s)
{
	if (!json_enter_list(j))
		return;
	while (json_next_item(j)) {
		s->is_unsettled = true;
		json_skip(j);
	}
}

/* Only what stat prints has it: rings as it counts them, with nothing of their buffers. */
static void take_starts_by(struct json_reader *j, struct snapshot *s)
{
	s->of_io = true;
	json_skip(j);
}

static void take_asked_process(struct json_reader *j, struct asked_whom *a)
{
	struct untrusted name;
	__u64 pid = 0;
	__s64 ns_pid = 0;

	if (!json_enter_object(j))
		return;
	while (json_next_member(j, &name))
		if (json_name_is(name, "pid"))
			take_uint(j, &pid);
		else if (json_name_is(name, "ns_pid"))
			take_ns_pid(j, &ns_pid);
		else
			json_skip(j);
	asked_add_pid(a, pid, ns_pid);
}

static void take_asked_name(struct json_reader *j, struct asked_whom *a)
{
	struct untrusted name;

	if (json_read_text(j, &name))
		asked_add_comm(a, name.bytes, name.len);
}

static void take_asked_list(struct json_reader *j, struct asked_whom *a,
			    void (*take)(struct json_reader *j, struct asked_whom *a))
{
	if (!json_enter_list(j))
		return;
	while (json_next_item(j))
		take(j, a);
}

static void take_asked(struct json_reader *j, struct asked_whom *a)
{
	struct untrusted name;
	__u64 uid = 0;

	if (!json_enter_object(j))
		return;
	while (json_next_member(j, &name))
		if (json_name_is(name, "processes"))
			take_asked_list(j, a, take_asked_process);
		else if (json_name_is(name, "comms"))
			take_asked_list(j, a, take_asked_name);
		else if (json_name_is(name, "uid"))
			a->has_uid = json_read_uint(j, &uid);
		else if (json_name_is(name, "cgroup"))
			a->cgroup = json_read_true(j);
		else if (json_name_is(name, "program"))
			a->program = json_read_true(j);
		else if (json_name_is(name, "cut"))
			a->cut = json_read_true(j);
		else
			json_skip(j);
	a->uid = uid;
}

/* Of a document that is no object, or has no such member, .schema stays 0. */
static void take_document(struct json_reader *j, struct snapshot *s, __u64 *schema)
{
	struct untrusted name;
	__u64 events;

	if (!json_enter_object(j))
		return;
	while (json_next_member(j, &name))
		if (json_name_is(name, "schema"))
			json_read_uint(j, schema);
		else if (json_name_is(name, "boot_id"))
			json_read_text(j, &s->boot_id);
		else if (json_name_is(name, "host"))
			json_read_text(j, &s->host);
		else if (json_name_is(name, "page_bytes"))
			json_read_uint(j, &s->page_bytes);
		else if (json_name_is(name, "rings"))
			take_rings(j, s);
		else if (json_name_is(name, "findings"))
			take_findings(j, s);
		else if (json_name_is(name, "unsettled"))
			take_unsettled(j, s);
		else if (json_name_is(name, "selection"))
			take_asked(j, &s->asked);
		else if (json_name_is(name, "starts_by"))
			take_starts_by(j, s);
		else if (json_name_is(name, "events"))
			s->recorded = json_read_uint(j, &events);
		else if (json_name_is(name, "unsteady_rings") || json_name_is(name, "skipped_slots") ||
			 json_name_is(name, "lost") || json_name_is(name, "left_out") || json_name_is(name, "io_lost"))
			take_missing(j, s);
		else if (!run_report_take(&s->run, j, name))
			json_skip(j);
}

/* ---- order ------------------------------------------------------------------------------- */

int ring_place(const struct listed_ring *a, const struct listed_ring *b)
{
	return COMPARE(a->pid, b->pid) ?: COMPARE(a->held, b->held) ?: COMPARE(a->number, b->number);
}

int text_order(struct untrusted a, struct untrusted b)
{
	size_t len = a.len < b.len ? a.len : b.len;

	return (len ? memcmp(a.bytes, b.bytes, len) : 0) ?: COMPARE(a.len, b.len);
}

int finding_place(const struct listed_finding *a, const struct listed_finding *b)
{
	return text_order(a->tag, b->tag) ?: text_order(a->whose, b->whose) ?:
	       (a->whose.bytes && b->whose.bytes ? 0 : COMPARE(a->pid, b->pid) ?: COMPARE(a->uid, b->uid)) ?:
	       COMPARE(a->fd, b->fd) ?: COMPARE(a->index, b->index);
}

static int compare_rings(const void *a, const void *b)
{
	const struct listed_ring *x = a, *y = b;

	return ring_place(x, y) ?: COMPARE(x->place, y->place);
}

static int compare_findings(const void *a, const void *b)
{
	const struct listed_finding *x = a, *y = b;

	return finding_place(x, y) ?: COMPARE(x->place, y->place);
}

static int compare_slots(const void *a, const void *b)
{
	const struct slot *x = a, *y = b;

	return COMPARE(x->index, y->index);
}

static void sort(void *list, size_t nr, size_t size, int (*compare)(const void *a, const void *b))
{
	if (nr)
		qsort(list, nr, size, compare);
}

static void count_in_bytes(__u64 *pages, __u64 page_bytes)
{
	*pages = *pages < MOST / page_bytes ? *pages * page_bytes : MOST;
}

/* Of a ring that was made since the last look a recording does not say when its process began: another's does. */
static void share_starts(struct snapshot *s)
{
	for (size_t i = 0, nr; i < s->nr_rings; i += nr) {
		struct listed_ring *r = &s->rings[i];
		__u64 start_ns = 0;

		for (nr = 0; i + nr < s->nr_rings && r[nr].pid == r->pid; nr++)
			start_ns = r[nr].start_ns > start_ns ? r[nr].start_ns : start_ns;
		for (size_t k = 0; k < nr; k++)
			r[k].start_ns = start_ns;
	}
}

static void put_in_order(struct snapshot *s)
{
	for (size_t i = 0; s->recorded && i < s->nr_findings; i++)
		s->findings[i].whose = s->findings[i].comm;
	sort(s->findings, s->nr_findings, sizeof(*s->findings), compare_findings);
	sort(s->rings, s->nr_rings, sizeof(*s->rings), compare_rings);
	share_starts(s);
	for (size_t i = 0; i < s->nr_rings; i++) {
		struct listed_ring *r = &s->rings[i];

		sort(r->slots, r->nr_slots, sizeof(*r->slots), compare_slots);
		count_in_bytes(&r->pinned_bytes, s->page_bytes);
		for (size_t k = 0; k < r->nr_slots; k++)
			count_in_bytes(&r->slots[k].charged_bytes, s->page_bytes);
	}
}

/* ---- reading ----------------------------------------------------------------------------- */

static bool is_blank(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!strchr(" \t\r\n", text[i]) || !text[i])
			return false;
	return true;
}

int snapshot_take(struct snapshot *s, const char *name, char *text, size_t len)
{
	struct json_reader j;
	__u64 schema = 0;
	bool lines;

	*s = (struct snapshot){ .path = name, .text = text, .page_bytes = PAGE_BYTES };
	if (is_blank(text, len))
		return misuse("%s is empty; " SNAPSHOT_WANTED, s->path);
	json_read_begin(&j, text, len);
	take_document(&j, s, &schema);
	if (!j.bad && schema && s->of_io)
		return misuse("%s is I/O as stat --json counted it, which diff does not compare; " SNAPSHOT_WANTED, s->path);
	lines = !j.bad && !json_read_end(&j) && schema;
	if (lines && (s->has_rings || s->has_findings))
		return misuse("%s holds more than one document, as list --watch prints them, or report of several machines; give one line of it", s->path);
	if (j.bad && !lines)
		return misuse("%s is not JSON at offset %td; " SNAPSHOT_WANTED, s->path, j.bad - j.begin);
	if (schema != SCHEMA && schema)
		return misuse("%s is of schema %llu, and this version reads %d; print it with this version", s->path, schema, SCHEMA);
	if (!schema || (!s->has_rings && !s->has_findings))
		return misuse("%s has neither rings nor findings; " SNAPSHOT_WANTED ", without --by", s->path);
	if (s->page_bytes & (s->page_bytes - 1) || s->page_bytes < 4096 || s->page_bytes > 1 << 20)
		return misuse("%s is damaged: no page has %llu bytes", s->path, s->page_bytes);
	run_report_end(&s->run);
	put_in_order(s);
	return 0;
}

static bool is_selected(const struct selection *select, __u64 pid, __u64 uid, struct untrusted name)
{
	struct comm comm = { 0 };

	if (name.bytes)
		memcpy(comm.bytes, name.bytes, name.len < sizeof(comm.bytes) ? name.len : sizeof(comm.bytes));
	return selection_has(select, pid, uid, &comm);
}

void snapshot_select(struct snapshot *s, const struct selection *select)
{
	size_t nr = 0;

	if (!selection_asks(select))
		return;
	for (size_t i = 0; i < s->nr_rings; i++)
		if (is_selected(select, given_pid(s->rings[i].pid, s->rings[i].ns_pid), s->rings[i].uid, s->rings[i].comm))
			s->rings[nr++] = s->rings[i];
		else
			free(s->rings[i].slots);
	s->nr_rings = nr;
	nr = 0;
	for (size_t i = 0; i < s->nr_findings; i++)
		if (is_selected(select, given_pid(s->findings[i].pid, s->findings[i].ns_pid), s->findings[i].uid,
				s->findings[i].comm))
			s->findings[nr++] = s->findings[i];
	s->nr_findings = nr;
	s->run.there = false;
}

void snapshot_free(struct snapshot *s)
{
	for (size_t i = 0; i < s->nr_rings; i++)
		free(s->rings[i].slots);
	free(s->rings);
	free(s->findings);
	free(s->text);
}
