/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Parsers that bear no mistake, one for each format that the tool prints, and know nothing of
 * how it prints. Each returns NULL, or what is wrong.
 */
#ifndef FIXBUF_STRICT_H
#define FIXBUF_STRICT_H

#include <stddef.h>

/*
 * Lines for a terminal: UTF-8 in its shortest form, without control characters but line ends,
 * without C1 and without what turns the direction of text.
 */
const char *strict_text(const char *s, size_t len);
/* A text of ours, or a name in another format: strict_text() of one line. */
const char *strict_line(const char *s, size_t len);
/* Objects, one a line. */
const char *strict_json(const char *s, size_t len);
/* OpenMetrics 1.0, or with .text Prometheus' older format: names, labels, values, no series twice. */
const char *strict_metrics(const char *s, size_t len, int text);
/* "a;b;c 12": no empty name, no blank in one. */
const char *strict_folded(const char *s, size_t len);
/*
 * CSV: each line has as many cells as the first, and none would run as a formula, whatever separator
 * a spreadsheet takes.
 */
const char *strict_csv(const char *s, size_t len);
/* A page with its data in a script: they are JSON, hold no '<', and a policy names what may run. */
const char *strict_html(const char *s, size_t len);

#endif
