/* SPDX-License-Identifier: GPL-2.0 */
/* The options: one row each, with the commands that it belongs to. */
#ifndef FIXBUF_CLI_OPTION_ROWS_H
#define FIXBUF_CLI_OPTION_ROWS_H

#include <argp.h>
#include <stddef.h>

/* Of options without a letter. */
enum option_key {
	KEY_COMM = 256, KEY_USAGE, KEY_JSON, KEY_NO_HEADER, KEY_FAIL_ON, KEY_PAGES, KEY_TIER, KEY_BTF,
	KEY_WATCH, KEY_STACKS, KEY_RING_BUFFER, KEY_BY_OPCODE, KEY_BY_BUFFER, KEY_HIST, KEY_ADVISE,
	KEY_NO_LATENCY, KEY_IO, KEY_SAMPLE, KEY_WRITE,
	KEY_APPEND, KEY_SNAPSHOT, KEY_MAX_SIZE, KEY_TRACE, KEY_LIST, KEY_VERIFY, KEY_STAT, KEY_SUMMARY,
	KEY_FOLDED, KEY_PERFETTO, KEY_HTML, KEY_AT, KEY_BY,
	KEY_JSON_SCHEMA, KEY_COMPLETION,
	KEY_LISTEN, KEY_TEXTFILE, KEY_ONCE, KEY_MAX_SERIES, KEY_VERIFY_INTERVAL,
};

struct option_row {
	struct argp_option o;
	unsigned int commands;	/* enum command_bit */
};

extern const struct option_row option_rows[];
extern const size_t nr_option_rows;

/* The row of a key: of this command (enum command_bit), else of another, else NULL. */
const struct option_row *option_row(int key, unsigned int command);

#endif
