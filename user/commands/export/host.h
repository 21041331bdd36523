/* SPDX-License-Identifier: GPL-2.0 */
/* Which names of this server a request may use. */
#ifndef FIXBUF_COMMANDS_EXPORT_HOST_H
#define FIXBUF_COMMANDS_EXPORT_HOST_H

#include <stdbool.h>

/*
 * Whether a request with this Host: may be answered. A page of another site can make a browser
 * ask us by a name of that site that leads here, and read the answer; by an address, localhost
 * or a name of our own choice it cannot. .allowed: names with commas between, NULL = none;
 * .host NULL: the request has none, so no browser made it.
 */
bool export_host_allowed(const char *host, const char *allowed);
/* Whether a text is such a list of names. */
bool export_host_is_list(const char *text);

#endif
