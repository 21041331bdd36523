/* SPDX-License-Identifier: GPL-2.0 */
/* A recording as an SQLite file: the tables of share/sql/recording.sql. */
#ifndef FIXBUF_VIEWS_DATABASE_H
#define FIXBUF_VIEWS_DATABASE_H

#include "checks/finding.h"
#include "checks/io_failures.h"
#include "model/event.h"
#include "model/history.h"
#include "model/selection.h"

struct database;

/* Before all else. 0, or -errno with a sentence: there is nothing here to write one with. */
int database_load(void);
/* It is a database, and none of recordings. */
bool database_is_of_others(const char *path);
/* .path: an empty file, or one with other recordings; .select must outlive it. NULL with a sentence. */
struct database *database_new(const char *path, const struct selection *select);
/* What the recording told next. */
void database_event(struct database *d, const struct event *told);

/* What was concluded of the whole. */
struct database_conclusion {
	const struct history *h;
	const struct findings *f;
	const struct io_failures *io;
};
/* After the last: writes that, too, and closes the file. 0, or -errno with a sentence. */
int database_end(struct database *d, const struct database_conclusion *c);

#endif
