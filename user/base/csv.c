// SPDX-License-Identifier: GPL-2.0
#include <abi/names.h>
#include "base/csv.h"

static FILE *cell(struct csv *c)
{
	if (c->amid)
		fputc(',', c->out);
	c->amid = true;
	return c->out;
}

void csv_null(struct csv *c)
{
	cell(c);
}

void csv_uint(struct csv *c, __u64 v)
{
	fprintf(cell(c), "%llu", v);
}

static void csv_int(struct csv *c, __s64 v)
{
	fprintf(cell(c), "%lld", v);
}

void csv_known(struct csv *c, bool known, __u64 v)
{
	known ? csv_uint(c, v) : csv_null(c);
}

void csv_known_int(struct csv *c, bool known, __s64 v)
{
	known ? csv_int(c, v) : csv_null(c);
}

void csv_double(struct csv *c, double v)
{
	fprintf(cell(c), "%.3f", v);
}

void csv_addr(struct csv *c, __u64 v)
{
	fprintf(cell(c), "0x%llx", v);
}

void csv_flag(struct csv *c, bool v)
{
	csv_uint(c, v);
}

void csv_str(struct csv *c, const char *s)
{
	fputs(s, cell(c));
}

void csv_text(struct csv *c, struct untrusted u)
{
	put_csv(cell(c), u);
}

void csv_ns_pid(struct csv *c, __u32 ns_pid)
{
	csv_known(c, ns_pid && ns_pid != NS_PID_HIDDEN, ns_pid);
}

void csv_end_row(struct csv *c)
{
	fputc('\n', c->out);
	c->amid = false;
}
