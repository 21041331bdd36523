// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include "base/fmt.h"
#include "base/page_size.h"
#include "checks/lost.h"

static bool was_lost(const struct io_stale_hits *h)
{
	return h->reads || h->writes;
}

void check_lost(const struct stale_slot *s, __u64 now_ns, struct findings *out)
{
	const struct io_stale_hits *h = &s->what.hits;
	struct finding f = s->of;
	/* between stale pages may lie others; and a count that stops with a call goes on with the next look */
	const char *most = s->what.armed_ns > s->seen_ns ? "about " :
			   s->pages * PAGE_BYTES < s->what.end - s->what.addr ? "at most " : "";
	char in[FMT_LEN], from[FMT_LEN], ago[FMT_LEN], more[96] = "";

	if (!was_lost(h))
		return;
	f.tag = LOST_TO_STALE_PAGES;
	f.cause = LOST_SINCE_SEEN;
	f.index = s->index;
	f.addr = s->what.addr;
	f.pages = s->pages;
	f.buf = 0;
	f.requests = h->reads + h->writes;
	if (h->unplaced)
		snprintf(more, sizeof(more), "; of %llu more it is not known where in the buffer they were",
			 h->unplaced);
	finding_add(out, f, "pid %u ring 0x%llx buffer %u: in %s since pages from 0x%llx to 0x%llx were seen to be stale, %s%llu request%s read %s into them, which are lost to the process, and %s%llu wrote %s of what they held before%s",
		    f.pid, f.ring, s->index, fmt_ns(ago, now_ns - s->seen_ns), s->what.addr, s->what.end,
		    most, h->reads, plural(h->reads), fmt_bytes_long(in, h->read_bytes), most, h->writes,
		    fmt_bytes_long(from, h->write_bytes), more);
}

void check_wrong(const struct finding *of, const struct io_wrong *w, struct findings *out)
{
	struct finding f = *of;
	char size[FMT_LEN];

	f.tag = WRONG_BUFFER;
	f.requests = w->requests;
	finding_add(out, f, "pid %u ring 0x%llx buffer %d: %llu request%s, %s, ran over other memory than lay there when %s submitted, as the slot was given another buffer meanwhile; the first has user_data 0x%llx",
		    f.pid, f.ring, f.index, w->requests, plural(w->requests), fmt_bytes_long(size, w->bytes),
		    w->requests == 1 ? "it was" : "they were", w->user_data);
}

void check_outlived(const struct finding *of, const struct io_wrong *w, struct findings *out)
{
	struct finding f = *of;
	char size[FMT_LEN];

	f.tag = LOST_TO_STALE_PAGES;
	f.cause = LOST_WITH_A_SLOT;
	f.requests = w->requests;
	finding_add(out, f, "pid %u ring 0x%llx buffer %d: %llu request%s read %s into what the slot held before it was given other memory at the same address, and nobody has that memory mapped any more; the first has user_data 0x%llx",
		    f.pid, f.ring, f.index, w->requests, plural(w->requests), fmt_bytes_long(size, w->bytes),
		    w->user_data);
}
