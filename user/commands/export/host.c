// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>
#include "commands/export/host.h"

#define LONGEST	256

/* What follows a name: nothing, or ":PORT". */
static bool is_port(const char *text)
{
	return !text[0] ||
	       (text[0] == ':' && strspn(text + 1, "0123456789") == strlen(text + 1));
}

/* "[ADDR]" or "[ADDR]:PORT" */
static bool is_address6(const char *host)
{
	const char *end = strchr(host, ']');
	struct in6_addr addr;
	char text[LONGEST];

	if (host[0] != '[' || !end || end - host - 1 >= LONGEST || !is_port(end + 1))
		return false;
	memcpy(text, host + 1, end - host - 1);
	text[end - host - 1] = '\0';
	return inet_pton(AF_INET6, text, &addr) == 1;
}

static bool is_listed(const char *name, const char *list)
{
	size_t len = strlen(name);

	while (list && *list) {
		size_t n = strcspn(list, ",");

		if (n == len && !strncasecmp(list, name, n))
			return true;
		list += n + (list[n] == ',');
	}
	return false;
}

bool export_host_allowed(const char *host, const char *allowed)
{
	const char *colon;
	struct in_addr addr;
	char name[LONGEST];
	size_t len;

	if (!host)
		return true;
	if (host[0] == '[')
		return is_address6(host);
	colon = strchr(host, ':');
	len = colon ? (size_t)(colon - host) : strlen(host);
	if (!len || len >= sizeof(name) || (colon && !is_port(colon)))
		return false;
	memcpy(name, host, len);
	name[len] = '\0';
	return inet_pton(AF_INET, name, &addr) == 1 || !strcasecmp(name, "localhost") ||
	       is_listed(name, allowed);
}

bool export_host_is_list(const char *text)
{
	return text[0] && !text[strspn(text, "abcdefghijklmnopqrstuvwxyz"
				       "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_,")];
}
