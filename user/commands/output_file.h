/* SPDX-License-Identifier: GPL-2.0 */
/* The file of -o. */
#ifndef FIXBUF_COMMANDS_OUTPUT_FILE_H
#define FIXBUF_COMMANDS_OUTPUT_FILE_H

#include "base/output.h"

/*
 * From now on .out is the file .path, created, or emptied by the first that is printed; without .path, when that is "-", or when it
 * is open already, nothing happens. To be called when what the command reads was read: a file of that, and any recording,
 * is refused and stays as it is. 0, or the exit status after a sentence.
 */
int output_file_open(struct output *o);
/* Empties it, for who writes to it by its path. False with errno. */
bool output_file_begin(void);
/* What it has is of no use in part: in the end it is not there, or empty where it was there and had been begun. */
void output_file_drop(void);
/*
 * Closes it. A command that was refused before it printed (.status) leaves what was there before:
 * the file as it was, or none. As fclose(3).
 */
int output_file_close(struct output *o, int status);

#endif
