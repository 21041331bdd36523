/* SPDX-License-Identifier: GPL-2.0 */
/* Which options make no sense together, or not without another. */
#ifndef FIXBUF_CLI_OPTION_RULES_H
#define FIXBUF_CLI_OPTION_RULES_H

#include <stdbool.h>
#include <stddef.h>

#define KEY_PROGRAM 1	/* -- PROGRAM, as if it were an option */

/* The sentence about the first rule of this command (enum command_bit) that is broken, or NULL. */
const char *option_rules_broken(unsigned int command, const int *given, size_t nr);

#endif
