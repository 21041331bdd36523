// SPDX-License-Identifier: GPL-2.0
/*
 * diff of two documents of any bytes, which the first line end parts (libFuzzer): what it prints is what a
 * terminal, or a parser of JSON, bears.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "commands/diff/view.h"
#include "strict.h"

static void must_hold(const char *wrong, const char *text)
{
	if (!wrong)
		return;
	fprintf(stderr, "diff: %s in: %s\n", wrong, text);
	abort();
}

static char *copy(const uint8_t *data, size_t size)
{
	char *text = malloc(size ?: 1);

	if (!text)
		abort();
	return memcpy(text, data, size);
}

static void show(const struct difference *d, const struct snapshot s[2], bool json)
{
	struct output to = { .json = json };
	struct conclusion c = { 0 };
	char *text;
	size_t len;

	to.out = open_memstream(&text, &len);
	if (json)
		view_difference_json(&to, d, s, &c);
	else
		view_difference_text(&to, d, s, &c);
	fclose(to.out);
	must_hold(json ? strict_json(text, len) : strict_text(text, len), text);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = memchr(data, '\n', size);
	size_t first = end ? (size_t)(end - data) : size, second = end ? size - first - 1 : 0;
	struct snapshot s[2] = { 0 };
	struct difference d;
	bool taken;

	taken = !snapshot_take(&s[0], "one", copy(data, first), first);
	taken &= !snapshot_take(&s[1], "other", copy(data + size - second, second), second);
	if (taken) {
		compare(&d, &s[0], &s[1]);
		show(&d, s, false);
		show(&d, s, true);
		difference_free(&d);
	}
	snapshot_free(&s[0]);
	snapshot_free(&s[1]);
	return 0;
}
