// SPDX-License-Identifier: GPL-2.0
/* Each with the check of its prototype, since names outlive meanings. */
#include <abi/fact.h>
#include <bpf/btf.h>
#include <stddef.h>
#include "capture/hook_table.h"
#include "capture/kernel.h"
#include "fixbuf.skel.h"

static const char *fits_register(const struct prototype *p, struct fixbuf_bpf *skel)
{
	/* patches/0011: one segment may hold many pins; the tracepoints there tell them */
	if (kern_type("io_seg_index", BTF_KIND_STRUCT))
		return "segments do not show pins on this kernel; use tier 'patched'";
	skel->rodata->register_nargs = p->nr_args;
	skel->rodata->register_gives_node = prototype_gives(p, "io_rsrc_node", 1);
	if (!prototype_takes(p, 0, "io_ring_ctx", 1) || !prototype_takes(p, 1, "iovec", 1))
		return "it registers a whole table here (before 5.13), not one buffer";
	if (!skel->rodata->register_gives_node && !prototype_takes(p, 2, "io_mapped_ubuf", 2))
		return "unknown prototype";
	return NULL;
}

static const char *fits_release_node(const struct prototype *p, struct fixbuf_bpf *skel)
{
	(void)skel;
	return prototype_takes(p, 0, "io_ring_ctx", 1) && prototype_takes(p, 1, "io_rsrc_node", 1) ?
	       NULL : "unknown prototype";
}

static const char *fits_release_slot(const struct prototype *p, struct fixbuf_bpf *skel)
{
	(void)skel;
	return prototype_takes(p, 0, "io_ring_ctx", 1) && prototype_takes(p, 1, "io_mapped_ubuf", 2) ?
	       NULL : "unknown prototype";
}

/* (ctx, pages) to 6.18, (user, mm, pages) from 6.19 */
static const char *fits_amount(const struct prototype *p, struct fixbuf_bpf *skel)
{
	skel->rodata->amount_arg = p->nr_args - 1;
	return (p->nr_args == 2 || p->nr_args == 3) && prototype_takes_number(p, p->nr_args - 1) ?
	       NULL : "unknown prototype";
}

static const char *fits_amount_inner(const struct prototype *p, struct fixbuf_bpf *skel)
{
	(void)skel;
	return p->nr_args == 2 && prototype_takes_number(p, 1) ? NULL : "unknown prototype";
}

static const char *fits_region(const struct prototype *p, struct fixbuf_bpf *skel)
{
	(void)skel;
	if (prototype_takes(p, 0, "user_struct", 1))
		return "it takes no ring: ring memory is not charged here";
	return p->nr_args == 4 && prototype_takes(p, 0, "io_ring_ctx", 1) &&
	       prototype_takes(p, 1, "io_mapped_region", 1) ? NULL : "unknown prototype";
}

static const char *fits_region_free(const struct prototype *p, struct fixbuf_bpf *skel)
{
	(void)skel;
	return prototype_takes(p, 1, "io_mapped_region", 1) ? NULL : "unknown prototype";
}

static const char *fits_kernel_request(const struct prototype *p, struct fixbuf_bpf *skel)
{
	(void)skel;
	return p->nr_args == 5 && prototype_takes(p, 0, "io_uring_cmd", 1) &&
	       prototype_takes(p, 1, "request", 1) && prototype_takes_number(p, 3) ?
	       NULL : "unknown prototype";
}

/* (cmd, request, release, index, flags) to 7.2, then (cmd, bvecs, nr, release, priv, dir, index, flags) */
static const char *fits_kernel_bvec(const struct prototype *p, struct fixbuf_bpf *skel)
{
	skel->rodata->bvec_nargs = p->nr_args;
	skel->rodata->bvec_index_arg = 3;
	if (!fits_kernel_request(p, skel))
		return NULL;
	skel->rodata->bvec_index_arg = 6;
	return p->nr_args == 8 && prototype_takes(p, 0, "io_uring_cmd", 1) &&
	       prototype_takes(p, 1, "bio_vec", 1) && prototype_takes_number(p, 6) ?
	       NULL : "unknown prototype";
}

static const char *fits_kernel_drop(const struct prototype *p, struct fixbuf_bpf *skel)
{
	(void)skel;
	return p->nr_args == 3 && prototype_takes(p, 0, "io_uring_cmd", 1) &&
	       prototype_takes_number(p, 1) ? NULL : "unknown prototype";
}

/* Behind the probe's own argument; patches/6.12 */
static const char *fits_tells_pin(const struct prototype *p, struct fixbuf_bpf *skel)
{
	(void)skel;
	return p->nr_args == 8 && prototype_takes(p, 1, "io_ring_ctx", 1) &&
	       prototype_takes_number(p, 3) && prototype_takes_number(p, 7) ?
	       NULL : "unknown prototype";
}

static const char *fits_tells_charge(const struct prototype *p, struct fixbuf_bpf *skel)
{
	(void)skel;
	return p->nr_args == 12 && prototype_takes(p, 1, "io_ring_ctx", 1) &&
	       prototype_takes(p, 3, "user_struct", 1) && prototype_takes(p, 4, "mm_struct", 1) &&
	       prototype_takes_number(p, 11) ? NULL : "unknown prototype";
}

static const char *fits_tells_failure(const struct prototype *p, struct fixbuf_bpf *skel)
{
	(void)skel;
	return p->nr_args == 7 && prototype_takes(p, 1, "io_ring_ctx", 1) &&
	       prototype_takes_number(p, 6) ? NULL : "unknown prototype";
}

/* patches/7.3, of which each argument but the first two may be anywhere, or others beside it */
static bool begins_with_buffer(const struct prototype *p)
{
	return prototype_takes(p, 1, "io_ring_ctx", 1) && prototype_takes_pointer(p, 2);
}

/* Where the program has that argument, behind the probe's own; 0 when it is not there. */
static __u32 number_arg(const struct prototype *p, const char *name)
{
	int n = prototype_named(p, name);

	return n > 2 && prototype_takes_number(p, n) ? n - 1 : 0;
}

static const char *fits_tells_slot(const struct prototype *p, struct fixbuf_bpf *skel)
{
	skel->rodata->slot_addr_arg = number_arg(p, "addr");
	skel->rodata->slot_len_arg = number_arg(p, "len");
	skel->rodata->slot_result_arg = number_arg(p, "result");
	return begins_with_buffer(p) && skel->rodata->slot_addr_arg && skel->rodata->slot_len_arg &&
	       skel->rodata->slot_result_arg ? NULL : "unknown prototype";
}

static const char *fits_tells_release(const struct prototype *p, struct fixbuf_bpf *skel)
{
	(void)skel;
	return begins_with_buffer(p) ? NULL : "unknown prototype";
}

static const char *fits_tells_account(const struct prototype *p, struct fixbuf_bpf *skel)
{
	skel->rodata->account_pages_arg = number_arg(p, "pages");
	skel->rodata->account_result_arg = number_arg(p, "result");
	return begins_with_buffer(p) && skel->rodata->account_pages_arg &&
	       skel->rodata->account_result_arg ? NULL : "unknown prototype";
}

const struct probe exact_probes[NR_PROBES] = {
	{ "pin", "io_uring_buf_pin", "pin", NEED_PIN, false, NULL, HIT_REGISTERED,
	  "each buffer, with its pages, references and time", fits_tells_pin, true },
	{ "pin", "io_uring_buf_register", "slot", NEED_PIN, false, NULL, HIT_REGISTERED,
	  "each buffer, with its pages and references, without the time; entries that failed", fits_tells_slot, true },
	{ "unpin", "io_uring_buf_unpin", "unpin", NEED_UNPIN, false, NULL, HIT_RELEASED,
	  "each last reference, also dropped by a worker", fits_tells_pin, true },
	{ "charge", "io_uring_buf_charge", "charge", NEED_NONE, false, "pin", HIT_AMOUNT,
	  "each move of an account, its levels before and after, refusals", fits_tells_charge, true },
	{ "uncharge", "io_uring_buf_uncharge", "uncharge", NEED_NONE, false, "charge", HIT_UNCHARGE,
	  "each move of an account, its levels before and after", fits_tells_charge, true },
	{ "unpin", "io_uring_buf_release", "release", NEED_UNPIN, false, NULL, HIT_RELEASED,
	  "each last reference, also dropped by a worker, without the time", fits_tells_release, true },
	{ "charge, uncharge", "io_uring_buf_account", "account", NEED_NONE, false, "slot", HIT_AMOUNT,
	  "each move of an account, its level afterwards, refusals", fits_tells_account, true },
	{ "failed pin", "io_uring_buf_register_fail", "fail", NEED_NONE, false, "pin", HIT_NONE,
	  "entries that failed to register, and why", fits_tells_failure, true },
	{ "pin, charge", "io_sqe_buffer_register", "register", NEED_PIN, true, NULL, HIT_REGISTERED,
	  "each buffer, with its pages, time and levels before and after", fits_register, false },
	{ "unpin, uncharge", "io_free_rsrc_node", "release_node", NEED_UNPIN, true, NULL, HIT_RELEASED,
	  "each last reference, also dropped by a worker", fits_release_node, false },
	{ "unpin, uncharge", "io_buffer_unmap", "release_slot", NEED_UNPIN, true, NULL, HIT_RELEASED,
	  "each last reference, also dropped by a worker", fits_release_slot, false },
	{ "amount", "io_account_mem", "amount", NEED_NONE, false, NULL, HIT_AMOUNT,
	  "what a charge asked for, also one that was refused", fits_amount, false },
	{ "amount", "__io_account_mem", "amount_inner", NEED_NONE, false, NULL, HIT_AMOUNT_INNER,
	  "what a charge asked for, also one that was refused", fits_amount_inner, false },
	{ "ring charge", "io_create_region", "region", NEED_NONE, true, "amount_inner", HIT_REGION,
	  "memory of rings", fits_region, false },
	{ "ring uncharge", "io_free_region", "region_free", NEED_NONE, true, "region", HIT_REGION_FREED,
	  "memory of rings", fits_region_free, false },
	{ "kernel buffer", "io_buffer_register_request", "kernel_request", NEED_NONE, true, NULL, HIT_NONE,
	  "buffers of block drivers, without a call (untested: needs such a driver)", fits_kernel_request, false },
	{ "kernel buffer", "io_buffer_register_bvec", "kernel_bvec", NEED_NONE, true, NULL, HIT_NONE,
	  "buffers of block drivers, without a call (untested: needs such a driver)", fits_kernel_bvec, false },
	{ "kernel drop", "io_buffer_unregister", "kernel_drop", NEED_NONE, true, NULL, HIT_NONE,
	  "buffers of block drivers, without a call (untested: needs such a driver)", fits_kernel_drop, false },
	{ "kernel drop", "io_buffer_unregister_bvec", "kernel_drop_bvec", NEED_NONE, true, NULL, HIT_NONE,
	  "buffers of block drivers, without a call (untested: needs such a driver)", fits_kernel_drop, false },
};
