// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include "base/fmt.h"
#include "base/page_size.h"
#include "checks/checks.h"
#include "checks/folios.h"
#include "checks/places.h"
#include "model/ledger_buffers.h"

/* What became of a page. */
static const struct rule {
	enum finding_tag tag;
	unsigned int cause;	/* of the tag */
	enum mapping mapping;	/* what it applies to; UNPINNED_PAGE: to pages without a pin */
	const char *one, *many, *effect;
} rules[] = {
	{ STALE_PAGE, STALE_REPLACED, MAPPING_STALE,
	  "was replaced at its address, or is another process's",
	  "were replaced at their addresses, or are another process's",
	  "I/O still reads and writes the old memory, which the program does not see" },
	{ STALE_PAGE, STALE_COPIED, MAPPING_COPIED,
	  "was copied after a fork", "were copied after a fork",
	  "I/O reads and writes the original, this process sees the copy" },
	{ STALE_PAGE, STALE_DROPPED, MAPPING_DROPPED,
	  "was dropped (MADV_DONTNEED, MREMAP_DONTUNMAP, mapped anew, or the file below was cut)",
	  "were dropped (MADV_DONTNEED, MREMAP_DONTUNMAP, mapped anew, or the file below was cut)",
	  "I/O still reads and writes the old memory, the next touch brings another page" },
	{ STALE_PAGE, STALE_TRUNCATED, MAPPING_TRUNCATED,
	  "was cut off its file", "were cut off their file",
	  "I/O goes to memory that is in no file, the program gets SIGBUS where it touches it" },
	{ STALE_PAGE, STALE_PUNCHED, MAPPING_PUNCHED,
	  "was taken out of its file (a punched hole, MADV_REMOVE, or a truncation)",
	  "were taken out of their file (a punched hole, MADV_REMOVE, or a truncation)",
	  "I/O goes to memory that the file does not hold" },
	{ STALE_PAGE, STALE_GUARDED, MAPPING_GUARDED,
	  "is behind a guard (MADV_GUARD_INSTALL), which dropped it",
	  "are behind a guard (MADV_GUARD_INSTALL), which dropped them",
	  "I/O still reads and writes the old memory, the program gets SIGSEGV where it touches it" },
	{ STALE_PAGE, STALE_POISONED, MAPPING_POISONED,
	  "is poisoned (UFFDIO_POISON, or memory that failed)",
	  "are poisoned (UFFDIO_POISON, or memory that failed)",
	  "I/O still reads and writes the old memory, the program gets SIGBUS where it touches it" },
	{ UNMAPPED_PAGE, UNMAPPED_GONE, MAPPING_NONE,
	  "is no longer mapped", "are no longer mapped", "the buffer holds memory that RSS does not show" },
	{ UNMAPPED_PAGE, UNMAPPED_KEPT, MAPPING_NONE,
	  "is not mapped here", "are not mapped here",
	  "who registered the buffer has ended or called exec, and the ring's descriptor was kept" },
	{ UNMAPPED_PAGE, UNMAPPED_MOVED, MAPPING_MOVED,
	  "is no longer mapped there, but elsewhere", "are no longer mapped there, but elsewhere",
	  "what I/O reads comes to where it is now: a new address (mremap), another mapping, or another process" },
	{ UNMAPPED_PAGE, UNMAPPED_OTHERS, MAPPING_OTHERS,
	  "is another process's memory", "are another process's memory",
	  "who registered it no longer has the ring, and what I/O reads comes to that memory alone" },
	{ UNPINNED_PAGE, 0, MAPPING_UNKNOWN, "carries no pin", "carry no pin",
	  "the kernel may move or reuse what I/O reads and writes" },
};

/* An exec or the end of its parent left the process a ring whose memory went with another. */
static bool is_kept(const struct ring *r)
{
	return r->mm && !r->mm->pid && r->nr_holders && r->holders[0].fd >= 0 &&
	       /* in a pid namespace the other may be outside */
	       !r->holders[0].ns_pid;
}

/* Two rules tell of memory that is mapped no more: one where the ring was kept. */
static bool is_rule_of(const struct rule *rule, const struct ring *r)
{
	return rule->tag != UNMAPPED_PAGE || rule->mapping != MAPPING_NONE ||
	       (rule->cause == UNMAPPED_KEPT) == is_kept(r);
}

static bool applies(const struct rule *rule, const struct extent *e)
{
	return rule->tag == UNPINNED_PAGE ? !e->pins : e->mapping == rule->mapping;
}

/* What a rule applies to in one buffer. */
struct span {
	__u64 pages;
	size_t ranges;
	__u64 first, first_end;
	__u64 end;		/* of the last range */
};

static struct span find_span(const struct buffer *b, const struct rule *rule)
{
	struct span s = { .pages = 0 };

	for (size_t i = 0; i < b->nr_extents; i++) {
		const struct extent *e = &b->extents[i];

		if (!applies(rule, e))
			continue;
		if (!s.ranges || e->addr != s.end)
			s.ranges++;
		if (!s.pages)
			s.first = e->addr;
		s.pages += e->pages;
		s.end = e->addr + e->pages * PAGE_BYTES;
		if (s.ranges == 1)
			s.first_end = s.end;
	}
	return s;
}

bool stale_span(const struct buffer *b, __u64 *first, __u64 *end, __u64 *pages)
{
	*pages = 0;
	for (size_t k = 0; k < sizeof(rules) / sizeof(rules[0]); k++) {
		struct span s = { 0 };

		if (rules[k].tag != STALE_PAGE)
			continue;
		s = find_span(b, &rules[k]);
		if (!s.pages)
			continue;
		*first = *pages && *first < s.first ? *first : s.first;
		*end = *pages && *end > s.end ? *end : s.end;
		*pages += s.pages;
	}
	return *pages;
}

#define SEEN_LEN	(NAME_LEN + 40)

/* And by whom the pages are seen like that, when it is not the process that is named. */
static void name_seen(char buf[SEEN_LEN], const struct place *p)
{
	char name[NAME_LEN];

	place_name(name, p);
	if (p->buffer->seen_by)
		snprintf(buf, SEEN_LEN, "%s as pid %u sees it", name, p->buffer->seen_by);
	else
		snprintf(buf, SEEN_LEN, "%s", name);
}

static void report_span(const struct place *p, const struct rule *rule, const struct span *s,
			struct findings *out)
{
	__u64 all = buffer_pages(p->buffer);
	struct finding f = place_finding(rule->tag, p);
	char name[SEEN_LEN], ranges[64] = "", size[FMT_LEN];
	const char *says = s->pages == 1 ? rule->one : rule->many;

	name_seen(name, p);
	f.addr = s->first;
	f.pages = s->pages;
	f.cause = rule->cause;
	f.seen_by = p->buffer->seen_by;
	if (s->pages == all && all > 1)
		finding_add(out, f, "%s: all %llu pages (%s) %s; %s", name, all,
			    fmt_bytes_long(size, all * PAGE_BYTES), says, rule->effect);
	else if (s->pages == 1)
		finding_add(out, f, "%s: 1 of %llu pages, at 0x%llx, %s; %s", name, all, s->first,
			    says, rule->effect);
	else {
		if (s->ranges > 1)
			snprintf(ranges, sizeof(ranges), "in %zu ranges, the first ", s->ranges);
		finding_add(out, f, "%s: %llu of %llu pages, %sfrom 0x%llx to 0x%llx, %s; %s", name,
			    s->pages, all, ranges, s->first, s->first_end, says, rule->effect);
	}
}

static void report_each(const struct place *p, const struct rule *rule, struct findings *out)
{
	struct finding f = place_finding(rule->tag, p);
	char name[SEEN_LEN];

	name_seen(name, p);
	f.pages = 1;
	f.cause = rule->cause;
	f.seen_by = p->buffer->seen_by;
	for (size_t i = 0; i < p->buffer->nr_extents; i++) {
		const struct extent *e = &p->buffer->extents[i];

		for (__u64 k = 0; applies(rule, e) && k < e->pages; k++) {
			f.addr = e->addr + k * PAGE_BYTES;
			finding_add(out, f, "%s: the page at 0x%llx %s; %s", name, f.addr,
				    rule->one, rule->effect);
		}
	}
}

static void check_segments(const struct place *p, struct findings *out)
{
	const struct buffer *b = p->buffer;
	struct finding f = place_finding(BAD_SEGMENT, p);
	char name[NAME_LEN];

	place_name(name, p);
	f.pages = buffer_pages(b);
	if (b->bad_segment_at) {
		f.addr = b->bad_segment_at;
		finding_add(out, f, "%s: the segment at 0x%llx leaves its folio; "
			    "I/O reaches memory that is not part of the buffer", name, f.addr);
	} else if (b->segment_bytes != b->len_bytes) {
		finding_add(out, f, "%s: its %u segments add up to %llu bytes, but it is %llu "
			    "bytes long", name, b->segments, b->segment_bytes, b->len_bytes);
	}
}

void check_pages(const struct ledger *l, const struct check_options *o, struct findings *out)
{
	struct place *places;
	size_t nr = places_collect(l, &places);

	for (size_t i = 0; i < nr; i++) {
		if (!places[i].buffer->walked)
			continue;
		for (size_t k = 0; k < sizeof(rules) / sizeof(rules[0]); k++) {
			struct span s = find_span(places[i].buffer, &rules[k]);

			if (!is_rule_of(&rules[k], places[i].ring))
				continue;
			/* where a segment is wrong, which page belongs to which is not known */
			if (rules[k].tag != UNPINNED_PAGE && !folios_known(places[i].buffer))
				continue;
			if (s.pages && o->every_page)
				report_each(&places[i], &rules[k], out);
			else if (s.pages)
				report_span(&places[i], &rules[k], &s, out);
		}
		check_segments(&places[i], out);
	}
	free(places);
}
