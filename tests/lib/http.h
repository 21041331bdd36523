/* SPDX-License-Identifier: GPL-2.0 */
/* The simplest HTTP client, which can also misbehave. */
#ifndef FIXBUF_HTTP_H
#define FIXBUF_HTTP_H

#include <stddef.h>

/* Connects to that port of this machine: the socket, or -1 when nobody listens there. */
int http_connect(int port);
/* Sends these bytes and reads to the end: all that came, to be freed; "" when nothing did. */
char *http_talk(int port, const char *bytes, size_t len);
/* Sends "GET path" with these further header lines (or ""). Returns all that came, to be freed. */
char *http_get(int port, const char *path, const char *headers);
/* The status of an HTTP answer (200 and so on); 0 when it is no answer. */
int http_status(const char *answer);
/* The part of an HTTP answer behind its headers. */
const char *http_body(const char *answer);

#endif
