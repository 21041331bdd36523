/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TLS and passwords, from a file of the format that all of Prometheus's exporters take
 * (prometheus/exporter-toolkit, docs/web-configuration.md).
 */
#ifndef FIXBUF_COMMANDS_EXPORT_WEB_CONFIG_H
#define FIXBUF_COMMANDS_EXPORT_WEB_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

struct web_user {
	char *name, *hash;	/* owned; a hash of bcrypt */
};

struct web_config {
	char *cert, *key;	/* owned; texts in PEM, NULL = no TLS */
	bool only_tls13;
	struct web_user *users;	/* owned; none = everybody may ask */
	size_t nr_users;
};

/*
 * Reads .path, and the files that it names relative to its folder. What is not understood is refused,
 * for what it asks for would be missing. 0, or the exit status after a sentence.
 */
int web_config_read(struct web_config *c, const char *path);
/* Takes the files' text apart. NULL, or what is wrong in line *line. Their names stay in .cert and .key. */
const char *web_config_parse(struct web_config *c, char *text, unsigned int *line);
/* Nothing of it stays in memory. */
void web_config_free(struct web_config *c);

#endif
