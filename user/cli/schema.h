/* SPDX-License-Identifier: GPL-2.0 */
/* JSON Schema of what commands print with --json: share/schema/, joined. */
#ifndef FIXBUF_CLI_SCHEMA_H
#define FIXBUF_CLI_SCHEMA_H

#include <stdio.h>

/* Of one command, with the definitions that it uses; NULL: of all. */
void schema_print(FILE *out, const char *command);

#endif
