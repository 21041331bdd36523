/* SPDX-License-Identifier: GPL-2.0 */
/* The simplest HTTP client, which can also misbehave. */
#ifndef FIXBUF_HTTP_H
#define FIXBUF_HTTP_H

#include <stddef.h>

/* A connection to that port of this machine; -1 without. */
int http_connect(int port);
/* Sends these bytes and reads to the end: all that came, to be freed. "" when nothing did. */
char *http_talk(int port, const char *bytes, size_t len);
/* GET path, with more header lines or "": all that came, to be freed. */
char *http_get(int port, const char *path, const char *headers);
/* 200; 0 when it is no answer. */
int http_status(const char *answer);
/* What follows the headers. */
const char *http_body(const char *answer);

#endif
