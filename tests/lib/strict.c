// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "strict.h"

/* The character at .s: its number, and in *n its bytes; -1 when it is no UTF-8. */
static long character(const unsigned char *s, size_t len, size_t *n)
{
	static const struct { unsigned char mask, lead; long first; } forms[] = {
		{ 0x80, 0x00, 0 }, { 0xe0, 0xc0, 0x80 }, { 0xf0, 0xe0, 0x800 }, { 0xf8, 0xf0, 0x10000 },
	};

	for (size_t k = 0; k < 4; k++) {
		long c = s[0] & ~forms[k].mask;

		if ((s[0] & forms[k].mask) != forms[k].lead)
			continue;
		for (size_t i = 1; i <= k; i++) {
			if (i >= len || (s[i] & 0xc0) != 0x80)
				return -1;
			c = c << 6 | (s[i] & 0x3f);
		}
		*n = k + 1;
		return c < forms[k].first || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff) ? -1 : c;
	}
	return -1;
}

const char *strict_text(const char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i += n) {
		long c = character((const unsigned char *)text + i, len - i, &n);

		if (c < 0)
			return "bytes that are no UTF-8";
		if ((c < ' ' && c != '\n') || c == 0x7f)
			return "a control character";
		if (c >= 0x80 && c < 0xa0)
			return "a control character of C1";
		if (c == 0x200e || c == 0x200f || c == 0x61c || (c >= 0x202a && c <= 0x202e) ||
		    (c >= 0x2066 && c <= 0x2069))
			return "a character that turns the direction of text";
		if (c == 0x2028 || c == 0x2029)
			return "a line end of Unicode";
	}
	return NULL;
}

const char *strict_line(const char *s, size_t len)
{
	return memchr(s, '\n', len) ? "a line end in a name" : strict_text(s, len);
}

/* The next line of *s, without its end; false after the last. Text that ends amid a line sets *wrong. */
static bool next_line(const char **s, size_t *left, const char **line, size_t *len, const char **wrong)
{
	const char *end = *left ? memchr(*s, '\n', *left) : NULL;

	if (!*left)
		return false;
	if (!end) {
		*wrong = "the last line has no end";
		return false;
	}
	*line = *s;
	*len = end - *s;
	*left -= *len + 1;
	*s = end + 1;
	return true;
}

static const char *one_value(const char *s, size_t len, json_type type)
{
	struct json_tokener *parser = json_tokener_new();
	const char *wrong = NULL;
	json_object *o;

	json_tokener_set_flags(parser, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	o = json_tokener_parse_ex(parser, s, len);
	if (json_tokener_get_error(parser) != json_tokener_success)
		wrong = "this is no JSON";
	else if (!json_object_is_type(o, type))
		wrong = type == json_type_object ? "a line that is no object" : "data that is no list";
	else if (json_tokener_get_parse_end(parser) != len)
		wrong = "more behind the value";
	json_object_put(o);
	json_tokener_free(parser);
	return wrong;
}

const char *strict_json(const char *s, size_t left)
{
	const char *line, *wrong = strict_text(s, left);
	size_t len;

	while (!wrong && next_line(&s, &left, &line, &len, &wrong))
		wrong = one_value(line, len, json_type_object);
	return wrong;
}

/* ---- metrics ----------------------------------------------------------------------- */

static size_t name_length(const char *s, const char *end)
{
	size_t n = 0;

	while (s + n < end && (isalpha((unsigned char)s[n]) || s[n] == '_' || (n && isdigit((unsigned char)s[n]))))
		n++;
	return n;
}

/* The labels behind '{'; moves *s behind '}'. */
static const char *labels(const char **s, const char *end)
{
	const char *at = *s;

	while (at < end && *at != '}') {
		size_t n = name_length(at, end);

		if (!n || at + n + 2 > end || at[n] != '=' || at[n + 1] != '"')
			return "a label that has no name";
		for (at += n + 2; at < end && *at != '"'; at++)
			if (*at == '\\' && (++at == end || !strchr("\\\"n", *at)))
				return "an escape that is none in a label";
		if (at++ >= end)
			return "a label that does not end";
		if (at < end && *at == ',' && at + 1 < end && at[1] != '}')
			at++;
		else if (at < end && *at != '}')
			return "labels without a comma, or with one too many";
	}
	if (at >= end)
		return "labels that do not end";
	*s = at + 1;
	return NULL;
}

/* .series: up to the value. */
static const char *sample(const char *s, const char *end, size_t *series)
{
	const char *begin = s, *wrong;
	size_t n = name_length(s, end);
	char value[64], *rest;

	if (!n)
		return "a sample that has no name";
	s += n;
	if (s < end && *s == '{') {
		s++;
		wrong = labels(&s, end);
		if (wrong)
			return wrong;
	}
	*series = s - begin;
	if (s >= end || *s++ != ' ' || (size_t)(end - s) >= sizeof(value) || s == end)
		return "a sample without a value";
	memcpy(value, s, end - s);
	value[end - s] = 0;
	strtod(value, &rest);
	return *rest ? "a value that is no number" : NULL;
}

static bool is_comment(const char *line, size_t len)
{
	return len > 7 && (!memcmp(line, "# HELP ", 7) || !memcmp(line, "# TYPE ", 7) ||
			   !memcmp(line, "# UNIT ", 7));
}

struct series {
	const char *s;
	size_t len;
};

static int by_bytes(const void *va, const void *vb)
{
	const struct series *a = va, *b = vb;
	int d = memcmp(a->s, b->s, a->len < b->len ? a->len : b->len);

	return d ? d : a->len < b->len ? -1 : a->len > b->len;
}

const char *strict_metrics(const char *s, size_t left, int text)
{
	struct series *all = calloc(left + 1, sizeof(*all));
	const char *line, *wrong = strict_text(s, left);
	bool ended = false;
	size_t len, nr = 0;

	while (!wrong && next_line(&s, &left, &line, &len, &wrong)) {
		if (ended)
			wrong = "more behind the end";
		else if (!text && len == 5 && !memcmp(line, "# EOF", 5))
			ended = true;
		else if (len && *line == '#')
			wrong = is_comment(line, len) ? NULL : "a comment that is none of the format";
		else if (all) {
			all[nr].s = line;
			wrong = sample(line, line + len, &all[nr++].len);
		}
	}
	if (!wrong && !text && !ended)
		wrong = "there is no end";
	if (all && !wrong) {
		qsort(all, nr, sizeof(*all), by_bytes);
		for (size_t i = 1; i < nr && !wrong; i++)
			wrong = by_bytes(&all[i - 1], &all[i]) ? NULL : "the same series twice";
	}
	free(all);
	return wrong;
}

/* ---- the rest ------------------------------------------------------------------------ */

const char *strict_folded(const char *s, size_t left)
{
	const char *line, *wrong = strict_text(s, left);
	size_t len;

	while (!wrong && next_line(&s, &left, &line, &len, &wrong)) {
		size_t i = 0, names = 0;

		for (; i < len && line[i] != ' '; i++)
			if (line[i] == ';' && (!i || i + 1 == len || line[i + 1] == ';' || line[i + 1] == ' '))
				wrong = "a frame without a name";
		names = i;
		while (i + 1 < len && isdigit((unsigned char)line[i + 1]))
			i++;
		if (!names || i == names || i + 1 != len)
			wrong = "a line that is not names and a number";
	}
	return wrong;
}

/* What a spreadsheet computes; 0xef begins the wide forms, which are looked at whole. */
static bool is_formula(const char *s, size_t left, bool name)
{
	return left && (strchr("=+@", *s) || (*s == '-' && (name || left < 2 || !isdigit((unsigned char)s[1]))) ||
			(left > 2 && (!memcmp(s, "\uff1d", 3) || !memcmp(s, "\uff0b", 3) ||
				      !memcmp(s, "\uff0d", 3) || !memcmp(s, "\uff20", 3))));
}

const char *strict_csv(const char *s, size_t len)
{
	const char *wrong = strict_text(s, len);
	size_t cells = 1, wanted = 0;
	bool quoted = false;

	for (size_t i = 0; !wrong && i < len; i++) {
		bool begin = !i || strchr(",\n", s[i - 1]);

		if ((!i || strchr(" ,;|\"'\n", s[i - 1])) && is_formula(s + i, len - i, quoted))
			wrong = "a formula";
		else if (s[i] == '"' && !quoted && begin)
			quoted = true;
		else if (s[i] == '"' && quoted && i + 1 < len && s[i + 1] == '"')
			i++;
		else if (s[i] == '"' && quoted && i + 1 < len && strchr(",\n", s[i + 1]))
			quoted = false;
		else if (s[i] == '"')
			wrong = "a quote amid a cell";
		else if (s[i] == '\n' && quoted)
			wrong = "a line end in a name";
		else if (s[i] == ',' && !quoted)
			cells++;
		else if (s[i] == '\n' && wanted && cells != wanted)
			wrong = "a line with fewer or more cells";
		if (s[i] == '\n') {
			wanted = cells;
			cells = 1;
		}
	}
	return wrong ? wrong : len && s[len - 1] != '\n' ? "the last line has no end" : NULL;
}

const char *strict_html(const char *s, size_t len)
{
	static const char head[] = "<script type=\"application/json\" id=\"data\">";
	static const char policy[] = "http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'";
	const char *data = memmem(s, len, head, strlen(head)), *end = s + len, *wrong;
	char *plain = malloc(len ? len : 1);
	size_t n = 0;

	/* tabs indent scripts and styles, which are ours */
	for (size_t i = 0; plain && i < len; i++)
		if (s[i] != '\t')
			plain[n++] = s[i];
	wrong = plain ? strict_text(plain, n) : NULL;
	free(plain);
	if (wrong)
		return wrong;
	if (!memmem(s, len, policy, strlen(policy)))
		return "a page without a policy";
	if (!data)
		return "a page without data";
	data += strlen(head);
	end = memchr(data, '<', end - data);
	if (!end || (size_t)(s + len - end) < 9 || memcmp(end, "</script>", 9))
		return "data with a '<'";
	/* an object for each machine */
	return one_value(data, end - data, json_type_array);
}
