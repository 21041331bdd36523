// SPDX-License-Identifier: GPL-2.0
#include <abi/fact.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include "base/err.h"
#include "capture/forks.h"
#include "capture/targets.h"
#include "fixbuf.skel.h"

struct forks {
	struct fixbuf_bpf *skel;
	struct bpf_link *links[2];
	__u64 mm;		/* awaited last: calls of one process come in a row */
};

struct forks *forks_prepare(struct fixbuf_bpf *skel)
{
	struct forks *f = calloc(1, sizeof(*f));

	if (!f) {
		err_set(ENOMEM, "out of memory");
		return NULL;
	}
	f->skel = skel;
	bpf_program__set_autoload(skel->progs.await_caller, true);
	bpf_program__set_autoload(skel->progs.note_fork, true);
	bpf_map__set_autocreate(skel->maps.awaited_mms, true);
	return f;
}

void forks_start(struct forks *f)
{
	f->links[0] = targets_attach(f->skel->progs.await_caller);
	f->links[1] = targets_attach(f->skel->progs.note_fork);
}

void forks_free(struct forks *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < sizeof(f->links) / sizeof(f->links[0]); i++)
		bpf_link__destroy(f->links[i]);
	free(f);
}

void forks_await(struct forks *f, __u64 mm)
{
	const __u8 one = 1;

	if (!mm || mm == f->mm)
		return;
	f->mm = mm;
	bpf_map_update_elem(bpf_map__fd(f->skel->maps.awaited_mms), &mm, &one, BPF_ANY);
}

__u64 forks_seen(const struct forks *f)
{
	return f->skel->bss->forks_seen;
}
