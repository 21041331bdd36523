// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include "base/fmt.h"
#include "checks/folios.h"
#include "checks/places.h"

static bool is_stale(const struct extent *e)
{
	return e->mapping == MAPPING_STALE;
}

static bool is_unmapped(const struct extent *e)
{
	return e->mapping == MAPPING_NONE;
}

static bool is_unpinned(const struct extent *e)
{
	return !e->pins;
}

static const struct rule {
	enum finding_tag tag;
	bool (*applies)(const struct extent *e);
	const char *one, *many, *effect;
	bool by_address;	/* where a segment is wrong, which page belongs to which is not known */
} rules[] = {
	{ STALE_PAGE, is_stale, "is no longer the page mapped there",
	  "are no longer the pages mapped there", "I/O uses pages that the program does not see",
	  true },
	{ UNMAPPED_PAGE, is_unmapped, "is no longer mapped", "are no longer mapped",
	  "memory is held that RSS does not show", true },
	{ UNPINNED_PAGE, is_unpinned, "carries no pin", "carry no pin",
	  "the kernel may move or reuse what I/O reads and writes", false },
};

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

		if (!rule->applies(e))
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

static void report_span(const struct place *p, const struct rule *rule, const struct span *s,
			struct findings *out)
{
	__u64 all = buffer_pages(p->buffer);
	struct finding f = place_finding(rule->tag, p);
	char name[NAME_LEN], ranges[64] = "", size[FMT_LEN];
	const char *says = s->pages == 1 ? rule->one : rule->many;

	place_name(name, p);
	f.addr = s->first;
	f.pages = s->pages;
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
	char name[NAME_LEN];

	place_name(name, p);
	f.pages = 1;
	for (size_t i = 0; i < p->buffer->nr_extents; i++) {
		const struct extent *e = &p->buffer->extents[i];

		for (__u64 k = 0; rule->applies(e) && k < e->pages; k++) {
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

			if (rules[k].by_address && !folios_known(places[i].buffer))
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
