// SPDX-License-Identifier: GPL-2.0
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include "base/embedded.h"
#include "base/err.h"
#include "checks/finding.h"
#include "cli/commands.h"
#include "cli/schema.h"

#define DEFS "#/$defs/"

/* What no file says, because the table of findings does. */
static json_object *finding_tags(void)
{
	json_object *o = json_object_new_object(), *list = json_object_new_array();

	for (int tag = 0; tag < NR_FINDING_TAGS; tag++)
		json_object_array_add(list, json_object_new_string(finding_tag_name(tag)));
	json_object_object_add(o, "enum", list);
	return o;
}

/* Every definition of every file. */
static json_object *all_definitions(void)
{
	json_object *all = json_object_new_object();

	for (size_t i = 0; i < nr_texts; i++) {
		json_object *some;

		if (strncmp(texts[i].name, "schema/", 7))
			continue;
		some = json_tokener_parse(texts[i].text);
		if (!some)
			exit(cannot("%s is no JSON; build the program again", texts[i].name));
		json_object_object_foreach(some, name, definition)
			json_object_object_add(all, name, json_object_get(definition));
		json_object_put(some);
	}
	json_object_object_add(all, "finding_tag", finding_tags());
	return all;
}

static void take(json_object *to, json_object *all, const char *name);

/* Takes every definition that something in this one refers to. */
static void take_referred(json_object *to, json_object *all, json_object *in)
{
	if (json_object_is_type(in, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(in); i++)
			take_referred(to, all, json_object_array_get_idx(in, i));
	} else if (json_object_is_type(in, json_type_object)) {
		json_object_object_foreach(in, key, value) {
			if (!strcmp(key, "$ref"))
				take(to, all, json_object_get_string(value) + strlen(DEFS));
			else
				take_referred(to, all, value);
		}
	}
}

static void take(json_object *to, json_object *all, const char *name)
{
	json_object *definition;

	if (json_object_object_get_ex(to, name, NULL))
		return;
	definition = json_object_object_get(all, name);
	json_object_object_add(to, name, json_object_get(definition));
	take_referred(to, all, definition);
}

static json_object *reference(const char *name)
{
	json_object *o = json_object_new_object();
	char target[64];

	snprintf(target, sizeof(target), DEFS "%s", name);
	json_object_object_add(o, "$ref", json_object_new_string(target));
	return o;
}

void schema_print(FILE *out, const char *command)
{
	json_object *all = all_definitions(), *root, *defs = json_object_new_object();
	json_object *any = json_object_new_array();

	for (size_t i = 0; commands[i]; i++) {
		const char *name = commands[i]->name;

		if ((command && strcmp(command, name)) || !json_object_object_get_ex(all, name, NULL))
			continue;
		json_object_array_add(any, reference(name));
		take(defs, all, name);
	}
	root = json_object_new_object();
	json_object_object_add(root, "$schema", json_object_new_string("https://json-schema.org/draft/2020-12/schema"));
	json_object_object_add(root, "title", json_object_new_string("what " PROGRAM_NAME " prints with --json"));
	json_object_object_add(root, "anyOf", any);
	json_object_object_add(root, "$defs", defs);
	fprintf(out, "%s\n", json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY |
							    JSON_C_TO_STRING_SPACED |
							    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(root);
	json_object_put(all);
}
