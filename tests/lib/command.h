/* SPDX-License-Identifier: GPL-2.0 */
/* Commands of the shell. */
#ifndef FIXBUF_COMMAND_H
#define FIXBUF_COMMAND_H

/* All that a command prints, without the last newline; to be freed. *status: how it ended, -1 = by a signal. */
char *command_said(int *status, const char *command);
/* How it ended; what it printed is noted when that is not 0. */
int command_run(const char *command);

#endif
