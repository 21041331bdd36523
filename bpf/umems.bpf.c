// SPDX-License-Identifier: GPL-2.0
/* The memory of AF_XDP sockets, which is charged where a ring's buffers are: to the user who registered it. */
#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <linux/stat.h>
#include "abi/walk_nodes.h"

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

/* What is asked, by descriptors.bpf.c. */
extern __u64 in_tables[PEEK_NODES];
extern __u32 in_first[PEEK_NODES];

struct fd_umems out_umems[PEEK_NODES];

/* The verifier looks at it once, as at those of descriptors.bpf.c. */
__noinline int answer_umem(__u32 i, __u32 n)
{
	struct fd_umems *out;
	struct xdp_umem *umem;
	struct socket *socket;
	struct file *file;
	struct umem *to;
	struct sock *sk;

	if (i >= PEEK_NODES || n >= FD_SLOTS)
		return 0;
	out = &out_umems[i];
	to = &out->umem[n];
	file = (void *)to->id;
	to->id = 0;
	if (!file || (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
		return 0;
	socket = BPF_CORE_READ(file, private_data);
	sk = BPF_CORE_READ(socket, sk);
	if (!sk || BPF_CORE_READ(sk, __sk_common.skc_family) != FAMILY_XDP)
		return 0;
	umem = BPF_CORE_READ((struct xdp_sock *)sk, umem);
	if (!umem)
		return 0;
	to->id = (__u64)umem;
	to->user = (__u64)BPF_CORE_READ(umem, user);
	to->pages = BPF_CORE_READ(umem, npgs);
	out->found = 1;
	return 0;
}

__noinline int answer_umems(__u32 i)
{
	struct files_struct *files;
	struct fd_umems *out;
	struct fdtable *fdt;
	struct file **fd;

	if (i >= PEEK_NODES || !bpf_core_type_exists(struct xdp_sock))
		return 0;
	out = &out_umems[i];
	files = (void *)in_tables[i];
	out->found = 0;
	fdt = BPF_CORE_READ(files, fdt);
	out->room = BPF_CORE_READ(fdt, max_fds);
	fd = BPF_CORE_READ(fdt, fd) + in_first[i];
	if (in_first[i] >= out->room)
		return 0;
	for (__u32 n = 0; n < FD_SLOTS; n++)
		if (!bpf_probe_read_kernel(&out->umem[n].id, sizeof(__u64), fd + n) && out->umem[n].id)
			answer_umem(i, n);
	return 0;
}

/* Takes the number of questions, which are those of peek_fds: each umem that a descriptor is of, as often as there are such. */
SEC("?raw_tp")
int peek_umems(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 n = ctx->args[0];

	for (__u32 i = 0; i < PEEK_NODES && i < n; i++)
		answer_umems(i);
	return 0;
}
