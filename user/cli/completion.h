/* SPDX-License-Identifier: GPL-2.0 */
/* Scripts that complete the command line in a shell, made of the tables of commands and options. */
#ifndef FIXBUF_CLI_COMPLETION_H
#define FIXBUF_CLI_COMPLETION_H

#include <stdio.h>

/* -1 for a shell that is not known. */
int completion_print(FILE *out, const char *shell);

#endif
