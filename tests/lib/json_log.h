/* SPDX-License-Identifier: GPL-2.0 */
/* Keeps the JSON that tests see, for tests/run/schema.py to validate all of it at the end. */
#ifndef FIXBUF_JSON_LOG_H
#define FIXBUF_JSON_LOG_H

struct tool_run;

/* Notes in .a whether these arguments print JSON, of which command, and to which file. */
void json_log_expect(struct tool_run *a, char *const *argv);
/* Call when the run has ended: appends its documents to FIXBUF_JSON_LOG/COMMAND, if that is set. */
void json_log_keep(const struct tool_run *a);

#endif
