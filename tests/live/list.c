// SPDX-License-Identifier: GPL-2.0
/* list says of every ring and buffer exactly what the load programs made. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <liburing.h>
#include "load.h"
#include "memory.h"
#include "tool.h"
#include "tool_json.h"
#include "witness.h"

static void list_of(struct tool_run *a, pid_t pid)
{
	char arg[16];

	snprintf(arg, sizeof(arg), "%d", pid);
	tool(a, "list", "--json", "-p", arg, NULL);
	is(a->status, 0, "list ends with 0");
	is_text(a->err, "", "and has no complaint");
	ok(a->json, "what it prints is one JSON object");
}

/* Charges per buffer exist up to 7.1; later kernels charge per ring and say null. */
static void is_charge(struct json_object *b, long long pages, const char *name, unsigned int i)
{
	long long got = json_number(b, "charged_pages");

	if (got < 0)
		skip("charged pages", "this kernel keeps no charge of a buffer");
	else
		is(got, pages, "%s %u: charged pages", name, i);
}

static void is_segments(struct json_object *b, long long pages, const char *name, unsigned int i)
{
	long long segments = json_number(b, "segments"), bytes = json_number(b, "folio_bytes");

	if (!witness_joins_pages()) {
		is(segments, pages, "%s %u: segments", name, i);
		is(bytes, PAGE, "%s %u: folio size", name, i);
		return;
	}
	ok(segments > 0 && segments <= pages, "%s %u: no more segments than pages", name, i);
	ok(bytes >= (long long)PAGE && !(bytes & (bytes - 1)), "%s %u: the unit of segments", name, i);
}

static void is_slot(struct json_object *ring, const struct load *l, const char *name,
		    unsigned int i, long long refs)
{
	struct json_object *b = json_ring_buffer(ring, i);

	is(json_number(b, "addr"), load_number(l, "%s.%u.addr", name, i), "%s %u: address", name,
	   i);
	is(json_number(b, "len_bytes"), load_number(l, "%s.%u.len", name, i), "%s %u: length",
	   name, i);
	is_segments(b, load_number(l, "%s.%u.pages", name, i), name, i);
	is_charge(b, load_number(l, "%s.%u.charged", name, i), name, i);
	is(json_number(b, "refs"), refs, "%s %u: references", name, i);
	is(json_number(b, "kernel"), 0, "%s %u: not a kernel buffer", name, i);
}

static void neighbours(void)
{
	struct json_object *ring;
	struct tool_run a;
	struct load l;
	int fd;

	if (!load_start(&l, "fault_double_charge", NULL))
		bail("%s", l.skip);
	list_of(&a, l.pid);
	fd = load_number(&l, "ring.fd");
	ring = json_ring(a.json, l.pid, fd);
	ok(ring, "the ring is listed under its process and descriptor");
	is(json_nr_rings(a.json, l.pid), 1, "it is the only one of that process");
	is(json_number(ring, "pid"), l.pid, "pid");
	is_text(json_text(ring, "comm"), "fault_double_ch", "comm");
	is(json_number(ring, "uid"), load_number(&l, "uid"), "uid");
	is(json_number(ring, "limited"), 1, "limited, for its user has no CAP_IPC_LOCK");
	is(json_number(ring, "memlock_limit_bytes"), 8 << 20, "limit");
	is(json_number(ring, "pinned_vm_pages") * (long long)PAGE / 1024, witness_status_kb(l.pid, "VmPin"),
	   "pinned pages are what VmPin says");
	ok(json_number(ring, "locked_vm_pages") >= 14, "the user's account holds them");
	is(json_ring_nr_buffers(ring), witness_user_bufs(l.pid, fd),
	   "as many buffers as fdinfo says");
	for (unsigned int i = 0; i < 7; i++)
		is_slot(ring, &l, "ring", i, 1);
	load_end(&l);
	tool_free(&a);
}

/* A ring with all kinds of buffers, and one that shares them. */
static void cloned(void)
{
	struct json_object *ring, *clone, *huge;
	struct tool_run a;
	bool has_clone;
	struct load l;
	int fd;

	if (!load_start(&l, "demo", NULL))
		bail("%s", l.skip);
	has_clone = !strcmp(load_text(&l, "clone"), "ok");
	list_of(&a, l.pid);
	fd = load_number(&l, "ring.fd");
	ring = json_ring(a.json, l.pid, fd);
	clone = json_ring(a.json, l.pid, fd + 1);
	is(json_ring_nr_buffers(ring), 10, "ten buffers on one ring");
	is(json_nr_rings(a.json, l.pid), 2, "two rings");
	huge = json_ring_buffer(ring, 9);
	is(json_number(huge, "len_bytes"), THP, "huge page: length");
	if (load_number(&l, "huge")) {
		long long segments = json_number(huge, "segments");

		is_charge(huge, THP / PAGE, "huge page", 9);
		if (segments == 1)
			is(json_number(huge, "folio_bytes"), THP, "huge page: folio size");
		else
			is(segments, THP / PAGE, "huge page: segments, not coalesced here");
	} else {
		skip("huge page", "none to be had");
	}
	if (has_clone) {
		is(json_ring_nr_buffers(clone), 10, "the clone has them too");
		for (unsigned int i = 0; i < 10; i++) {
			struct json_object *x = json_ring_buffer(ring, i);
			struct json_object *y = json_ring_buffer(clone, i);

			is(json_number(x, "refs"), 2, "slot %u: two references", i);
			is(json_number(y, "addr"), json_number(x, "addr"),
			   "slot %u: the same address", i);
		}
	} else {
		skip("clone", "this kernel cannot clone buffers");
	}
	load_end(&l);
	tool_free(&a);
}

static void shared(void)
{
	struct json_object *ring, *hidden = NULL, *rings;
	struct tool_run a;
	struct load l;

	if (!load_start(&l, "shared", NULL))
		bail("%s", l.skip);
	tool(&a, "list", "--json", NULL);
	is(a.status, 0, "list of all processes ends with 0");
	ring = json_ring(a.json, l.pid, load_number(&l, "shared.fd"));
	is(json_object_array_length(json_member(ring, "holders")), 2,
	   "a ring of two processes has two holders, its threads none more");
	ok(json_ring(a.json, load_number(&l, "child"), load_number(&l, "shared.fd")) == ring,
	   "and is one ring");
	is_slot(ring, &l, "shared", 0, 1);
	rings = json_member(a.json, "rings");
	for (size_t i = 0; load_text(&l, "hidden.reg_index") && i < json_object_array_length(rings);
	     i++) {
		struct json_object *r = json_object_array_get_idx(rings, i);

		if (json_number(r, "pid") == l.pid && json_number(r, "fd") == -1)
			hidden = r;
	}
	if (load_text(&l, "hidden.reg_index")) {
		ok(hidden, "a ring without a descriptor is listed");
		is_slot(hidden, &l, "hidden", 0, 1);
	} else {
		skip("a ring without a descriptor", "this kernel registers no rings");
	}
	load_end(&l);
	tool_free(&a);
}

static void many_buffers(void)
{
	unsigned long long base;
	unsigned int right = 0;
	struct json_object *ring;
	struct tool_run a;
	struct load l;

	if (!load_start(&l, "many", "buffers", "16384", NULL)) {
		skip("16384 buffers", "%s", l.skip);
		return;
	}
	list_of(&a, l.pid);
	ring = json_ring(a.json, l.pid, load_number(&l, "ring.fd"));
	base = load_number(&l, "base");
	is(json_ring_nr_buffers(ring), 16384, "16384 buffers on one ring, all of them");
	for (unsigned int i = 0; i < 16384; i++) {
		struct json_object *b = json_ring_buffer(ring, i);

		right += (unsigned long long)json_number(b, "addr") == base + i * PAGE &&
			 json_number(b, "len_bytes") == (long long)PAGE && json_number(b, "refs") == 1;
	}
	is(right, 16384, "each at its address");
	load_end(&l);
	tool_free(&a);
}

static void many_rings(void)
{
	unsigned long long base;
	struct json_object *rings;
	unsigned int different = 0;
	struct tool_run a;
	struct load l;
	bool *seen;

	if (!load_start(&l, "many", "rings", "1000", NULL)) {
		skip("1000 rings", "%s", l.skip);
		return;
	}
	list_of(&a, l.pid);
	rings = json_member(a.json, "rings");
	is(json_object_array_length(rings), 1000, "1000 rings, all of them");
	base = load_number(&l, "base");
	seen = calloc(1000, sizeof(*seen));
	for (size_t i = 0; i < json_object_array_length(rings); i++) {
		struct json_object *b = json_ring_buffer(json_object_array_get_idx(rings, i), 0);
		unsigned long long n = (json_number(b, "addr") - base) / PAGE;

		if (n < 1000 && !seen[n]) {
			seen[n] = true;
			different++;
		}
	}
	is(different, 1000, "each with its own buffer");
	free(seen);
	load_end(&l);
	tool_free(&a);
}

static void many_pages(void)
{
	/* each is touched */
	unsigned int pages = kernel_only() ? 32768 : 262144;
	struct json_object *b;
	char arg[16], name[32];
	struct tool_run a;
	struct load l;

	snprintf(arg, sizeof(arg), "%u", pages);
	snprintf(name, sizeof(name), "%zu MiB", pages * PAGE >> 20);
	if (!load_start(&l, "many", "pages", arg, NULL)) {
		skip(name, "%s", l.skip);
		return;
	}
	list_of(&a, l.pid);
	b = json_ring_buffer(json_ring(a.json, l.pid, load_number(&l, "ring.fd")), 0);
	is(json_number(b, "len_bytes"), pages * (long long)PAGE, "%s: length", name);
	is_segments(b, pages, name, 0);
	is_charge(b, pages, name, 0);
	load_end(&l);
	tool_free(&a);
}

static void filters(void)
{
	struct load plain, root;
	struct tool_run a;
	char uid[16];

	if (!load_start(&plain, "fault_double_charge", NULL) ||
	    !load_start(&root, "many", "buffers", "7", NULL))
		bail("a load program does not start");
	snprintf(uid, sizeof(uid), "%llu", load_number(&plain, "uid"));
	tool(&a, "list", "--json", "-u", uid, NULL);
	is(json_nr_rings(a.json, plain.pid), 1, "-u shows that user's ring");
	is(json_nr_rings(a.json, root.pid), 0, "and no other");
	tool_free(&a);
	tool(&a, "list", "--json", "--comm", "man?", NULL);
	is(json_nr_rings(a.json, root.pid), 1, "--comm shows what matches");
	is(json_nr_rings(a.json, plain.pid), 0, "and nothing else");
	tool_free(&a);
	tool(&a, "list", "--json", "--comm", "man?", "--comm", "[f]ault_d*", NULL);
	is(json_nr_rings(a.json, root.pid), 1, "--comm twice shows what matches the first");
	is(json_nr_rings(a.json, plain.pid), 1, "and what matches the second");
	tool_free(&a);
	tool(&a, "list", "-p", "1", NULL);
	is(a.status, 0, "a process without rings is no error");
	has_text(a.out, "0 rings", "and said in the text");
	tool_free(&a);
	load_end(&plain);
	load_end(&root);
}

/* How a ring was made: entries are rounded up to powers of two by the kernel. */
static void made_as(void)
{
	struct io_uring_params p = { .flags = IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP, .cq_entries = 37 };
	struct json_object *ring;
	int files[] = { 0, -1, 1, 2, -1, -1, -1 };
	struct io_uring own;
	struct tool_run a;
	char pid[16];

	if (io_uring_queue_init_params(5, &own, &p))
		bail("no ring of our own");
	snprintf(pid, sizeof(pid), "%d", getpid());
	list_of(&a, getpid());
	ring = json_ring(a.json, getpid(), own.ring_fd);
	is(json_number(ring, "sq_entries"), 8, "its submission queue has 8 entries for 5");
	is(json_number(ring, "cq_entries"), 64, "and its completion queue 64 for 37");
	is(json_number(ring, "setup_flags"), p.flags, "with the flags that were asked for");
	is(json_number(ring, "files"), 0, "it has no table of files");
	tool_free(&a);
	if (io_uring_register_files(&own, files, 7))
		bail("no files registered");
	list_of(&a, getpid());
	is(json_number(json_ring(a.json, getpid(), own.ring_fd), "files"), 7, "then one of 7 places");
	tool_free(&a);
	tool(&a, "list", "-p", pid, NULL);
	has_text(a.out, "  sq 8, cq 64; CQSIZE, CLAMP; 7 files\n", "the same by name in the text");
	tool_free(&a);
	io_uring_queue_exit(&own);
}

int main(void)
{
	made_as();
	neighbours();
	cloned();
	shared();
	many_buffers();
	many_rings();
	many_pages();
	filters();
	return tap_end();
}
