// SPDX-License-Identifier: GPL-2.0
#include "base/fmt.h"
#include "base/page_size.h"
#include "base/pid.h"
#include "checks/checks.h"
#include "checks/places.h"
#include "model/ledger_buffers.h"

/* One for a ring: programs have hundreds of buffers there, for one reason. */
static void check_ring(const struct ring *r, struct findings *out)
{
	struct finding f = {
		.tag = HEAP_BUFFER, .ring = r->id, .pid = ring_pid(r), .ns_pid = ring_ns_pid(r), .fd = -1,
		.index = -1, .uid = ring_uid(r), .comm = ring_comm(r), .mm = r->mm ? r->mm->id : 0,
	};
	unsigned int nr = 0, all = 0;
	char size[FMT_LEN];

	for (__u32 i = 0; i < r->nr_slots; i++) {
		const struct buffer *b = r->slots[i];

		all += !!b;
		if (!b || !b->on_heap)
			continue;
		nr++;
		f.pages += buffer_pages(b);
	}
	if (!nr)
		return;
	finding_take_holder(&f, r);
	finding_add(out, f, "pid %s ring 0x%llx: %u of %u buffer%s, %s, lie%s in the heap that brk() made; where malloc() serves from it, "
		    "what is freed too early is used again, or given back, while it is registered",
		    PID_TEXT(f.pid, f.ns_pid), f.ring, nr, all, plural(all),
		    fmt_bytes_long(size, f.pages * PAGE_BYTES), nr == 1 ? "s" : "");
}

void check_heap(const struct ledger *l, struct findings *out)
{
	for (const struct ring *r = l->rings; r; r = r->hh.next)
		check_ring(r, out);
}
