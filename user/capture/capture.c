// SPDX-License-Identifier: GPL-2.0
#include <bpf/libbpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "base/clock.h"
#include "capture/call_hooks.h"
#include "capture/capture.h"
#include "capture/forks.h"
#include "capture/kernel.h"
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

/* Switches on what is wanted, before the load. */
static int prepare(struct capture *c, const struct capture_wants *wants)
{
	static const struct selection everybody;
	const struct capture_how *how = wants->how;

	c->walk = walk_prepare(c->skel, wants->everybody ? &everybody : wants->select);
	if (!c->walk)
		return -1;
	if (wants->pages) {
		c->pages = page_walk_prepare(c->walk);
		if (!c->pages)
			return -1;
	}
	if (wants->on) {
		c->facts = facts_prepare(c->skel, wants->select, how->ring_buffer_kib ?
					 how->ring_buffer_kib : RING_BUFFER_KIB);
		c->attach = c->facts ? attach_prepare(c->skel, how->tier) : NULL;
		if (!c->attach)
			return -1;
		if (c->stacks)
			stacks_prepare(c->stacks, c->skel);
	}
	if (wants->io) {
		c->io = io_stat_prepare(c->skel, wants->select, wants->io);
		if (!c->io)
			return -1;
	}
	if (wants->forks) {
		c->forks = forks_prepare(c->skel);
		if (!c->forks)
			return -1;
	}
	return 0;
}

int capture_open(struct capture *c, const struct capture_wants *wants)
{
	int err;

	memset(c, 0, sizeof(*c));
	if (wants->on && wants->how->stacks)
		c->stacks = stacks_new();
	c->skel = kern_open(wants->verbosity);
	if (!c->skel || prepare(c, wants))
		return -1;
	err = kern_load(c->skel);
	if (!err)
		err = walk_start(c->walk);
	if (!err)
		err = walk_translate_pids(c->walk, wants->select);
	if (!err && c->pages)
		err = page_walk_start(c->pages);
	if (!err && c->facts)
		err = facts_start(c->facts, wants->on);
	if (!err && c->attach)
		err = attach_start(c->attach);
	if (!err && c->io)
		err = io_stat_start(c->io);
	if (!err && c->forks)
		forks_start(c->forks);
	if (!err && c->attach && wants->verbosity)
		tell_hooks(c);
	return err;
}

void capture_stop(struct capture *c)
{
	if (c->attach)
		attach_stop(c->attach);
	if (c->io)
		io_stat_stop(c->io);
}

void capture_close(struct capture *c)
{
	attach_free(c->attach);
	facts_free(c->facts);
	stacks_free(c->stacks);
	io_stat_free(c->io);
	forks_free(c->forks);
	page_walk_free(c->pages);
	walk_free(c->walk);
	if (c->skel)
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

__u32 capture_own_tgid(const struct capture *c)
{
	return c->skel->bss->own_tgid;
}

void capture_learn_cpus(void)
{
	libbpf_num_possible_cpus();
}

void capture_origin(const struct capture *c, struct origin *o)
{
	struct utsname uts;

	*o = (struct origin){
		.start_ns = clock_now_ns(),
		.realtime_ns = clock_realtime_offset_ns(),
		.memory_bytes = (__u64)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE),
		.cpus = sysconf(_SC_NPROCESSORS_ONLN),
		.page_bytes = sysconf(_SC_PAGESIZE),
		.tier = attach_tier(c->attach),
		.stacks = c->stacks,
		.pid_ns = c->skel->bss->ns_level,
		.by_user_data = c->io && !strcmp(io_stat_starts_by(c->io), "user_data"),
	};
	uname(&uts);
	snprintf(o->kernel, sizeof(o->kernel), "%s", uts.release);
	snprintf(o->machine, sizeof(o->machine), "%.31s", uts.machine);
	read_command(o->command, sizeof(o->command));
}
