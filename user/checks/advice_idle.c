// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include "base/fmt.h"
#include "checks/advice_idle.h"
#include "model/ledger_buffers.h"

/* A ring that no ledger has may hold it, too: the kernel counts all of them. */
static bool is_shared(const struct buffer *b)
{
	return b->slots > 1 || b->refs > 1;
}

/* .of: the ring's digest, NULL = the selection did not use it. */
static bool is_slot_used(const struct digests *d, const struct digest *of, const struct ring *r, __u32 index)
{
	const struct io_buffer_use *u = of ? digests_use(d, r, index) : NULL;
	__u32 requests;

	if ((u && u->ops) || (of && of->touched && of->touched[index]))
		return true;
	/* requests from before the watch, too */
	return slot_requests(r, index, &requests) && requests;
}

static struct used_buffer *find(struct used_buffer *used, const struct buffer *b)
{
	struct used_buffer *found;

	HASH_FIND_PTR(used, &b, found);
	return found;
}

struct used_buffer *idle_take(const struct digests *d, const struct ledger *l)
{
	struct used_buffer *used = NULL, *new;

	for (const struct ring *r = l->rings; r; r = r->hh.next) {
		const struct digest *of = digests_of_held(d, r);

		for (__u32 i = 0; i < r->nr_slots; i++) {
			const struct buffer *b = r->slots[i];

			if (!b || b->slots < 2 || find(used, b) || !is_slot_used(d, of, r, i))
				continue;
			new = must_alloc(1, sizeof(*new));
			new->buffer = b;
			HASH_ADD_PTR(used, buffer, new);
		}
	}
	return used;
}

struct idle_buffers idle_of(const struct used_buffer *used, const struct digests *d, const struct ring *r)
{
	const struct digest *of = digests_of_held(d, r);
	struct idle_buffers sum = { .index = -1, .in_use_known = true };

	for (__u32 i = 0; i < r->nr_slots; i++) {
		const struct buffer *b = r->slots[i];
		__u32 requests;

		if (!b || b->buf_flags & BUFFER_F_KERNEL)
			continue;
		sum.buffers++;
		sum.in_use_known &= slot_requests(r, i, &requests);
		if (find((struct used_buffer *)used, b) || is_slot_used(d, of, r, i))
			continue;
		sum.index = i;
		if (is_shared(b)) {
			sum.shared++;
		} else {
			sum.idle++;
			sum.bytes += b->len_bytes;
		}
	}
	return sum;
}

const char *idle_words(char text[IDLE_LEN], const struct idle_buffers *x, __u64 t_ns)
{
	const char *unknown = x->in_use_known ? "" : "; whether requests that began before still use them was not seen";
	char size[FMT_LEN], took[FMT_LEN], shared[96] = "";

	fmt_ns(took, t_ns);
	if (!x->idle) {
		snprintf(text, IDLE_LEN, "%llu of its %llu registered buffers %s used by no ring in %s, and other slots hold %s, too%s",
			 x->shared, x->buffers, x->shared == 1 ? "was" : "were", took, x->shared == 1 ? "it" : "them", unknown);
		return "where no ring needs them, unregister them in each that holds them: to do so in one alone gives nothing back";
	}
	if (x->shared)
		snprintf(shared, sizeof(shared), "; nor %s %llu more, which other slots hold, too",
			 x->shared == 1 ? "was" : "were", x->shared);
	snprintf(text, IDLE_LEN, "%llu of its %llu registered buffers (%s) %s not used in %s%s%s", x->idle, x->buffers,
		 fmt_bytes_long(size, x->bytes), x->idle == 1 ? "was" : "were", took, shared, unknown);
	return "unregister what is not needed, or register it when it is: it counts against RLIMIT_MEMLOCK and cannot be swapped or moved";
}

void idle_free(struct used_buffer *used)
{
	struct used_buffer *u, *next;

	HASH_ITER(hh, used, u, next) {
		HASH_DEL(used, u);
		free(u);
	}
}
