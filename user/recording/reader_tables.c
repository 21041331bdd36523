// SPDX-License-Identifier: GPL-2.0
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "base/array.h"
#include "recording/reader_tables.h"

#define MAX_BYTES	(256ULL << 20)	/* four times what was ever written: it takes up to so much here */
/* Strings are unlike each other: a file that is small and holds so much of them was made to. */
#define FREE_BYTES	(48ULL << 20)
#define MAX_RATIO	128
#define MAX_STRING	4096		/* what is written of one */
#define MAX_FRAMES	(STACK_FRAMES + 1)
/* A few bytes of a file are a call whose stack is printed: with names as long as they may be, megabytes. */
#define FREE_TEXT	(24ULL << 20)
#define MAX_TEXT_RATIO	2048

const char *tables_add_string(struct recording_tables *t, const struct rec *rec, const void *data,
			     __u64 file_bytes)
{
	char *s;

	if (rec->id != t->nr_strings + 1)
		return "a string out of its order";
	if (rec->size > MAX_STRING)
		return "a string that is longer than any recording has";
	t->bytes += rec->size + sizeof(s) + 32;
	t->string_bytes += rec->size + sizeof(s) + 32;
	if (t->bytes > MAX_BYTES ||
	    (t->string_bytes > FREE_BYTES && t->string_bytes / MAX_RATIO > file_bytes))
		return "more strings and stacks than any recording has";
	s = must_alloc(rec->size + 1, 1);
	memcpy(s, data, rec->size);
	array_grow(t->strings, t->nr_strings);
	t->strings[t->nr_strings++] = s;
	return NULL;
}

/* False for a number that no string has. */
static bool string_of(const struct recording_tables *t, __u32 id, struct untrusted *s)
{
	*s = untrusted(id && id <= t->nr_strings ? t->strings[id - 1] : NULL);
	return id <= t->nr_strings;
}

static bool read_frames(const struct recording_tables *t, struct frames *f, __u32 nr,
			const struct rec_stack_frame *from)
{
	bool ok = true;

	f->list = must_alloc(nr, sizeof(*f->list));
	f->nr = nr;
	for (__u32 i = 0; i < nr; i++) {
		struct rec_stack_frame frame;

		memcpy(&frame, &from[i], sizeof(frame));
		f->list[i].ip = frame.ip;
		f->list[i].offset = frame.offset;
		f->list[i].line = frame.line & 0x7fffffff;
		ok &= string_of(t, frame.symbol, &f->list[i].symbol) &&
		      string_of(t, frame.module, &f->list[i].module) &&
		      string_of(t, frame.file, &f->list[i].file);
	}
	return ok;
}

const char *tables_add_stack(struct recording_tables *t, const struct rec *rec, const void *data)
{
	struct stack s = { 0 };
	struct rec_stack head;
	size_t frames = rec->size < sizeof(head) ? 0 :
			(rec->size - sizeof(head)) / sizeof(struct rec_stack_frame);
	const struct rec_stack_frame *list;
	bool ok;

	if (rec->size < sizeof(head))
		return "a stack that is too short";
	memcpy(&head, data, sizeof(head));
	if (rec->id != t->nr_stacks + 1)
		return "a stack out of its order";
	if (head.nr_kernel > MAX_FRAMES || head.nr_user > MAX_FRAMES)
		return "a stack that is longer than any recording has";
	if (head.nr_kernel > frames || head.nr_user > frames - head.nr_kernel)
		return "a stack that is longer than its record";
	t->bytes += sizeof(s) + frames * sizeof(struct stack_frame) + 64;
	if (t->bytes > MAX_BYTES)
		return "more strings and stacks than any recording has";
	list = (const void *)((const char *)data + sizeof(head));
	ok = read_frames(t, &s.kernel, head.nr_kernel, list);
	ok &= read_frames(t, &s.user, head.nr_user, list + head.nr_kernel);
	ok &= string_of(t, head.kernel_note, &s.kernel.note);
	ok &= string_of(t, head.user_note, &s.user.note);
	array_grow(t->stacks, t->nr_stacks);
	t->stacks[t->nr_stacks] = must_alloc(1, sizeof(s));
	*t->stacks[t->nr_stacks++] = s;
	return ok ? NULL : "a stack that refers to a missing string";
}

static __u64 text_of(const struct frames *f)
{
	__u64 nr = 0;

	for (size_t i = 0; i < f->nr; i++)
		nr += f->list[i].symbol.len + f->list[i].module.len + f->list[i].file.len;
	return nr;
}

const struct stack *tables_stack(struct recording_tables *t, __u32 id)
{
	const struct stack *s = id && id <= t->nr_stacks ? t->stacks[id - 1] : NULL;

	if (s)
		t->text_bytes += text_of(&s->kernel) + text_of(&s->user);
	return s;
}

bool tables_too_long(const struct recording_tables *t, __u64 file_bytes)
{
	return t->text_bytes > FREE_TEXT && t->text_bytes / MAX_TEXT_RATIO > file_bytes;
}

void tables_free(struct recording_tables *t)
{
	for (size_t i = 0; i < t->nr_strings; i++)
		free(t->strings[i]);
	for (size_t i = 0; i < t->nr_stacks; i++) {
		free(t->stacks[i]->kernel.list);
		free(t->stacks[i]->user.list);
		free(t->stacks[i]);
	}
	free(t->strings);
	free(t->stacks);
	memset(t, 0, sizeof(*t));
}
