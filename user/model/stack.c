// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include "base/alloc.h"
#include "model/stack.h"

static void copy_frames(struct frames *to, const struct frames *from)
{
	to->list = must_alloc(from->nr, sizeof(*to->list));
	to->nr = from->nr;
	to->note = untrusted_copy(from->note);
	for (size_t i = 0; i < from->nr; i++) {
		to->list[i] = from->list[i];
		to->list[i].symbol = untrusted_copy(from->list[i].symbol);
		to->list[i].module = untrusted_copy(from->list[i].module);
		to->list[i].file = untrusted_copy(from->list[i].file);
	}
}

static void free_frames(struct frames *f)
{
	for (size_t i = 0; i < f->nr; i++) {
		free((char *)f->list[i].symbol.bytes);
		free((char *)f->list[i].module.bytes);
		free((char *)f->list[i].file.bytes);
	}
	free(f->list);
	free((char *)f->note.bytes);
}

struct stack *stack_copy(const struct stack *s)
{
	struct stack *copy;

	if (!s)
		return NULL;
	copy = must_alloc(1, sizeof(*copy));
	copy_frames(&copy->kernel, &s->kernel);
	copy_frames(&copy->user, &s->user);
	return copy;
}

void stack_free(struct stack *copy)
{
	if (!copy)
		return;
	free_frames(&copy->kernel);
	free_frames(&copy->user);
	free(copy);
}
