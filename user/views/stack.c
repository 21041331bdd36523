// SPDX-License-Identifier: GPL-2.0
#include "base/json_util.h"
#include "views/stack.h"

#define INDENT 12

static void put_frames(FILE *out, const struct frames *f, const char *whose)
{
	for (size_t i = 0; i < f->nr; i++) {
		const struct stack_frame *frame = &f->list[i];

		fprintf(out, "%*s%-7s", INDENT, "", whose);
		if (frame->symbol)
			fprintf(out, "%s+0x%llx", frame->symbol, frame->offset);
		else
			fprintf(out, "0x%llx", frame->ip);
		if (frame->file)
			fprintf(out, "  %s:%d", frame->file, frame->line);
		if (frame->module)
			fprintf(out, "  (%s)", frame->module);
		fputc('\n', out);
	}
	if (f->note)
		fprintf(out, "%*s%-7s[%s]\n", INDENT, "", whose, f->note);
}

void view_stack_text(FILE *out, const struct stack *s)
{
	if (!s)
		return;
	put_frames(out, &s->kernel, "kernel");
	put_frames(out, &s->user, "user");
}

static json_object *frame_json(const struct stack_frame *f)
{
	json_object *o = json_object_new_object();

	json_addr(o, "ip", f->ip);
	if (f->symbol) {
		json_str(o, "symbol", f->symbol);
		json_uint(o, "offset", f->offset);
	} else {
		json_null(o, "symbol");
		json_null(o, "offset");
	}
	if (f->module)
		json_str(o, "module", f->module);
	else
		json_null(o, "module");
	if (f->file) {
		json_str(o, "file", f->file);
		json_int(o, "line", f->line);
	}
	return o;
}

static json_object *frames_json(const struct frames *f)
{
	json_object *list = json_object_new_array();

	for (size_t i = 0; i < f->nr; i++)
		json_object_array_add(list, frame_json(&f->list[i]));
	return list;
}

void view_stack_json(json_object *o, const struct stack *s)
{
	if (!s)
		return;
	json_object_object_add(o, "kstack", frames_json(&s->kernel));
	json_object_object_add(o, "ustack", frames_json(&s->user));
	if (s->kernel.note)
		json_str(o, "kstack_note", s->kernel.note);
	if (s->user.note)
		json_str(o, "ustack_note", s->user.note);
}
