// SPDX-License-Identifier: GPL-2.0
/* The functions tier: the hooks of hooks.h as fentry and fexit programs. */
#include "exact_buffer.h"
#include "exact_kernel.h"
#include "exact_region.h"

/* How many arguments come before the result: user/capture/hook_table.c reads the prototypes. */
const volatile __u32 register_nargs = 0;
const volatile __u32 bvec_nargs = 0;

/*
 * The program's context holds the arguments, and behind the last one the result. It is
 * read by probe: the verifier of 5.10 refuses to load a pointer to a pointer.
 */
static __always_inline __u64 word_of(__u64 *ctx, __u32 n)
{
	__u64 v = 0;

	bpf_probe_read_kernel(&v, sizeof(v), ctx + n);
	return v;
}

#define ARG(n)		word_of(ctx, n)
#define RESULT(nr_args)	word_of(ctx, nr_args)

#define PROGRAM(section, name, body)	\
SEC(section)				\
int name(__u64 *ctx)			\
{					\
	(void)ctx;			\
	body;				\
	return 0;			\
}

#define AT_ENTRY(name, function, body)	PROGRAM("?fentry/" #function, f_##name, body)
#define AT_RETURN(name, function, body)	PROGRAM("?fexit/" #function, f_##name##_end, body)

#include "hooks.h"
