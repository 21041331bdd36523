// SPDX-License-Identifier: GPL-2.0
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/clock.h"
#include "base/page_size.h"
#include "base/system.h"
#include "capture/call_ends.h"
#include "capture/call_hooks.h"
#include "capture/capture.h"
#include "capture/family.h"
#include "capture/forks.h"
#include "capture/in_use.h"
#include "capture/kernel.h"
#include "capture/peek.h"
#include "capture/select.h"
#include "capture/symbols_elf.h"
#include "capture/umems.h"
#include "capture/unmaps.h"
#include "fixbuf.skel.h"

static void tell_hooks(const struct capture *c)
{
	const struct hook *hooks;
	size_t nr;

	hooks = attach_hooks(c->attach, &nr);
	for (size_t i = 0; i < nr; i++)
		fprintf(stderr, "%-12s %-45s %s: %s\n", hooks[i].fact, hooks[i].point,
			hooks[i].attached ? "attached" : "not attached", hooks[i].reason);
}

/* A fork or an unmap that was not noted is no event. */
static void leave_out_broken(struct capture *c)
{
	struct bpf_program *p;

	facts_leave_out(c->facts, c->skel->progs.await_caller);
	facts_leave_out(c->facts, c->skel->progs.note_fork);
	bpf_object__for_each_program(p, c->skel->obj)
		if (!strncmp(bpf_program__name(p), "unmap_", 6))
			facts_leave_out(c->facts, p);
}

/* Switches on what is wanted, before the load. */
static int prepare(struct capture *c, const struct capture_wants *wants)
{
	const struct capture_how *how = wants->how;

	if (c->skel) {
		c->family = family_prepare(c->skel, c->walk, wants->select);
		if (select_prepare(c->skel, wants->select, wants->on))
			return -1;
	}
	if (wants->pages) {
		umems_prepare(walk_peek(c->walk)->skel);
		c->pages = page_walk_prepare(c->walk);
		if (!c->pages)
			return -1;
	}
	if (wants->on) {
		in_use_prepare(c->walk);
		c->facts = facts_prepare(c->skel, how->ring_buffer_kib ? : RING_BUFFER_KIB);
		family_only_counts(c->family, c->facts);
		c->attach = c->facts ? attach_prepare(c->skel, how->tier, how->syscalls) : NULL;
		if (!c->attach)
			return -1;
		if (c->stacks)
			stacks_prepare(c->stacks, c->skel);
	}
	if (wants->io) {
		c->io = io_stat_prepare(c->skel, wants->io);
		if (!c->io)
			return -1;
		if (c->facts)
			io_stat_only_counts(c->io, c->facts);
		if (wants->io->costs && !c->attach) {
			c->begins = must_alloc(1, sizeof(*c->begins));
			call_begins_prepare(c->begins, c->skel, how->syscalls, wants->select->tree);
		}
	}
	if (wants->broken) {
		c->forks = forks_prepare(c->skel);
		c->unmaps = unmaps_prepare(c->skel, how->tier);
		if (!c->forks || !c->unmaps)
			return -1;
		if (c->facts)
			leave_out_broken(c);
	}
	return 0;
}

/* The programs of the walk, and those that are attached if any is wanted. */
static int open_objects(struct capture *c, const struct capture_wants *wants)
{
	c->walk = walk_prepare(wants->select, wants->everybody, (wants->memory ? READER_MEMORY_SELECTED : 0) |
			       (wants->pages || wants->on ? READER_MEMORY_CHARGED : 0));
	if (!c->walk)
		return -1;
	if (!wants->on && !wants->io && !wants->broken)
		return 0;
	c->skel = fixbuf_bpf__open_opts(kern_opts());
	if (kern_opened(c->skel ? c->skel->obj : NULL))
		return -1;
	c->skel->rodata->page_shift = page_shift;
	return 0;
}

static int load_objects(struct capture *c)
{
	int err = walk_load(c->walk);

	if (!err && c->family)
		err = family_share(c->family);
	if (!err && c->skel)
		err = kern_load(c->skel->skeleton);
	kern_end();
	return err;
}

/* What the walk learnt is for the other programs, too. */
static void tell_self(struct capture *c)
{
	struct own_process self;

	walk_tell_self(c->walk, &self);
	c->skel->bss->own_tgid = self.tgid;
	c->skel->bss->ns_level = self.ns_level;
	c->skel->bss->own_pid = self.pid;
}

int capture_open(struct capture *c, const struct capture_wants *wants)
{
	int err;

	memset(c, 0, sizeof(*c));
	/* in time for what is forked to read symbols */
	if (wants->on && wants->how->stacks && elf_load_library())
		return -1;
	if (wants->on && wants->how->stacks)
		c->stacks = stacks_new();
	if (kern_begin(wants->verbosity) || open_objects(c, wants) || prepare(c, wants))
		return -1;
	err = load_objects(c);
	if (!err)
		err = walk_start(c->walk);
	if (!err && c->skel)
		tell_self(c);
	if (!err)
		err = walk_translate_pids(c->walk, wants->select);
	if (!err && c->family)
		err = family_start(c->family);
	if (!err && c->pages)
		err = page_walk_start(c->pages);
	if (!err && c->facts)
		err = facts_start(c->facts, wants->on);
	if (!err && c->attach)
		err = attach_start(c->attach);
	/* before the ends, as with facts */
	if (!err && c->begins)
		call_ends_start(c->begins);
	if (!err && c->io)
		err = io_stat_start(c->io);
	if (!err && c->forks)
		forks_start(c->forks);
	if (!err && c->unmaps)
		unmaps_start(c->unmaps);
	if (!err && c->attach && wants->verbosity)
		tell_hooks(c);
	return err;
}

void capture_stop(struct capture *c)
{
	if (c->attach)
		attach_stop(c->attach);
	if (c->begins)
		call_ends_stop(c->begins);
	if (c->io)
		io_stat_stop(c->io);
}

void capture_close(struct capture *c)
{
	if (c->begins)
		call_ends_stop(c->begins);
	free(c->begins);
	attach_free(c->attach);
	facts_free(c->facts);
	stacks_free(c->stacks);
	io_stat_free(c->io);
	family_free(c->family);
	forks_free(c->forks);
	unmaps_free(c->unmaps);
	page_walk_free(c->pages);
	walk_free(c->walk);
	fixbuf_bpf__destroy(c->skel);
	memset(c, 0, sizeof(*c));
}

/* The command line as it was given. */
static void read_command(char *to, size_t size)
{
	FILE *f = fopen("/proc/self/cmdline", "re");
	size_t n = f ? fread(to, 1, size - 1, f) : 0;

	if (f)
		fclose(f);
	to[n] = 0;
	for (size_t i = 0; i + 1 < n; i++)
		if (!to[i])
			to[i] = ' ';
}

bool capture_has_ended(const struct capture *c, __u32 pid)
{
	return c->family && family_ended(c->family, pid);
}

bool capture_missed_children(const struct capture *c)
{
	return c->family && family_missed(c->family);
}

size_t capture_unfollowed(const struct capture *c, struct user_loss **list)
{
	*list = NULL;
	return c->family ? family_unfollowed(c->family, list) : 0;
}

__u32 capture_own_tgid(const struct capture *c)
{
	struct own_process self;

	walk_tell_self(c->walk, &self);
	return self.tgid;
}

void capture_learn_cpus(void)
{
	libbpf_num_possible_cpus();
}

void capture_origin(const struct capture *c, struct origin *o)
{
	struct own_process self;
	struct utsname uts;

	walk_tell_self(c->walk, &self);
	*o = (struct origin){
		.start_ns = clock_now_ns(),
		.realtime_ns = clock_realtime_offset_ns(),
		.memory_bytes = (__u64)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE),
		.cpus = sysconf(_SC_NPROCESSORS_ONLN),
		.page_bytes = PAGE_BYTES,
		.tier = attach_tier(c->attach),
		.not_seen = attach_not_seen(c->attach),
		.stacks = c->stacks,
		.pid_ns = self.ns_level,
		.by_user_data = c->io && !strcmp(io_stat_starts_by(c->io), "user_data"),
	};
	uname(&uts);
	snprintf(o->kernel, sizeof(o->kernel), "%s", uts.release);
	snprintf(o->machine, sizeof(o->machine), "%.31s", uts.machine);
	snprintf(o->host, sizeof(o->host), "%.63s", uts.nodename);
	snprintf(o->boot_id, sizeof(o->boot_id), "%.39s", system_boot_id() ?: "");
	read_command(o->command, sizeof(o->command));
}
