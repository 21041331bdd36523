// SPDX-License-Identifier: GPL-2.0
#include "views/stack.h"

#define INDENT 12

static void put_frames(FILE *out, const struct frames *f, const char *whose)
{
	for (size_t i = 0; i < f->nr; i++) {
		const struct stack_frame *frame = &f->list[i];

		fprintf(out, "%*s%-7s", INDENT, "", whose);
		if (frame->symbol.bytes) {
			put_tamed(out, frame->symbol);
			fprintf(out, "+0x%llx", frame->offset);
		} else {
			fprintf(out, "0x%llx", frame->ip);
		}
		if (frame->file.bytes) {
			fputs("  ", out);
			put_tamed(out, frame->file);
			fprintf(out, ":%d", frame->line);
		}
		if (frame->module.bytes) {
			fputs("  (", out);
			put_tamed(out, frame->module);
			if (!frame->symbol.bytes && frame->offset)
				fprintf(out, "+0x%llx", frame->offset);
			fputc(')', out);
		}
		fputc('\n', out);
	}
	if (f->note.bytes) {
		fprintf(out, "%*s%-7s[", INDENT, "", whose);
		put_tamed(out, f->note);
		fputs("]\n", out);
	}
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
		json_text(j, "symbol", frame->symbol);
		json_known(j, "offset", frame->symbol.bytes, frame->offset);
		if (frame->module.bytes && !frame->symbol.bytes && frame->offset)
			json_uint(j, "module_offset", frame->offset);
		json_text(j, "module", frame->module);
		if (frame->file.bytes) {
			json_text(j, "file", frame->file);
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
	if (s->kernel.note.bytes)
		json_text(j, "kstack_note", s->kernel.note);
	if (s->user.note.bytes)
		json_text(j, "ustack_note", s->user.note);
}
