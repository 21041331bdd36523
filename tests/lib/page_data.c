// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include "page_data.h"
#include "tap.h"
#include "tool.h"

struct json_object *page_data(const char *html)
{
	char *text = file_text(html), *data = strstr(text, "id=\"data\">"), *end;
	struct json_object *list, *first;

	end = data ? strstr(data, "</script>") : NULL;
	if (!end)
		bail("the page has no data");
	*end = 0;
	list = json_tokener_parse(data + strlen("id=\"data\">"));
	if (!list)
		bail("the page's data are no JSON");
	first = json_object_get(json_object_array_get_idx(list, 0));
	json_object_put(list);
	free(text);
	return first;
}
