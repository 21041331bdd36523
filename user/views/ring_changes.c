// SPDX-License-Identifier: GPL-2.0
#include "base/fmt.h"
#include "base/page_size.h"
#include "base/pid.h"
#include "base/untrusted.h"
#include "views/ring_changes.h"

void view_ring_changes_titles(const struct output *to)
{
	if (!to->no_header)
		fprintf(to->out, "%-12s %8s %-15s %4s %-8s %s\n", "TIME", "PID", "COMM", "FD", "CHANGE", "WHAT");
}

static void put_number(FILE *out, const struct ring_change *c)
{
	size_t now = c->is ? c->has.buffers : c->had.buffers;

	if (c->compared && c->had.buffers != c->has.buffers)
		fprintf(out, "%zu -> ", c->had.buffers);
	fprintf(out, "%zu buffer%s", now, plural(now));
}

static void put_bytes(FILE *out, const struct ring_change *c, __u64 had, __u64 has)
{
	char a[FMT_LEN], b[FMT_LEN];

	if (c->compared && had != has)
		fprintf(out, "%s -> %s", fmt_bytes(a, had), fmt_bytes(b, has));
	else
		fputs(fmt_bytes(b, c->is ? has : had), out);
}

static void put_change(const struct output *to, const struct ring_change *c, __u64 time_ns)
{
	const struct ring *r = c->is ?: c->was;
	const struct holder *h = r->nr_holders ? &r->holders[0] : NULL;
	char time[FMT_LEN], fd[16] = "-";

	if (h && h->fd >= 0)
		snprintf(fd, sizeof(fd), "%d", h->fd);
	fprintf(to->out, "%-12s %8s ", fmt_time_of_day(time, time_ns), h ? PID_TEXT(h->pid, h->ns_pid) : "-");
	put_padded(to->out, h ? TAME_COMM(h->comm) : "-", 15);
	fprintf(to->out, " %4s %-8s ", fd, !c->was ? "new" : !c->is ? "gone" : "changed");
	put_number(to->out, c);
	fputs(", ", to->out);
	put_bytes(to->out, c, c->had.registered_bytes, c->has.registered_bytes);
	fputs(", charged ", to->out);
	put_bytes(to->out, c, c->had.charged_pages << PAGE_SHIFT, c->has.charged_pages << PAGE_SHIFT);
	if (c->compared && c->had.buffers == c->has.buffers &&
	    c->had.registered_bytes == c->has.registered_bytes &&
	    c->had.charged_pages == c->has.charged_pages)
		fputs(": other buffers, or in other slots", to->out);
	fputc('\n', to->out);
}

void view_ring_changes(const struct output *to, const struct ring_change *list, size_t nr,
		       __u64 time_ns)
{
	for (size_t i = 0; i < nr; i++)
		put_change(to, &list[i], time_ns);
}
