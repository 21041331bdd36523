// SPDX-License-Identifier: GPL-2.0
/*
 * What ends and waits for requests that cannot end, since their file system is frozen: a process
 * that is being killed, and a ring that was closed.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "load.h"
#include "tool.h"
#include "tool_json.h"

#define PAGES	17

static char dir[] = "/tmp/fixbuf-stuck-XXXXXX";

static bool shell(const char *format)
{
	char command[512];

	/* each %s is the folder */
	snprintf(command, sizeof(command), format, dir, dir, dir);
	return !system(command);
}

static bool freeze(void)
{
	return shell("exec 2> /dev/null; mkdir %s/mnt && truncate -s 8M %s/disk && mkfs.ext4 -q %s/disk") &&
	       shell("mount -o loop %s/disk %s/mnt 2> /dev/null") &&
	       shell("touch %s/mnt/file && fsfreeze -f %s/mnt");
}

static void thaw(void)
{
	shell("fsfreeze -u %s/mnt");
}

static struct json_object *first_of(struct json_object *o, const char *list)
{
	struct json_object *all = json_member(o, list);

	return all && json_object_array_length(all) ? json_object_array_get_idx(all, 0) : NULL;
}

static void killed(struct load *l)
{
	struct json_object *u;
	struct tool_run a;
	char id[16], says[64];

	snprintf(id, sizeof(id), "%d", l->pid);
	snprintf(says, sizeof(says), "being killed, waits for %llu requests in flight",
		 load_number(l, "writes"));
	kill(l->pid, SIGKILL);
	usleep(100000);
	tool(&a, "list", "-p", id, NULL);
	has_text(a.out, says, "list says that the process is being killed, and what it waits for");
	tool_free(&a);
	tool(&a, "list", "--json", "-p", id, NULL);
	u = first_of(first_of(a.json, "rings"), "holders");
	is_text(json_text(u, "ending"), "killed", "list --json: how it ends");
	is(json_number(u, "in_flight"), load_number(l, "writes"), "list --json: requests in flight");
	tool_free(&a);
	tool(&a, "verify", "--json", "-p", id, NULL);
	is(a.status, 4, "verify does not call its ring healthy");
	is(json_nr_findings(a.json, 0, NULL), 0, "nor broken");
	u = first_of(a.json, "unsettled");
	is_text(json_text(u, "what"), "ending-processes", "it is unsettled");
	has_text(json_text(u, "why"), says, "since it is being killed");
	tool_free(&a);
}

static void closed(struct load *l)
{
	struct json_object *ring, *holder;
	struct tool_run a;
	char id[16], says[64];

	snprintf(id, sizeof(id), "%d", l->pid);
	snprintf(says, sizeof(says), "fd - (closed; waits for %llu requests in flight)",
		 load_number(l, "writes"));
	tool(&a, "list", "-p", id, NULL);
	has_text(a.out, says, "list shows a closed ring with what it waits for");
	tool_free(&a);
	tool(&a, "verify", "--json", "-p", id, NULL);
	is(a.status, 0, "verify looks at it, too");
	is(json_number(a.json, "pages"), PAGES, "its pages are compared");
	ring = json_ring(a.json, l->pid, -1);
	holder = first_of(ring, "holders");
	is_text(json_text(holder, "held_by"), "closing", "verify: what keeps it");
	is(json_number(holder, "in_flight"), load_number(l, "writes"), "verify: how many");
	is(json_number(json_ring_buffer(ring, 0), "same_pages"), PAGES, "all are in place");
	tool_free(&a);
}

int main(void)
{
	struct load k, c;
	char file[64];

	if (!mkdtemp(dir))
		bail("mkdtemp");
	if (!freeze()) {
		skip("requests that cannot end", "no file system can be made and frozen here");
	} else {
		snprintf(file, sizeof(file), "%s/mnt/file", dir);
		if (!load_start(&k, "stuck_io", "killed", file, NULL) ||
		    !load_start(&c, "stuck_io", "closed", file, NULL)) {
			thaw();
			bail("%s", k.skip ? k.skip : c.skip);
		}
		killed(&k);
		closed(&c);
		thaw();
		is(load_end(&k), 128 + SIGKILL, "thawed: the killed process ends");
		is(load_end(&c), 0, "and the other");
	}
	usleep(300000);
	shell("umount %s/mnt 2> /dev/null || { sleep 1; umount %s/mnt; }; rm -rf %s");
	return tap_end();
}
