/* SPDX-License-Identifier: GPL-2.0 */
/* Keeps the JSON that tests see, for tests/run/schema.py to validate all of it at the end. */
#ifndef FIXBUF_JSON_LOG_H
#define FIXBUF_JSON_LOG_H

struct tool_run;

/* Notes what these arguments will print as JSON, and where to. */
void json_log_expect(struct tool_run *a, char *const *argv);
/* It has ended: appends the documents to FIXBUF_JSON_LOG/COMMAND, if there is such a folder. */
void json_log_keep(const struct tool_run *a);

#endif
