// SPDX-License-Identifier: GPL-2.0
/*
 * Every view with names of any bytes (libFuzzer), each checked by a strict parser of its format.
 * The first byte chooses the view; the rest is cut into names: a length, then so many bytes.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "checks/failure.h"
#include "commands/export/metrics.h"
#include "commands/report/report.h"
#include "perfetto.pb-c.h"
#include "story.h"
#include "strict.h"
#include "views/watch.h"

static void must_hold(const char *wrong, const char *of, const char *text, size_t len)
{
	if (!wrong)
		return;
	fprintf(stderr, "%s: %s:\n", of, wrong);
	fwrite(text, 1, len, stderr);
	abort();
}

/* ---- the names ------------------------------------------------------------------------- */

struct input {
	const uint8_t *at, *end;
};

static struct untrusted take(struct input *in)
{
	size_t len = in->at < in->end ? *in->at++ : 0;
	struct untrusted u = { (const char *)in->at, len };

	if (len > (size_t)(in->end - in->at))
		u.len = in->end - in->at;
	in->at += u.len;
	return u;
}

static const char *take_string(struct input *in, char *buf, size_t size)
{
	struct untrusted u = take(in);
	size_t len = u.len < size - 1 ? u.len : size - 1;

	memcpy(buf, u.bytes, len);
	buf[len] = 0;
	return buf;
}

/* ---- recordings ------------------------------------------------------------------------ */

static const char *strict_name(const char *s)
{
	return s ? strict_line(s, strlen(s)) : NULL;
}

#define NAME(s) must_hold(strict_name(s), "a name in a timeline", s, (s) ? strlen(s) : 0)

static void check_perfetto(const char *bytes, size_t len)
{
	Perfetto__Trace *t = perfetto__trace__unpack(NULL, len, (const uint8_t *)bytes);

	if (!t)
		must_hold("it is no protobuf", "a timeline", bytes, len);
	for (size_t i = 0; t && i < t->n_packet; i++) {
		const Perfetto__TrackDescriptor *d = t->packet[i]->track_descriptor;
		const Perfetto__TrackEvent *e = t->packet[i]->track_event;

		if (d)
			NAME(d->name);
		if (d && d->process)
			NAME(d->process->process_name);
		if (d && d->thread)
			NAME(d->thread->thread_name);
		if (e)
			NAME(e->name);
		for (size_t k = 0; e && k < e->n_debug_annotations; k++) {
			NAME(e->debug_annotations[k]->name);
			NAME(e->debug_annotations[k]->string_value);
		}
	}
	if (t)
		perfetto__trace__free_unpacked(t, NULL);
}

/* No view of a recording is CSV: the name itself. */
static void check_csv(const char *name, size_t n)
{
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	put_csv(f, (struct untrusted){ name, n });
	fputc('\n', f);
	fclose(f);
	must_hold(strict_csv(text, len), "a cell of CSV", text, len);
	free(text);
}

static void check_view(enum report_view view, bool json, const char *text, size_t len)
{
	switch (view) {
	case REPORT_FOLDED:
		must_hold(strict_folded(text, len), "folded stacks", text, len);
		break;
	case REPORT_PERFETTO:
		check_perfetto(text, len);
		break;
	case REPORT_HTML:
		must_hold(strict_html(text, len), "a page", text, len);
		break;
	default:
		must_hold(json ? strict_json(text, len) : strict_text(text, len),
			  json ? "JSON" : "text", text, len);
	}
}

static void show(enum report_view view, bool json, const char *bytes, size_t nr)
{
	struct report_options o = {
		.fail_on = SEVERITY_WARNING, .by_buffer = true, .by_opcode = true, .hist = true,
		.advise = true, .view = view, .output.json = json, .output.kernel = "6.18",
	};
	struct recording *r = recording_open_bytes("names", bytes, nr);
	char *text = NULL;
	size_t len;

	o.output.out = open_memstream(&text, &len);
	if (!r || !o.output.out)
		abort();
	report(&o, r, "names");
	fclose(o.output.out);
	check_view(view, json, text, len);
	free(text);
}

static void reports(const struct story *s, enum report_view view, bool json)
{
	static char file[1 << 16];
	size_t nr = story_record(s, file, sizeof(file), TIER_FUNCTIONS);

	show(view, json && view < REPORT_FOLDED, file, nr);
}

/* ---- what is only seen live ------------------------------------------------------------ */

/* .state: any but ENTRY_OK, which needs no words. */
static void explanations(const struct story *s, __u32 state)
{
	const struct fact_call call = { .h = { .comm = s->comm, .pid = 812 }, .op = CALL_REGISTER,
					.result = -14, .nr = 2 };
	const struct fact_entry entry = { .state = ENTRY_UNREADABLE + state % 11, .file = s->file, .base = 4096,
					  .at = 8192, .len_bytes = 8192, .vma_start = 4096,
					  .vma_end = 12288, .fs_magic = 0xef53 };
	char text[EXPLAIN_LEN];

	explain_call(text, &call, &(struct evidence){ .entry = &entry });
	must_hold(strict_line(text, strlen(text)), "an explanation", text, strlen(text));
}

static void watches(const struct story *s, bool json)
{
	struct stack_frame frame = { .ip = 4096, .symbol = s->symbol, .module = s->module,
				     .file = s->source, .line = 1 };
	struct stack stack = { .user = { .list = &frame, .nr = 1, .note = s->note } };
	const struct cause cause = { .kind = CAUSE_CALL, .call.h = { .kind = FACT_CALL,
				     .comm = s->comm, .pid = 812 }, .slots = 1, .stack = &stack };
	const struct finding f = { .tag = STALE_PAGE, .pid = 812, .detail = (char *)"x",
				   .remedy = "y" };
	struct output o = { .json = json };
	char *text = NULL;
	size_t len;

	o.out = open_memstream(&text, &len);
	if (!o.out)
		abort();
	view_watch_finding(&o, &f, &cause);
	fclose(o.out);
	must_hold(json ? strict_json(text, len) : strict_text(text, len), "a watch", text, len);
	free(text);
}

/* Another process's name differs, if in nothing but its last byte: its series do, too. */
static void metrics(const struct story *s, const struct comm *other, enum metrics_format format)
{
	struct fact_call call = { .h = { .kind = FACT_CALL, .comm = s->comm, .pid = 812, .uid = 1000,
				  .t_ns = 1000 }, .op = CALL_REGISTER, .start_ns = 500, .result = -ENOMEM };
	static const struct selection everybody;
	char why[128];
	struct export_model m;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		abort();
	snprintf(why, sizeof(why), "held by: pid 812 (%s) 8 KiB; raise the limit", TAME_COMM(s->comm));
	export_model_init(&m, EXPORT_BY_COMM, 8, &everybody);
	export_call(&m, &call, why);
	call.h.comm = *other;
	export_call(&m, &call, why);
	view_openmetrics(out, &m, format, TIER_FUNCTIONS);
	export_model_free(&m);
	fclose(out);
	must_hold(strict_metrics(text, len, format == METRICS_TEXT), "metrics", text, len);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned int how = size ? data[0] : 0;
	struct input in = { data + !!size, data + size };
	struct untrusted comm = take(&in), file = take(&in), other;
	char command[256];
	struct story s = { .symbol = take(&in), .module = take(&in), .source = take(&in),
			   .note = take(&in) };
	struct comm second;

	s.command = take_string(&in, command, sizeof(command));
	other = take(&in);
	memcpy(s.comm.bytes, comm.bytes, comm.len < COMM_LEN ? comm.len : COMM_LEN);
	memcpy(s.file.bytes, file.bytes, file.len < FILE_NAME_LEN ? file.len : FILE_NAME_LEN);
	second = s.comm;
	memcpy(second.bytes, other.bytes, other.len < COMM_LEN ? other.len : COMM_LEN);
	check_csv(comm.bytes, comm.len);
	switch (how >> 1) {
	case 0 ... REPORT_HTML:
		reports(&s, how >> 1, how & 1);
		break;
	case REPORT_HTML + 1:
		watches(&s, how & 1);
		break;
	case REPORT_HTML + 2:
		metrics(&s, &second, how & 1 ? METRICS_TEXT : METRICS_OPENMETRICS);
		break;
	default:
		explanations(&s, how);
	}
	return 0;
}
