// SPDX-License-Identifier: GPL-2.0
#include "base/fmt.h"
#include "base/page_size.h"
#include "base/pid.h"
#include "base/table.h"
#include "base/untrusted.h"
#include "base/user.h"
#include "checks/places.h"
#include "views/holdings.h"

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

static const char *user_name(__u32 uid)
{
	const struct passwd *user;
	char digits[16];

	snprintf(digits, sizeof(digits), "%u", uid);
	user = user_find(digits);
	return user ? user->pw_name : "-";
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

void view_holdings_text(const struct output *to, const struct holding *list, size_t nr, size_t top,
			enum holdings_by by)
{
	struct table *t = table_new(by == BY_USER ?
		"UID <NAME RINGS BUFFERS SIZE PINNED CHARGED LOCKED LIMIT LEFT" :
		"PID <NAME UID RINGS BUFFERS SIZE PINNED CHARGED LIMIT LEFT");
	char text[FMT_LEN];

	for (size_t i = 0; i < nr && i < top; i++) {
		const struct holding *h = &list[i];
		struct comm comm = ring_comm(h->ring);

		if (by == BY_USER) {
			table_cell(t, "%u", h->uid);
			table_cell(t, "%s", user_name(h->uid));
		} else {
			table_cell(t, "%s", PID_TEXT(h->pid, ring_ns_pid(h->ring)));
			table_cell(t, "%s", TAME_COMM(comm));
			table_cell(t, "%u", h->uid);
		}
		table_cell(t, "%zu", h->t.rings);
		table_cell(t, "%zu", h->t.buffers);
		table_cell(t, "%s", fmt_bytes(text, h->t.registered_bytes));
		table_cell(t, "%s", h->nr_mms ? fmt_pages(text, h->pinned_pages) : "-");
		table_cell(t, "%s", fmt_bytes(text, charged_pages(h) * PAGE_BYTES));
		if (by == BY_USER)
			table_cell(t, "%s", h->user ? fmt_pages(text, h->user->locked_pages) : "-");
		put_limit(t, h);
	}
	table_print(t, to->out, !to->no_header && nr, 0);
	if (nr > top && !to->quiet)
		fprintf(to->out, "%zu of %zu %s; --top shows more\n", top, nr,
			by == BY_USER ? "users" : "processes");
}

void view_holdings_json(struct json *j, const struct holding *list, size_t nr, size_t top,
			enum holdings_by by)
{
	if (by == BY_USER)
		json_open_list(j, "users");
	else
		json_open_list(j, "processes");
	for (size_t i = 0; i < nr && i < top; i++) {
		const struct holding *h = &list[i];
		struct comm comm = ring_comm(h->ring);
		__u64 room = 0;
		bool bounded = has_room(h, &room);

		json_item_open(j);
		if (by == BY_PROCESS) {
			json_uint(j, "pid", h->pid);
			json_ns_pid(j, ring_ns_pid(h->ring));
			json_comm(j, "comm", &comm);
		}
		json_uint(j, "uid", h->uid);
		json_uint(j, "rings", h->t.rings);
		json_uint(j, "buffers", h->t.buffers);
		json_uint(j, "registered_bytes", h->t.registered_bytes);
		json_known_int(j, "pinned_vm_pages", h->nr_mms, h->pinned_pages);
		json_uint(j, "charged_pages", h->t.charged_pages);
		json_uint(j, "ring_pages", h->ring_pages);
		json_known_int(j, "locked_vm_pages", h->user, h->user ? h->user->locked_pages : 0);
		json_known(j, "memlock_limit_bytes", h->limit_bytes != ~0ULL, h->limit_bytes);
		json_known(j, "headroom_bytes", bounded, room);
		json_close(j);
	}
	json_close(j);
}
