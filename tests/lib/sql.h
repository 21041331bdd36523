/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FIXBUF_TESTS_SQL_H
#define FIXBUF_TESTS_SQL_H

#include <stdbool.h>

/* Whether there is sqlite3(1). */
bool sql_is_there(void);
/* The number that a query of the file prints; -1, and noted, when it prints none. */
long long sql_number(const char *db, const char *query);

#endif
