// SPDX-License-Identifier: GPL-2.0
/*
 * Of YAML this takes what such a file needs: sections, and beneath each "key: value", indented by
 * spaces; values plain or quoted; comments.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/array.h"
#include "base/err.h"
#include "base/files.h"
#include "base/open_safely.h"
#include "commands/export/web_config.h"

#define MAX_BYTES	(64 << 10)
#define MAX_COST	14	/* of bcrypt: 2^14 rounds take about a second, in which no other new password is looked at */

enum section { SECTION_NONE, SECTION_TLS, SECTION_USERS, SECTION_HTTP };

static void wipe(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
}

void web_config_free(struct web_config *c)
{
	wipe(c->cert);
	wipe(c->key);
	for (size_t i = 0; i < c->nr_users; i++) {
		wipe(c->users[i].name);
		wipe(c->users[i].hash);
	}
	free(c->users);
	*c = (struct web_config){ 0 };
}

/* ---- lines -------------------------------------------------------------------------- */

static char *skip_spaces(char *s)
{
	return s + strspn(s, " ");
}

/* Nothing, or a comment, at .s, which something comes before. */
static bool is_end(const char *s)
{
	const char *at = s + strspn(s, " ");

	return !*at || (*at == '#' && (at > s || s[-1] == ' '));
}

/* Between quotes; *s moves behind them. NULL when it is not that simple. */
static char *quoted(char **s)
{
	char quote = **s, *text = ++*s, *end = strchr(text, quote);

	/* escapes, and '' for a quote, are not needed for names of files and users */
	if (!end || end[1] == quote || (quote == '"' && memchr(text, '\\', end - text)))
		return NULL;
	*end = '\0';
	*s = end + 1;
	return text;
}

/* Up to .stop followed by a space or the line's end, or to a comment. */
static char *plain(char **s, char stop)
{
	char *text = *s, *at = text;

	if (strchr("[]{}&*!|>%@`,?-:#", *text))
		return NULL;
	while (*at && !(*at == stop && (at[1] == ' ' || !at[1])) && !(*at == ' ' && is_end(at)))
		at++;
	*s = at;
	return text;
}

/* Its end is cut off last, for *s may be there. */
static char *scalar(char **s, char stop)
{
	return **s == '"' || **s == '\'' ? quoted(s) : plain(s, stop);
}

/* "KEY: VALUE"; *value is "" without one. False when it is not that. */
static bool take_pair(char *line, char **key, char **value)
{
	char *at = line, *end;

	*key = scalar(&at, ':');
	if (!*key || !**key || *at != ':' || (at[1] && at[1] != ' '))
		return false;
	*at++ = '\0';
	at = skip_spaces(at);
	*value = at;
	if (is_end(at)) {
		*at = '\0';
		return true;
	}
	*value = scalar(&at, '\0');
	end = at;
	if (!*value || !is_end(end))
		return false;
	*end = '\0';
	return true;
}

/* ---- what they say -------------------------------------------------------------------- */

static const char *take_file(char **to, const char *name)
{
	if (*to)
		return "a second one of the same";
	*to = must_strdup(name);
	return NULL;
}

static const char *take_tls(struct web_config *c, const char *key, const char *value)
{
	if (!strcmp(key, "cert_file"))
		return take_file(&c->cert, value);
	if (!strcmp(key, "key_file"))
		return take_file(&c->key, value);
	if (!strcmp(key, "min_version")) {
		c->only_tls13 = !strcmp(value, "TLS13");
		return c->only_tls13 || !strcmp(value, "TLS12") ? NULL :
		       "min_version is TLS12 or TLS13 here";
	}
	if (!strcmp(key, "client_auth_type") && !strcmp(value, "NoClientCert"))
		return NULL;
	return "of tls_server_config only cert_file, key_file and min_version are known here; for certificates of clients and the like put a proxy in front";
}

static const char *take_user(struct web_config *c, const char *name, const char *hash)
{
	int cost = 0, at = 0;

	if (sscanf(hash, "$2%*1[aby]$%2d$%n", &cost, &at) != 1 || at != 7 || strlen(hash) != 60)
		return "a password is not hashed with bcrypt; htpasswd -nBC 10 USER prints such a hash";
	if (cost > MAX_COST)
		return "a hash takes too long to check; its cost may be 14 at most";
	array_grow(c->users, c->nr_users);
	c->users[c->nr_users++] = (struct web_user){ must_strdup(name), must_strdup(hash) };
	return NULL;
}

static const char *take_key(struct web_config *c, enum section section, const char *key, const char *value)
{
	if (section == SECTION_TLS)
		return take_tls(c, key, value);
	if (section == SECTION_USERS)
		return take_user(c, key, value);
	/* this server speaks HTTP/1.1 and nothing newer */
	return section == SECTION_HTTP && !strcmp(key, "http2") ? NULL : "this is not known here";
}

static const char *take_section(enum section *section, const char *key, const char *value)
{
	static const char *const names[] = {
		[SECTION_TLS] = "tls_server_config", [SECTION_USERS] = "basic_auth_users",
		[SECTION_HTTP] = "http_server_config",
	};

	for (*section = SECTION_TLS; *section <= SECTION_HTTP; ++*section)
		if (!strcmp(key, names[*section]))
			return value[0] ? "a section's keys go beneath it, each on a line of its own" : NULL;
	return "this section is not known here";
}

static const char *take_line(struct web_config *c, char *line, enum section *section)
{
	char *key, *value, *text = skip_spaces(line);
	bool top = text == line;

	if (!*text || *text == '#' || (top && !strcmp(text, "---")))
		return NULL;
	if (!take_pair(text, &key, &value))
		return "this is not \"KEY: VALUE\"";
	if (top)
		return take_section(section, key, value);
	return *value ? take_key(c, *section, key, value) : "its value is missing";
}

const char *web_config_parse(struct web_config *c, char *text, unsigned int *line)
{
	enum section section = SECTION_NONE;
	const char *wrong;
	char *next;

	*line = 0;
	for (char *at = text; at; at = next) {
		next = strchr(at, '\n');
		if (next)
			*next++ = '\0';
		at[strcspn(at, "\r")] = '\0';
		++*line;
		wrong = take_line(c, at, &section);
		if (wrong)
			return wrong;
	}
	if (!c->cert != !c->key)
		return "cert_file and key_file go together";
	return NULL;
}

/* ---- files ------------------------------------------------------------------------------ */

/* To be freed; NULL with errno. */
static char *read_text(const char *path)
{
	size_t len;
	char *bytes = file_read(open_input(path), MAX_BYTES, &len), *text;

	if (!bytes)
		return NULL;
	text = must_alloc(len + 1, 1);
	memcpy(text, bytes, len);
	explicit_bzero(bytes, len);
	free(bytes);
	return text;
}

/* What the file holds in the place of its name, which is relative to that of .path. */
static int read_named(char **name, const char *path)
{
	const char *slash = strrchr(path, '/');
	char *full, *text;
	int status = 0;

	if (!*name)
		return 0;
	if (asprintf(&full, "%.*s%s", slash && **name != '/' ? (int)(slash + 1 - path) : 0, path, *name) < 0)
		return cannot("out of memory");
	text = read_text(full);
	if (text) {
		free(*name);
		*name = text;
	} else {
		status = misuse("cannot read %s, which %s names: %s", full, path, input_error(errno));
	}
	free(full);
	return status;
}

int web_config_read(struct web_config *c, const char *path)
{
	char *text = read_text(path);
	unsigned int line;
	const char *wrong;
	int status;

	if (!text)
		return misuse("cannot read %s: %s", path, input_error(errno));
	wrong = web_config_parse(c, text, &line);
	wipe(text);
	if (wrong)
		return misuse("%s:%u: %s", path, line, wrong);
	status = read_named(&c->cert, path);
	return status ? status : read_named(&c->key, path);
}
