// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "model/stack.h"

static const char *copy_text(const char *s)
{
	size_t size = s ? strlen(s) + 1 : 0;

	return s ? memcpy(must_alloc(size, 1), s, size) : NULL;
}

static void copy_frames(struct frames *to, const struct frames *from)
{
	to->list = must_alloc(from->nr, sizeof(*to->list));
	to->nr = from->nr;
	to->note = copy_text(from->note);
	for (size_t i = 0; i < from->nr; i++) {
		to->list[i] = from->list[i];
		to->list[i].symbol = copy_text(from->list[i].symbol);
		to->list[i].module = copy_text(from->list[i].module);
		to->list[i].file = copy_text(from->list[i].file);
	}
}

static void free_frames(struct frames *f)
{
	for (size_t i = 0; i < f->nr; i++) {
		free((char *)f->list[i].symbol);
		free((char *)f->list[i].module);
		free((char *)f->list[i].file);
	}
	free(f->list);
	free((char *)f->note);
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
