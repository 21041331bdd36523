/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The process that keeps what starting another one takes, and reads nothing that others write:
 * it starts the one that looks at pages, and again when that ended.
 */
#ifndef FIXBUF_COMMANDS_EXPORT_KEEPER_H
#define FIXBUF_COMMANDS_EXPORT_KEEPER_H

#include <sys/types.h>

struct export_options;
struct privileges;

extern const struct privileges export_keeper_keeps;

/*
 * Sends on .control, for each that it starts, the end of a pipe that says what it finds
 * (pass.h). Ends with the other end of .control, or when the first one cannot look.
 */
void export_keep(struct export_options *o, int control, pid_t parent) __attribute__((noreturn));

#endif
