#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# bench-vm.sh BUILD_DIR: what watching costs in instructions, counted by QEMU in
# each of $KERNELS (default "5.10 6.12 newest"): no clock, no cache and no noise in it.
set -eu
build=${1:?usage: bench-vm.sh BUILD_DIR}
here=$(cd "$(dirname "$0")" && pwd)
# to compare with, where they are
set --
for program in trace-cmd perf bpftrace uringscope; do
	path=$(command -v "$program") && set -- "$@" -p "$path"
done
for kernel in ${KERNELS:-5.10 6.12 newest}; do
	sh "$here/../vm/boot.sh" -n -t 900 -b "$build" "$@" "$kernel" \
		'echo "kernel $(uname -r)"
		 build/tests/bench/budgets 3 instructions
		 build/tests/bench/register_cost 3 instructions
		 build/tests/bench/others_cost 3 instructions
		 build/tests/bench/io_cost 3 instructions'
	echo
done
