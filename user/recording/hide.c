// SPDX-License-Identifier: GPL-2.0
#include <stddef.h>
#include <string.h>
#include "recording/hide.h"

/* Where a record has kernel addresses beside .h.ring, to end with 0. */
static const __u16 in_ring[] = {
	offsetof(struct fact_ring, user), offsetof(struct fact_ring, mm),
	offsetof(struct fact_ring, table), 0
};
static const __u16 in_holder[] = {
	offsetof(struct fact_holder, files), offsetof(struct fact_holder, mm),
	offsetof(struct fact_holder, user), 0
};
static const __u16 in_call[] = {
	offsetof(struct fact_call, user), offsetof(struct fact_call, mm),
	offsetof(struct fact_call, src_ring), 0
};
static const __u16 in_buffer[] = {
	offsetof(struct fact_buffer, buf), offsetof(struct fact_buffer, node),
	offsetof(struct fact_buffer, bvec), 0
};
static const __u16 in_in_use[] = {
	offsetof(struct fact_in_use, buf), offsetof(struct fact_in_use, node), 0
};
static const __u16 in_pin[] = { offsetof(struct fact_pin, buf), 0 };
static const __u16 in_charge[] = {
	offsetof(struct fact_charge, user), offsetof(struct fact_charge, mm),
	offsetof(struct fact_charge, buf), 0
};
static const __u16 in_setup[] = {
	offsetof(struct fact_setup, user), offsetof(struct fact_setup, mm), 0
};
static const __u16 nowhere[] = { 0 };

static const __u16 *places(enum fact_kind kind)
{
	/* without a default: the compiler refuses a kind that is not here */
	switch (kind) {
	case FACT_RING_CREATE:
	case FACT_RING_CLOSE:
	case FACT_RING:
		return in_ring;
	case FACT_HOLDER:
		return in_holder;
	case FACT_CALL:
		return in_call;
	case FACT_BUFFER:
	case FACT_DROP:
		return in_buffer;
	case FACT_IN_USE:
		return in_in_use;
	case FACT_PIN:
	case FACT_UNPIN:
		return in_pin;
	case FACT_CHARGE:
	case FACT_UNCHARGE:
		return in_charge;
	case FACT_SETUP:
		return in_setup;
	/* the addresses in these are the program's */
	case FACT_ENTRY:
	case FACT_CALLER:
	case FACT_IO_DONE:
	case FACT_IO_FAILED:
	case FACT_IO_NOTICE:
	case FACT_RING_GONE:
	case FACT_NONE:
		break;
	}
	return nowhere;
}

void hide_addresses(const struct address_key *key, struct fact *f)
{
	f->ring = address_hidden(key, f->ring);
	for (const __u16 *place = places(f->kind); *place; place++) {
		char *at = (char *)f + *place;
		__u64 address;

		if (*place + sizeof(address) > f->size)
			continue;
		memcpy(&address, at, sizeof(address));
		address = address_hidden(key, address);
		memcpy(at, &address, sizeof(address));
	}
}
