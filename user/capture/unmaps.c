// SPDX-License-Identifier: GPL-2.0
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include "base/err.h"
#include "capture/hook_trial.h"
#include "capture/unmaps.h"
#include "fixbuf.skel.h"

#if defined(__x86_64__)
#define SYSCALL(name)	"__x64_sys_" #name
#elif defined(__aarch64__)
#define SYSCALL(name)	"__arm64_sys_" #name
#else
#error "the names of system calls on this architecture are not known: x86-64 and arm64 are"
#endif

static const char *const functions[NR_UNMAPS] = {
	[UNMAP_MUNMAP] = SYSCALL(munmap), [UNMAP_MREMAP] = SYSCALL(mremap),
	[UNMAP_MMAP] = SYSCALL(mmap), [UNMAP_MADVISE] = SYSCALL(madvise),
};

struct unmaps {
	struct fixbuf_bpf *skel;
	bool wanted;
	struct bpf_program *programs[NR_UNMAPS];
	struct bpf_link *links[NR_UNMAPS];
	struct ring_buffer *rb;
	void (*take)(const struct unmap_call *c, void *arg);
	void *arg;
};

struct unmaps *unmaps_prepare(struct fixbuf_bpf *skel, enum tier tier)
{
	struct unmaps *u = calloc(1, sizeof(*u));
	char why[256];

	if (!u) {
		err_set(ENOMEM, "out of memory");
		return NULL;
	}
	u->skel = skel;
	u->wanted = tier != TIER_TRACEPOINTS &&
		    !trial_kprobe(functions[UNMAP_MUNMAP], why, sizeof(why));
	if (!u->wanted)
		return u;
	u->programs[UNMAP_MUNMAP] = skel->progs.unmap_munmap;
	u->programs[UNMAP_MREMAP] = skel->progs.unmap_mremap;
	u->programs[UNMAP_MMAP] = skel->progs.unmap_mmap;
	u->programs[UNMAP_MADVISE] = skel->progs.unmap_madvise;
	for (int i = 0; i < NR_UNMAPS; i++)
		bpf_program__set_autoload(u->programs[i], true);
	bpf_map__set_autocreate(skel->maps.unmap_calls, true);
	return u;
}

static int on_record(void *unmaps, void *data, size_t size)
{
	struct unmaps *u = unmaps;

	if (size >= sizeof(struct unmap_call))
		u->take(data, u->arg);
	return 0;
}

void unmaps_start(struct unmaps *u)
{
	if (!u->wanted)
		return;
	for (int i = 0; i < NR_UNMAPS; i++)
		u->links[i] = bpf_program__attach_kprobe(u->programs[i], true, functions[i]);
	u->rb = ring_buffer__new(bpf_map__fd(u->skel->maps.unmap_calls), on_record, u, NULL);
}

void unmaps_free(struct unmaps *u)
{
	if (!u)
		return;
	for (int i = 0; i < NR_UNMAPS; i++)
		bpf_link__destroy(u->links[i]);
	ring_buffer__free(u->rb);
	free(u);
}

void unmaps_read(struct unmaps *u, void (*take)(const struct unmap_call *c, void *arg), void *arg)
{
	if (!u->rb)
		return;
	u->take = take;
	u->arg = arg;
	ring_buffer__consume(u->rb);
}

__u64 unmaps_lost(const struct unmaps *u)
{
	return u->skel->bss->unmaps_lost;
}
