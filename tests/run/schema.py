#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Validates the JSON that the tests saw against what --json-schema prints.

usage: schema.py PROGRAM FOLDER

FOLDER holds a file of documents, one a line, for each command (tests/lib/json_log.h).
Prints TAP; a command without a document fails. Then documents are spoilt, one
field at a time, and each spoilt one has to be refused.
"""

import copy
import json
import os
import subprocess
import sys

import jsonschema

failed = tests = 0


def ok(good, what):
    global failed, tests
    tests += 1
    failed += not good
    print(f"{'ok' if good else 'not ok'} {tests} - {what}")


def schema_of(program, *command):
    text = subprocess.run([program, *command, "--json-schema"], check=True, capture_output=True).stdout
    schema = json.loads(text)
    jsonschema.Draft202012Validator.check_schema(schema)
    return schema


# What a schema may say about a number is whether it is one and not below -1, 0 or 1, or the
# version 2: documents of one shape are valid or not together, so that one of them is enough.
KEYWORDS = {
    "$schema", "$defs", "$ref", "title", "description", "type", "const", "enum", "minimum",
    "pattern", "maxLength", "properties", "required", "items", "additionalProperties",
    "unevaluatedProperties", "oneOf", "anyOf", "allOf", "if", "then", "else", "dependentRequired",
}


def check_keywords(schema, where="schema"):
    unknown = schema.keys() - KEYWORDS
    assert not unknown, f"{where}: say in schema.py what shape() must keep for {unknown}"
    assert schema.get("minimum", 0) in (-1, 0, 1), f"{where}: minimum"
    for value in [schema.get("const"), *schema.get("enum", [])]:
        assert isinstance(value, (str, bool, type(None))) or value == 2, f"{where}: {value}"
    for name, part in schema.items():
        if name in ("properties", "$defs"):
            for key, value in part.items():
                if isinstance(value, dict):
                    check_keywords(value, f"{where}/{key}")
        elif name in ("oneOf", "anyOf", "allOf"):
            for value in part:
                check_keywords(value, f"{where}/{name}")
        elif isinstance(part, dict) and name != "dependentRequired":
            check_keywords(part, f"{where}/{name}")


def shape(value):
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return max(-2, min(3, value))
    if isinstance(value, float):
        return -0.5 if value < 0 else 0.5
    if isinstance(value, str):
        if value.startswith("0x") and value[2:].strip("0123456789abcdef") == "" and len(value) > 2:
            return "0x1"
        return value
    if isinstance(value, list):
        distinct = {json.dumps(shape(item)): shape(item) for item in value}
        return list(distinct.values())
    return {name: shape(item) for name, item in value.items()}


def objects(value):
    """Every object in it, the outermost first."""
    if isinstance(value, dict):
        yield value
        for item in value.values():
            yield from objects(item)
    elif isinstance(value, list):
        for item in value:
            yield from objects(item)


def kinds(documents):
    """One document for each set of fields."""
    by_fields = {}
    for document in documents:
        fields = sorted({(tuple(o), str(o.get("event"))) for o in objects(document)})
        by_fields.setdefault(str(fields), document)
    return list(by_fields.values())


def thinned(value):
    """It with one item for each set of fields in a list: a host's thousands of rings are no more to spoil."""
    if isinstance(value, dict):
        return {name: thinned(item) for name, item in value.items()}
    if isinstance(value, list):
        return kinds([thinned(item) for item in value])
    return value


def spoilt(document):
    """Copies with one thing wrong: a field more in each object, a value of a wrong type in each field."""
    count = sum(1 for _ in objects(document))
    for i in range(count):
        bad = copy.deepcopy(document)
        list(objects(bad))[i]["surprise"] = 1
        yield bad, f"a field more in object {i}"
    for i in range(count):
        for name in list(objects(document))[i]:
            bad = copy.deepcopy(document)
            list(objects(bad))[i][name] = {"surprise": 1}
            yield bad, f"a wrong {name} in object {i}"


def check_command(program, everything, command, path):
    schema = schema_of(program, command)
    check_keywords(schema)
    validator = jsonschema.Draft202012Validator(schema)
    documents, total, wrong = {}, 0, []
    if os.path.exists(path):
        with open(path, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                total += 1
                try:
                    one = shape(json.loads(line))
                except ValueError as error:
                    wrong.append(f"no JSON: {error}: {line[:200]}")
                    continue
                documents.setdefault(json.dumps(one), one)
    for document in documents.values():
        for error in validator.iter_errors(document):
            deep = jsonschema.exceptions.best_match([error]) or error
            place = "/".join(map(str, deep.absolute_path))
            wrong.append(f"{place}: {deep.message[:300]}\n#   in {json.dumps(document)[:600]}")
    ok(total > 0, f"{command}: a document was seen")
    ok(not wrong, f"{command}: {total} documents, {len(documents)} of them unlike, follow its schema")
    for message in wrong[:5]:
        print(f"# {message}")

    samples = kinds(map(thinned, documents.values()))[:20]
    refused, accepted = 0, []
    for sample in samples:
        for bad, what in spoilt(sample):
            if validator.is_valid(bad):
                accepted.append(what + ": " + json.dumps(bad)[:300])
            else:
                refused += 1
    ok(refused > 0 and not accepted, f"{command}: {refused} spoilt documents are refused")
    for message in accepted[:5]:
        print(f"# {message}")
    ok(all(everything.is_valid(sample) for sample in samples[:5]),
       f"{command}: the schema of all commands takes its documents, too")


def main():
    program, seen = sys.argv[1:]
    every = schema_of(program)
    everything = jsonschema.Draft202012Validator(every)
    commands = [one["$ref"].rsplit("/", 1)[1] for one in every["anyOf"]]
    for command in commands:
        check_command(program, everything, command, os.path.join(seen, command))
    strange = set(os.listdir(seen)) - set(commands)
    ok(not strange, f"no command prints JSON without a schema{': ' + ' '.join(strange) if strange else ''}")
    print(f"1..{tests}")
    sys.exit(failed > 0)


main()
