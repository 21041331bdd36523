/* SPDX-License-Identifier: GPL-2.0 */
/* Keeps the JSON that tests see, for tests/run/schema.py to validate all of it at the end. */
#ifndef FIXBUF_SEEN_H
#define FIXBUF_SEEN_H

struct answer;

/* Notes what these arguments will print as JSON, and where to. */
void seen_expect(struct answer *a, char *const *argv);
/* It has ended: appends the documents to FIXBUF_SEEN/COMMAND, if there is such a folder. */
void seen_keep(const struct answer *a);

#endif
