// SPDX-License-Identifier: GPL-2.0
/* The text of a --web-config file of any bytes (libFuzzer). */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "commands/export/web_config.h"

#define HASH_LEN 60

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "web: %s\n", what);
	abort();
}

/* What is taken can be used as it is. */
static void check_taken(const struct web_config *c)
{
	must(!c->cert == !c->key, "a certificate without its key, or a key without one");
	must(!c->cert || (*c->cert && *c->key), "a file without a name");
	for (size_t i = 0; i < c->nr_users; i++) {
		must(*c->users[i].name, "a user without a name");
		must(strlen(c->users[i].hash) == HASH_LEN && !strncmp(c->users[i].hash, "$2", 2),
		     "a password that is no hash");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct web_config c = { 0 };
	unsigned int line, lines = 1;
	const char *wrong;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	for (const char *s = text; (s = strchr(s, '\n')); s++)
		lines++;
	wrong = web_config_parse(&c, text, &line);
	must(line >= 1 && line <= lines, "a line that is not there");
	if (wrong)
		must(*wrong, "refused without a word");
	else
		check_taken(&c);
	web_config_free(&c);
	free(text);
	return 0;
}
