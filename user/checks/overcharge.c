// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include "base/alloc.h"
#include "base/fmt.h"
#include "base/page_size.h"
#include "checks/overcharge.h"

#define SMALL_BYTES	(1ULL << 20)	/* charged twice, it is no reason to fail */
#define LIMIT_SHARE	10		/* nor is this part of the limit */
#define TEXT		((NAMED_BUFFERS + 1) * NAME_LEN)

static int by_address(const void *va, const void *vb)
{
	const struct buffer *a = (*(const struct place *const *)va)->buffer;
	const struct buffer *b = (*(const struct place *const *)vb)->buffer;

	if (a->addr != b->addr)
		return a->addr < b->addr ? -1 : 1;
	return (a->len_bytes > b->len_bytes) - (a->len_bytes < b->len_bytes);
}

static bool has_large_folios(const struct buffer *b)
{
	for (size_t i = 0; i < b->nr_extents; i++)
		if (b->extents[i].order)
			return true;
	return false;
}

static int by_frame(const void *va, const void *vb)
{
	const struct extent *a = va, *b = vb;

	return (a->pfn > b->pfn) - (a->pfn < b->pfn);
}

static bool has_page_twice(const struct buffer *b)
{
	struct extent *sorted = must_alloc(b->nr_extents, sizeof(*sorted));
	bool twice = false;

	for (size_t i = 0; i < b->nr_extents; i++)
		sorted[i] = b->extents[i];
	qsort(sorted, b->nr_extents, sizeof(*sorted), by_frame);
	for (size_t i = 1; i < b->nr_extents; i++)
		twice |= sorted[i - 1].pfn + sorted[i - 1].pages > sorted[i].pfn;
	free(sorted);
	return twice;
}

/* .sorted: by address. */
static enum overcharged_cause why(const struct place *const *sorted, size_t nr)
{
	bool rings = false, large = false, same = false, overlap = false, edges = false;
	__u64 end = 0;

	if (nr == 1)
		return has_page_twice(sorted[0]->buffer) ? OVERCHARGED_BY_ALIASES :
							   OVERCHARGED_SOMEHOW;
	for (size_t i = 0; i < nr; i++) {
		const struct buffer *b = sorted[i]->buffer, *last = i ? sorted[i - 1]->buffer : NULL;

		rings |= sorted[i]->ring != sorted[0]->ring;
		large |= has_large_folios(b);
		same |= last && sorted[i]->ring != sorted[i - 1]->ring && b->addr == last->addr &&
			b->len_bytes == last->len_bytes;
		overlap |= b->addr < end;
		edges |= last && b->addr >= end && (end - 1) >> PAGE_SHIFT == b->addr >> PAGE_SHIFT;
		if (b->addr + b->len_bytes > end)
			end = b->addr + b->len_bytes;
	}
	if (same || (large && rings))
		return OVERCHARGED_BY_RINGS;
	return overlap ? OVERCHARGED_BY_OVERLAP : edges ? OVERCHARGED_BY_EDGES :
							  OVERCHARGED_BY_ALIASES;
}

static void note_place(struct overcharges *all, struct overcharge *o, const struct place *p)
{
	const struct place *first = o->places[0] ? o->places[0] : p;
	const struct ring *r = p->ring;

	if (o->buffers < NAMED_BUFFERS)
		o->places[o->buffers] = p;
	o->buffers++;
	o->many_rings |= r != first->ring;
	o->other_offsets |= (p->buffer->addr ^ first->buffer->addr) & (PAGE_BYTES - 1);
	o->moving |= r->ring_flags & RING_F_LOCKED;
	if (r->last_call_ns > o->call_ns)
		o->call_ns = r->last_call_ns;
	for (size_t i = 0; r->user && i < r->nr_holders; i++)
		if (!all->least_limit || r->holders[i].memlock_limit_bytes < all->least_limit)
			all->least_limit = r->holders[i].memlock_limit_bytes;
}

void overcharge_add(struct overcharges *all, const struct place *list, const size_t *members,
		    size_t nr, __u64 pinned, __u64 charged)
{
	const struct place **sorted = must_alloc(nr, sizeof(*sorted));
	struct overcharge *o;

	for (size_t i = 0; i < nr; i++)
		sorted[i] = &list[members[i]];
	qsort(sorted, nr, sizeof(*sorted), by_address);
	o = &all->by_cause[why(sorted, nr)];
	free(sorted);
	for (size_t i = 0; i < nr; i++)
		note_place(all, o, &list[members[i]]);
	o->pinned += pinned;
	o->charged += charged;
	o->sets++;
}

const char *name_places(char *text, size_t len, const struct place *const *places, size_t nr)
{
	char name[NAME_LEN];
	size_t used = 0;

	text[0] = 0;
	for (size_t i = 0; i < nr && i < NAMED_BUFFERS && used < len; i++)
		used += snprintf(text + used, len - used, "%s%s", i ? ", " : "",
				 place_name(name, places[i]));
	if (nr > NAMED_BUFFERS && used < len)
		snprintf(text + used, len - used, " and %zu more", nr - NAMED_BUFFERS);
	return text;
}

static const char *sentence(char buf[160], enum overcharged_cause cause, const struct overcharge *o)
{
	unsigned int offset = o->places[0]->buffer->addr & (PAGE_BYTES - 1);

	switch (cause) {
	case OVERCHARGED_BY_EDGES:
		if (o->other_offsets || !offset)
			return "they do not start at page boundaries, so neighbours share a page, "
			       "which is charged to both";
		snprintf(buf, 160, "each starts 0x%x into a page, so neighbours share a page, which "
			 "is charged to both", offset);
		return buf;
	case OVERCHARGED_BY_OVERLAP:
		return "they overlap, and a page is charged to each buffer that has it";
	case OVERCHARGED_BY_RINGS:
		return "several rings register the same memory, or parts of a huge page, and each is "
		       "charged for it";
	case OVERCHARGED_BY_ALIASES:
		return o->buffers == 1 ? "the same page lies at several addresses of it (a memfd or "
					 "file that is mapped twice), and is charged for each" :
					 "the same page lies at several addresses (a memfd or file "
					 "that is mapped twice), and is charged to each buffer";
	case OVERCHARGED_SOMEHOW:
		break;
	}
	return "it was charged for more than it holds";
}

/* Whether what is charged twice is little for whoever has the least limit. */
static bool is_minor(const struct overcharges *all, __u64 pages)
{
	__u64 limit = all->least_limit == ~0ULL ? 0 : all->least_limit / LIMIT_SHARE;

	return pages * PAGE_BYTES <= (limit > SMALL_BYTES ? limit : SMALL_BYTES);
}

void overcharge_report(const struct overcharges *all, struct findings *out)
{
	for (unsigned int cause = 0; cause < MAX_REMEDIES; cause++) {
		const struct overcharge *o = &all->by_cause[cause];
		char names[TEXT], count[FMT_LEN], held[FMT_LEN], buf[160];
		struct finding f;

		if (!o->buffers)
			continue;
		f = place_finding(OVERCHARGED, o->places[0]);
		f.cause = cause;
		f.pages = o->charged - o->pinned;
		f.minor = is_minor(all, f.pages);
		f.moving = o->moving;
		f.call_ns = o->call_ns;
		if (o->many_rings)
			f.ring = 0;
		if (o->sets > 1) {
			f.index = -1;
			f.addr = 0;
		}
		finding_add(out, f, "%s: %s (%s) %s pinned, %llu %s charged; %s",
			    name_places(names, sizeof(names), o->places, o->buffers),
			    fmt_count_pages(count, o->pinned),
			    fmt_bytes_long(held, o->pinned * PAGE_BYTES), is_or_are(o->pinned),
			    o->charged, is_or_are(o->charged), sentence(buf, cause, o));
	}
}
