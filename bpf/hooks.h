/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The functions of io_uring that the exact tiers hook into, and what a hook does there.
 * This is the one list from which functions.bpf.c makes programs for fentry and fexit, and
 * kprobes.bpf.c those for kprobe and kretprobe. Each of them includes it once, and has its
 * own definition of
 *
 *   AT_ENTRY(name, function, body)	body runs where function() is entered
 *   AT_RETURN(name, function, body)	body runs where function() returns
 *   ARG(n)				in AT_ENTRY: the argument n, counted from 0
 *   RESULT(nr_args)			in AT_RETURN: what a function of nr_args arguments returned
 *
 * so that this file has no guard. The programs are called f_name, f_name_end, k_name and
 * k_name_end; user/capture/hook_table.c chooses among them by name, and checks the prototypes.
 */

/* ---- a buffer is pinned and charged (bodies: exact_buffer.h) --------------------------------- */

AT_ENTRY(register, io_sqe_buffer_register, register_begin(ctx, ARG(0), ARG(1), ARG(2)))
AT_RETURN(register, io_sqe_buffer_register,
	  register_end(RESULT(register_nargs), register_gives_node))

AT_ENTRY(amount, io_account_mem, amount_seen(ARG(amount_arg), HIT_AMOUNT))
AT_ENTRY(amount_inner, __io_account_mem, amount_seen(ARG(1), HIT_AMOUNT_INNER))

/* ---- a buffer is given back: its node from 6.13, its slot before ---------------------- */

AT_ENTRY(release_node, io_free_rsrc_node, release_node_begin(ctx, ARG(0), ARG(1)))
AT_RETURN(release_node, io_free_rsrc_node, release_end())

AT_ENTRY(release_slot, io_buffer_unmap, release_slot_begin(ctx, ARG(0), ARG(1)))
AT_RETURN(release_slot, io_buffer_unmap, release_end())

/* ---- memory of rings is charged (bodies: exact_region.h) ------------------------------------ */

AT_ENTRY(region, io_create_region, region_begin(ctx, ARG(0), ARG(1)))
AT_RETURN(region, io_create_region, region_end(RESULT(4)))

AT_ENTRY(region_free, io_free_region, region_free_begin(ctx, ARG(1)))
AT_RETURN(region_free, io_free_region, region_free_end())

/* ---- a block driver fills and empties a slot (bodies: exact_kernel.h) ---------------- */

AT_ENTRY(kernel_request, io_buffer_register_request,
	 kernel_begin(ctx, IN_KERNEL_REGISTER, ARG(0), ARG(3)))
AT_RETURN(kernel_request, io_buffer_register_request, kernel_end(IN_KERNEL_REGISTER, RESULT(5)))

AT_ENTRY(kernel_bvec, io_buffer_register_bvec,
	 kernel_begin(ctx, IN_KERNEL_REGISTER, ARG(0), ARG(bvec_index_arg)))
AT_RETURN(kernel_bvec, io_buffer_register_bvec,
	  kernel_end(IN_KERNEL_REGISTER, RESULT(bvec_nargs)))

AT_ENTRY(kernel_drop, io_buffer_unregister, kernel_begin(ctx, IN_KERNEL_DROP, ARG(0), ARG(1)))
AT_RETURN(kernel_drop, io_buffer_unregister, kernel_end(IN_KERNEL_DROP, RESULT(3)))

AT_ENTRY(kernel_drop_bvec, io_buffer_unregister_bvec,
	 kernel_begin(ctx, IN_KERNEL_DROP, ARG(0), ARG(1)))
AT_RETURN(kernel_drop_bvec, io_buffer_unregister_bvec, kernel_end(IN_KERNEL_DROP, RESULT(3)))
