/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FIXBUF_TESTS_PAGE_DATA_H
#define FIXBUF_TESTS_PAGE_DATA_H

#include <json-c/json.h>

/* What a page of report --html carries, of its first machine; to be given to json_object_put(). */
struct json_object *page_data(const char *html);

#endif
