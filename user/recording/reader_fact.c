// SPDX-License-Identifier: GPL-2.0
#include <stdbool.h>
#include <string.h>
#include "model/fact.h"
#include "recording/reader_fact.h"
#include "recording/reader_tables.h"

#define MAX_TABLE	(1U << 16)	/* kernels allow 16384 */
#define MAX_SHIFT	40
#define MAX_PAGES	(1LL << 52)	/* the address space of any kernel */

static bool is_level(__s64 pages)
{
	return pages > -MAX_PAGES && pages < MAX_PAGES;
}

/* What a sum or an allocation relies on. */
static bool is_fit(const union any_fact *f)
{
	switch (f->h.kind) {
	case FACT_RING_CREATE:
	case FACT_RING_CLOSE:
	case FACT_RING:
		return f->ring.nr_slots <= MAX_TABLE &&
		       (!(f->ring.ring_flags & RING_F_SKIPPED) || f->ring.whose <= MAX_TABLE) &&
		       is_level(f->ring.user_locked_pages) && is_level(f->ring.mm_pinned_pages);
	case FACT_HOLDER:
		return is_level(f->holder.user_locked_pages) && is_level(f->holder.mm_pinned_pages);
	case FACT_CALL:
		return f->call.nr_slots <= MAX_TABLE && is_level(f->call.result) &&
		       is_level(f->call.user_before_pages) && is_level(f->call.user_after_pages) &&
		       is_level(f->call.mm_before_pages) && is_level(f->call.mm_after_pages);
	case FACT_BUFFER:
	case FACT_DROP:
		return f->buffer.index < MAX_TABLE && f->buffer.folio_shift <= MAX_SHIFT &&
		       (f->buffer.charged_pages == ACCT_UNKNOWN ||
			f->buffer.charged_pages < MAX_PAGES);
	case FACT_IN_USE:
		return f->in_use.index < MAX_TABLE;
	case FACT_PIN:
	case FACT_UNPIN:
		/* a range that wraps has any number of pages, and is refused */
		return (f->pin.result < 0 || f->pin.pages < MAX_PAGES) &&
		       f->pin.folio_shift <= MAX_SHIFT && is_level(f->pin.result);
	case FACT_CHARGE:
	case FACT_UNCHARGE:
		return is_level(f->charge.pages) && is_level(f->charge.result) &&
		       is_level(f->charge.user_before_pages) &&
		       is_level(f->charge.user_after_pages) &&
		       is_level(f->charge.mm_before_pages) && is_level(f->charge.mm_after_pages);
	case FACT_SETUP:
		return is_level(f->setup.result) && is_level(f->setup.user_pages);
	case FACT_IO_DONE:
	case FACT_IO_FAILED:
	case FACT_IO_NOTICE:
		return f->io.result != (__s32)(1U << 31);
	}
	return true;
}

int recording_fact(union any_fact *to, const void *data, size_t size, const char **wrong)
{
	struct fact head;
	size_t have, whole;

	*wrong = NULL;
	if (size < sizeof(head)) {
		*wrong = "an event that is too short";
		return 0;
	}
	memcpy(&head, data, sizeof(head));
	if (head.size < sizeof(head) || head.size > size) {
		*wrong = "an event that is longer than its record";
		return 0;
	}
	whole = fact_min_size(head.kind);
	if (!whole)
		return 0;
	have = head.size < whole ? head.size : whole;
	memcpy(to, data, have);
	memset((char *)to + have, 0, whole - have);
	to->h.size = whole;
	if (!is_fit(to))
		*wrong = "an event with numbers that no kernel has";
	return 1;
}

void record_take(void *to, size_t size, const struct rec *rec, const void *data)
{
	memset(to, 0, size);
	memcpy(to, data, rec->size < size ? rec->size : size);
}

void recording_evidence(struct evidence_room *to, const struct rec *rec, const void *data)
{
	switch (rec->id) {
	case EVIDENCE_ENTRY:
		record_take(&to->entry, sizeof(to->entry), rec, data);
		to->e.entry = &to->entry;
		break;
	case EVIDENCE_CALLER:
		record_take(&to->caller, sizeof(to->caller), rec, data);
		to->e.caller = &to->caller;
		break;
	case EVIDENCE_ACCOUNT:
		record_take(&to->account, sizeof(to->account), rec, data);
		to->e.account = &to->account;
		break;
	case EVIDENCE_SHARE:
		if (to->e.nr_shares == MAX_SHARES)
			break;
		record_take(&to->shares[to->e.nr_shares++], sizeof(to->shares[0]), rec, data);
		to->e.shares = to->shares;
		break;
	}
}
