// SPDX-License-Identifier: GPL-2.0
#include <stddef.h>
#include <string.h>
#include "recording/hide.h"

#define MOST 4

/* Where a record has kernel addresses beside .h.ring; 0 ends a row. */
static const __u16 places[][MOST] = {
	[FACT_RING_CREATE] = { offsetof(struct fact_ring, user), offsetof(struct fact_ring, mm),
			       offsetof(struct fact_ring, table) },
	[FACT_RING_CLOSE] = { offsetof(struct fact_ring, user), offsetof(struct fact_ring, mm),
			      offsetof(struct fact_ring, table) },
	[FACT_RING] = { offsetof(struct fact_ring, user), offsetof(struct fact_ring, mm),
			offsetof(struct fact_ring, table) },
	[FACT_HOLDER] = { offsetof(struct fact_holder, files), offsetof(struct fact_holder, mm),
			  offsetof(struct fact_holder, user) },
	[FACT_CALL] = { offsetof(struct fact_call, user), offsetof(struct fact_call, mm),
			offsetof(struct fact_call, src_ring) },
	[FACT_BUFFER] = { offsetof(struct fact_buffer, buf), offsetof(struct fact_buffer, node),
			  offsetof(struct fact_buffer, bvec) },
	[FACT_DROP] = { offsetof(struct fact_buffer, buf), offsetof(struct fact_buffer, node),
			offsetof(struct fact_buffer, bvec) },
	[FACT_PIN] = { offsetof(struct fact_pin, buf) },
	[FACT_UNPIN] = { offsetof(struct fact_pin, buf) },
	[FACT_CHARGE] = { offsetof(struct fact_charge, user), offsetof(struct fact_charge, mm),
			  offsetof(struct fact_charge, buf) },
	[FACT_UNCHARGE] = { offsetof(struct fact_charge, user), offsetof(struct fact_charge, mm),
			    offsetof(struct fact_charge, buf) },
	/* no kernel address: theirs are the program's */
	[FACT_ENTRY] = { 0 },
	[FACT_IO_DONE] = { 0 },
};

void hide_addresses(const struct address_key *key, struct fact *f)
{
	f->ring = address_hidden(key, f->ring);
	if (f->kind >= sizeof(places) / sizeof(places[0]))
		return;
	for (size_t i = 0; i < MOST && places[f->kind][i]; i++) {
		char *at = (char *)f + places[f->kind][i];
		__u64 address;

		if (places[f->kind][i] + sizeof(address) > f->size)
			continue;
		memcpy(&address, at, sizeof(address));
		address = address_hidden(key, address);
		memcpy(at, &address, sizeof(address));
	}
}
