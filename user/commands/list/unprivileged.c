// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include <unistd.h>
#include "base/fmt.h"
#include "base/table.h"
#include "base/untrusted.h"
#include "capture/proc_pins.h"
#include "capture/proc_rings.h"
#include "commands/list/unprivileged.h"

struct told {
	const struct output *to;
	size_t rings, buffers;
	__u64 bytes;
};

static void put_limit(FILE *out, const char *what, __u64 bytes)
{
	char text[FMT_LEN];

	fprintf(out, "%s limit %s", what, bytes == ~0ULL ? "unlimited" : fmt_bytes(text, bytes));
}

static void print(const struct proc_ring *r, void *arg)
{
	struct table *table = table_new("SLOT <ADDRESS SIZE");
	char text[FMT_LEN];
	struct told *t = arg;
	FILE *out = t->to->out;

	fprintf(out, "pid %u %s fd %d\n  uid %u", r->pid, TAME_COMM(r->comm), r->fd, r->uid);
	if (r->pinned_kb >= 0)
		fprintf(out, ", VmPin %s", fmt_bytes(text, r->pinned_kb * 1024));
	put_limit(out, ", soft", r->soft_bytes);
	put_limit(out, ", hard", r->hard_bytes);
	fputc('\n', out);
	for (size_t i = 0; i < r->nr_buffers; i++) {
		table_cell(table, "%u", r->buffers[i].index);
		table_cell(table, "0x%llx", r->buffers[i].addr);
		table_cell(table, "%s", fmt_bytes(text, r->buffers[i].len_bytes));
		t->bytes += r->buffers[i].len_bytes;
	}
	table_print(table, out, !t->to->no_header && r->nr_buffers, 2);
	/* the kernel shows none while a call is at work on the ring */
	if (r->nr_slots > r->nr_buffers)
		fprintf(out, "  %zu of %u slots are empty, or were not shown\n",
			r->nr_slots - r->nr_buffers, r->nr_slots);
	else if (!r->nr_slots)
		fprintf(out, "  no buffers registered\n");
	fputc('\n', out);
	t->rings++;
	t->buffers += r->nr_buffers;
}

/* Of all processes of the user, whatever was selected: the limit is for all together. */
static void print_pins(FILE *out)
{
	char pinned[FMT_LEN], limit[FMT_LEN];
	struct proc_pins p;

	proc_pins_read(getuid(), &p);
	if (!p.processes)
		return;
	fprintf(out, "%zu process%s of this user with rings pin%s ", p.processes, p.processes == 1 ? "" : "es",
		p.processes == 1 ? "s" : "");
	if (p.soft_bytes == ~0ULL)
		fprintf(out, "%s (VmPin); no limit holds.\n", fmt_bytes(pinned, p.bytes));
	else
		fprintf(out, "%s (VmPin) of the %s that RLIMIT_MEMLOCK allows the user%s.\n",
			fmt_bytes(pinned, p.bytes), fmt_bytes(limit, p.soft_bytes),
			proc_pins_near(&p) ? ";\na call that needs more than is left fails with ENOMEM" : "");
}

void list_unprivileged(const struct output *to, const struct selection *select, bool ignored)
{
	struct told t = { .to = to };
	char text[FMT_LEN];
	size_t hidden;

	fprintf(to->out, "Of processes that /proc shows to this user:\n\n");
	hidden = proc_rings(select, print, &t);
	fprintf(to->out, "%zu descriptor%s of rings, %zu buffer%s, %s registered\n", t.rings,
		plural(t.rings), t.buffers, plural(t.buffers), fmt_bytes(text, t.bytes));
	print_pins(to->out);
	if (hidden)
		fprintf(to->out, "%zu process%s of this user or named may not be looked into: another user's, or one\n"
			"that changed its user or capabilities.\n", hidden, hidden == 1 ? "" : "es");
	if (ignored)
		fprintf(to->out, "Without privilege --by, --sort, --min-size, --top and --watch are not followed: this is\n"
			"one look, ring by ring.\n");
	if (to->quiet)
		return;
	fprintf(to->out, "Not shown without privilege: other users' rings, rings that no descriptor names, who is\n"
		"charged how much of which limit, folios, and tables that share a buffer.\n");
}
