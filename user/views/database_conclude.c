// SPDX-License-Identifier: GPL-2.0
#include "base/untrusted.h"
#include "model/fact.h"
#include "views/database_private.h"

static void put_failed_calls(struct database *d, const struct history *h)
{
	for (const struct failure_history *f = h->failures; f; f = f->hh.next) {
		sqlite_row(d->to, FAILURES);
		sqlite_text(d->to, "call");
		database_number(d, f->key.pid);
		sqlite_text(d->to, TAME_COMM(f->comm));
		sqlite_text(d->to, history_call_name(f->key.op));
		database_errno_name(d, f->key.result);
		sqlite_int(d->to, f->count);
		database_since_begin(d, f->since_ns);
		database_since_begin(d, f->last_ns);
		sqlite_text(d->to, f->explain);
		sqlite_row_end(d->to);
	}
}

static void put_failed_io(struct database *d, const struct io_failures *io)
{
	for (size_t i = 0; i < io->nr; i++) {
		const struct io_failed *f = &io->list[i];

		if (!io_failed(f))
			continue;
		sqlite_row(d->to, FAILURES);
		sqlite_text(d->to, "io");
		database_number(d, f->pid);
		sqlite_text(d->to, TAME_COMM(f->comm));
		sqlite_text(d->to, io_op_name(f->opcode));
		sqlite_text(d->to, io_failed_name(f));
		sqlite_int(d->to, f->count);
		database_since_begin(d, f->first_ns);
		database_since_begin(d, f->last_ns);
		sqlite_text(d->to, f->explain);
		sqlite_row_end(d->to);
	}
}

static void put_findings(struct database *d, const struct findings *fs)
{
	for (size_t i = 0; i < fs->nr; i++) {
		const struct finding *f = &fs->list[i];

		sqlite_row(d->to, FINDINGS);
		sqlite_text(d->to, finding_tag_name(f->tag));
		sqlite_text(d->to, severity_name(severity_of_finding(f)));
		database_since_begin(d, f->since_ns);
		database_number(d, f->pid);
		sqlite_int(d->to, f->uid);
		sqlite_text(d->to, f->comm.bytes[0] ? TAME_COMM(f->comm) : NULL);
		sqlite_known(d->to, f->index >= 0, f->index);
		database_number(d, f->addr);
		sqlite_int(d->to, f->pages);
		sqlite_text(d->to, f->detail);
		sqlite_text(d->to, f->remedy);
		sqlite_row_end(d->to);
	}
}

void database_conclude(struct database *d, const struct database_conclusion *c)
{
	put_failed_calls(d, c->h);
	put_failed_io(d, c->io);
	put_findings(d, c->f);
}
