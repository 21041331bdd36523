// SPDX-License-Identifier: GPL-2.0
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
		if (frame->module && !frame->symbol && frame->offset)
			fprintf(out, "  (%s+0x%llx)", frame->module, frame->offset);
		else if (frame->module)
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

static void put_frames_json(struct json *j, const struct frames *f)
{
	for (size_t i = 0; i < f->nr; i++) {
		const struct stack_frame *frame = &f->list[i];

		json_item_open(j);
		json_addr(j, "ip", frame->ip);
		json_str(j, "symbol", frame->symbol);
		json_known(j, "offset", frame->symbol, frame->offset);
		if (frame->module && !frame->symbol && frame->offset)
			json_uint(j, "module_offset", frame->offset);
		json_str(j, "module", frame->module);
		if (frame->file) {
			json_str(j, "file", frame->file);
			json_int(j, "line", frame->line);
		}
		json_close(j);
	}
}

void view_stack_json(struct json *j, const struct stack *s)
{
	if (!s)
		return;
	json_open_list(j, "kstack");
	put_frames_json(j, &s->kernel);
	json_close(j);
	json_open_list(j, "ustack");
	put_frames_json(j, &s->user);
	json_close(j);
	if (s->kernel.note)
		json_str(j, "kstack_note", s->kernel.note);
	if (s->user.note)
		json_str(j, "ustack_note", s->user.note);
}
