// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/csv.h"
#include "base/fmt.h"
#include "base/page_size.h"
#include "base/pid.h"
#include "base/table.h"
#include "base/untrusted.h"
#include "base/user.h"
#include "checks/places.h"
#include "model/cgroup_path.h"
#include "views/holdings.h"
#include "views/rings.h"

static __u64 charged_pages(const struct holding *h)
{
	return h->t.charged_pages + h->ring_pages;
}

/* Of an account with a limit: what is left of it, 0 when it is over. */
static bool has_room(const struct holding *h, __u64 *bytes)
{
	__u64 locked;

	if (!h->user || h->limit_bytes == ~0ULL)
		return false;
	locked = h->user->locked_pages > 0 ? h->user->locked_pages * PAGE_BYTES : 0;
	*bytes = locked < h->limit_bytes ? h->limit_bytes - locked : 0;
	return true;
}

/* NULL = it has none. */
static const char *user_name(__u32 uid)
{
	const struct passwd *user;
	char digits[16];

	snprintf(digits, sizeof(digits), "%u", uid);
	user = user_find(digits);
	return user ? user->pw_name : NULL;
}

static void put_limit(struct table *t, const struct holding *h)
{
	char text[FMT_LEN];
	__u64 room;

	if (!has_room(h, &room)) {
		table_cell(t, "none");
		table_cell(t, "-");
		return;
	}
	table_cell(t, "%s", fmt_bytes(text, h->limit_bytes));
	table_cell(t, "%s", fmt_bytes(text, room));
}

#define CGROUP_COLUMNS	40	/* of a long path, on a terminal */

static const char *const columns[] = {
	[BY_PROCESS] = "PID <NAME UID RINGS BUFFERS SIZE PINNED CHARGED LIMIT LEFT",
	[BY_USER] = "UID <NAME RINGS BUFFERS SIZE PINNED CHARGED LOCKED LIMIT LEFT",
	[BY_CGROUP] = "RINGS BUFFERS SIZE PINNED MEMORY MAX <CGROUP",
};

static const char *const plurals[] = {
	[BY_PROCESS] = "processes", [BY_USER] = "users", [BY_CGROUP] = "cgroups",
};

/* Behind a sum that leaves out what was not read. */
static const char *and_more(const struct holding *h)
{
	return h->t.skipped_rings || h->t.unread_rings ? "+" : "";
}

static void put_sums(struct table *t, const struct holding *h)
{
	char text[FMT_LEN];

	table_cell(t, "%zu", h->t.rings);
	table_cell(t, "%zu%s", h->t.buffers, and_more(h));
	table_cell(t, "%s%s", fmt_bytes(text, h->t.registered_bytes), and_more(h));
	table_cell(t, "%s", h->nr_mms ? fmt_pages(text, h->pinned_pages) : "-");
}

static void put_cgroup(struct table *t, const struct holding *h, size_t columns)
{
	char *cut = h->cgroup ? cgroup_cut(h->cgroup, columns) : NULL;
	size_t size = cut ? TAME_FACTOR * strlen(cut) + 1 : 0;
	char *name = must_alloc(size, 1), text[FMT_LEN];

	table_cell(t, "%s", h->cgroup_bytes == ~0ULL ? "-" : fmt_bytes(text, h->cgroup_bytes));
	table_cell(t, "%s", h->cgroup_max_bytes != ~0ULL ? fmt_bytes(text, h->cgroup_max_bytes) :
			    h->cgroup_bytes == ~0ULL ? "-" : "none");
	table_cell(t, "%s", cut ? tame(name, size, untrusted(cut)) : "-");
	free(name);
	free(cut);
}

void view_holdings_text(const struct output *to, const struct holding *list, size_t nr, size_t top,
			enum holdings_by by)
{
	/* who reads a pipe or a file may want all of it, as --cgroup and --container do */
	size_t cgroup_columns = isatty(fileno(to->out)) ? CGROUP_COLUMNS : SIZE_MAX;
	struct table *t = table_new(columns[by]);
	char text[FMT_LEN];

	for (size_t i = 0; i < nr && i < top; i++) {
		const struct holding *h = &list[i];
		struct comm comm = ring_comm(h->ring);

		if (by == BY_CGROUP) {
			put_sums(t, h);
			put_cgroup(t, h, cgroup_columns);
			continue;
		}
		if (by == BY_USER) {
			table_cell(t, "%u", h->uid);
			table_cell(t, "%s", user_name(h->uid) ?: "-");
		} else {
			table_cell(t, "%s", PID_TEXT(h->pid, ring_ns_pid(h->ring)));
			table_cell(t, "%s", TAME_COMM(comm));
			table_cell(t, "%u", h->uid);
		}
		put_sums(t, h);
		table_cell(t, "%s%s", fmt_bytes(text, charged_pages(h) * PAGE_BYTES), and_more(h));
		if (by == BY_USER)
			table_cell(t, "%s", h->user ? fmt_pages(text, h->user->locked_pages) : "-");
		put_limit(t, h);
	}
	table_print(t, to->out, !to->no_header && nr, 0);
	if (nr > top && !to->quiet)
		fprintf(to->out, "%zu of %zu %s; --top shows more\n", top, nr, plurals[by]);
}

/* The process of .h, as the first holder of its ring; NULL where nobody holds that. */
static const struct holder *its_holder(const struct holding *h)
{
	return h->ring->nr_holders ? &h->ring->holders[0] : NULL;
}

static void who_json(struct json *j, const struct holding *h, enum holdings_by by)
{
	struct comm comm = ring_comm(h->ring);

	if (by == BY_PROCESS) {
		json_uint(j, "pid", h->pid);
		json_ns_pid(j, ring_ns_pid(h->ring));
		json_comm(j, "comm", &comm);
		if (its_holder(h))
			view_cgroup_json(j, its_holder(h));
	}
	if (by != BY_CGROUP) {
		json_uint(j, "uid", h->uid);
		return;
	}
	if (h->cgroup)
		json_text(j, "cgroup", untrusted(h->cgroup));
	else
		json_null(j, "cgroup");
	json_known(j, "memory_bytes", h->cgroup_bytes != ~0ULL, h->cgroup_bytes);
	json_known(j, "memory_max_bytes", h->cgroup_max_bytes != ~0ULL, h->cgroup_max_bytes);
}

static void limits_json(struct json *j, const struct holding *h)
{
	__u64 room = 0;
	/* who has CAP_IPC_LOCK has an RLIMIT_MEMLOCK, too, which nothing counts against */
	bool bounded = has_room(h, &room);

	json_known_int(j, "locked_vm_pages", h->user, h->user ? h->user->locked_pages : 0);
	json_known(j, "memlock_limit_bytes", bounded, h->limit_bytes);
	json_known(j, "headroom_bytes", bounded, room);
}

void view_holdings_json(struct json *j, const struct holding *list, size_t nr, size_t top,
			enum holdings_by by)
{
	if (by == BY_PROCESS)
		json_open_list(j, "processes");
	else if (by == BY_USER)
		json_open_list(j, "users");
	else
		json_open_list(j, "cgroups");
	for (size_t i = 0; i < nr && i < top; i++) {
		const struct holding *h = &list[i];

		json_item_open(j);
		who_json(j, h, by);
		json_uint(j, "rings", h->t.rings);
		json_uint(j, "buffers", h->t.buffers);
		json_uint(j, "registered_bytes", h->t.registered_bytes);
		json_known_int(j, "pinned_vm_pages", h->nr_mms, h->pinned_pages);
		json_uint(j, "charged_pages", h->t.charged_pages);
		json_uint(j, "ring_pages", h->ring_pages);
		json_uint(j, "other_pinned_pages", h->other_pinned_pages);
		json_uint(j, "skipped_slots", h->t.skipped_slots);
		/* those of a cgroup may be several users' */
		if (by != BY_CGROUP)
			limits_json(j, h);
		json_close(j);
	}
	json_close(j);
}

static const char *const csv_columns[] = {
	[BY_PROCESS] = "pid,ns_pid,comm,uid",
	[BY_USER] = "uid,name",
	[BY_CGROUP] = "cgroup,memory_bytes,memory_max_bytes",
};

#define LIMIT_COLUMNS	",locked_vm_pages,memlock_limit_bytes,headroom_bytes"

static const char *const csv_ends[] = {
	[BY_PROCESS] = LIMIT_COLUMNS ",cgroup," CSV_PLACE_COLUMNS,
	[BY_USER] = LIMIT_COLUMNS,
	[BY_CGROUP] = "",
};

static void who_csv(struct csv *c, const struct holding *h, enum holdings_by by)
{
	struct comm comm = ring_comm(h->ring);

	if (by == BY_CGROUP) {
		csv_text(c, untrusted(h->cgroup));
		csv_known(c, h->cgroup_bytes != ~0ULL, h->cgroup_bytes);
		csv_known(c, h->cgroup_max_bytes != ~0ULL, h->cgroup_max_bytes);
	} else if (by == BY_USER) {
		const char *name = user_name(h->uid);

		csv_uint(c, h->uid);
		if (name)
			csv_text(c, untrusted(name));
		else
			csv_null(c);
	} else {
		csv_uint(c, h->pid);
		csv_ns_pid(c, ring_ns_pid(h->ring));
		csv_text(c, comm_name(&comm));
		csv_uint(c, h->uid);
	}
}

void view_holdings_csv(const struct output *to, const struct holding *list, size_t nr, size_t top,
		       enum holdings_by by)
{
	struct csv c = { .out = to->out };

	if (!to->no_header)
		fprintf(to->out, "%s,rings,buffers,registered_bytes,pinned_vm_pages,charged_pages,"
			"ring_pages,other_pinned_pages,skipped_slots%s\n", csv_columns[by], csv_ends[by]);
	for (size_t i = 0; i < nr && i < top; i++) {
		const struct holding *h = &list[i];
		__u64 room = 0;
		bool bounded = has_room(h, &room);

		who_csv(&c, h, by);
		csv_uint(&c, h->t.rings);
		csv_uint(&c, h->t.buffers);
		csv_uint(&c, h->t.registered_bytes);
		csv_known_int(&c, h->nr_mms, h->pinned_pages);
		csv_uint(&c, h->t.charged_pages);
		csv_uint(&c, h->ring_pages);
		csv_uint(&c, h->other_pinned_pages);
		csv_uint(&c, h->t.skipped_slots);
		if (by != BY_CGROUP) {
			csv_known_int(&c, h->user, h->user ? h->user->locked_pages : 0);
			csv_known(&c, bounded, h->limit_bytes);
			csv_known(&c, bounded, room);
		}
		if (by == BY_PROCESS) {
			view_cgroup_csv(&c, its_holder(h));
			view_place_csv(&c, its_holder(h));
		}
		csv_end_row(&c);
	}
}
