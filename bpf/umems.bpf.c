// SPDX-License-Identifier: GPL-2.0
/* The memory of AF_XDP sockets, which is charged where a ring's buffers are: to the user who registered it. */
#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <linux/stat.h>
#include "abi/umem.h"

#define FAMILY_XDP	44	/* AF_XDP */

struct sock_common {
	unsigned short skc_family;
} __attribute__((preserve_access_index));

struct sock {
	struct sock_common __sk_common;
} __attribute__((preserve_access_index));

struct socket {
	struct sock *sk;
} __attribute__((preserve_access_index));

/* Of c0c77d8fb787 ("xsk: add user memory registration support sockopt"), 4.18. */
struct xdp_umem {
	__u32 npgs;
	struct user_struct *user;	/* NULL: it may lock without a limit */
} __attribute__((preserve_access_index));

struct xdp_sock {
	struct xdp_umem *umem;
} __attribute__((preserve_access_index));

/* Each of a socket that a descriptor is of; one that sockets share comes several times. */
SEC("?iter/task_file")
int find_umems(struct bpf_iter__task_file *ctx)
{
	struct file *file = ctx->file;
	struct xdp_umem *umem;
	struct umem out = { 0 };
	struct socket *socket;
	struct sock *sk;

	if (!ctx->task || !file || !bpf_core_type_exists(struct xdp_sock))
		return 0;
	if ((BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
		return 0;
	socket = BPF_CORE_READ(file, private_data);
	sk = BPF_CORE_READ(socket, sk);
	if (!sk || BPF_CORE_READ(sk, __sk_common.skc_family) != FAMILY_XDP)
		return 0;
	umem = BPF_CORE_READ((struct xdp_sock *)sk, umem);
	if (!umem)
		return 0;
	out.id = (__u64)umem;
	out.user = (__u64)BPF_CORE_READ(umem, user);
	out.pages = BPF_CORE_READ(umem, npgs);
	bpf_seq_write(ctx->meta->seq, &out, sizeof(out));
	return 0;
}
