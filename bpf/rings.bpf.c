// SPDX-License-Identifier: GPL-2.0
/* Notes each new ring that passes the filters: exact.h asks when a worker releases its buffers. */
#include "exact.h"

/* The arguments begin with (fd, ctx) in every version. */
SEC("?raw_tp/io_uring_create")
int note_ring(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 ring = ctx->args[1];
	__u8 whose = is_own_task() ? RING_OWN : RING_WANTED;

	/* an older ring may have had this address */
	if (whose == RING_OWN || task_wanted())
		bpf_map_update_elem(&rings, &ring, &whose, BPF_ANY);
	else
		bpf_map_delete_elem(&rings, &ring);
	return 0;
}
