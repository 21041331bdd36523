#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# check-vm.sh BUILD_DIR: boots stock Debian kernels, runs the live tests of this
# build in each, those that depend on the tier at every tier (the others are the
# row "any", and those that are independent of the kernel stay at home: make check
# runs them), prints one matrix; BUILD_DIR/vm/matrix.txt has it
# tab-separated. Any failure, dead guest or complaint of a kernel: exit 1.
#   ARCH        of the guests and of the build: x86 or arm64, default this machine's
#   KERNELS     default "5.10 6.1 6.12 newest", of arm64 "6.1 newest"; any that the suites hold,
#               also Debian's real-time ones (6.12-rt) and, of arm64, those with 16 KiB pages
#               (6.12-16k), or paths of images; with tiers of its own: 5.10:kprobes,tracepoints
#   TIERS       default "functions kprobes tracepoints"
#   VM_TIMEOUT  seconds for one guest, default 2100
#   TESTS       names of tests, globs too; default "*"
#   LEFT_OUT    tests that stay at home, default those above; empty runs all
#   ONCE        tests that only the first of the kernels runs; default none
#   VM_JOBS     guests at a time, default 2; each keeps one processor busy
# A kernel is booted twice where all tests are wanted, for the row "any" and for the tiers:
# two short guests fill two processors better than a long one.
set -eu

build=${1:?usage: check-vm.sh BUILD_DIR}
vm=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/vm/arch.sh
. "$vm/arch.sh"
export ARCH
[ "$ARCH" = arm64 ] && default='6.1 newest' || default='5.10 6.1 6.12 newest'
KERNELS=${KERNELS:-$default}
TIERS=${TIERS:-functions kprobes tracepoints}
export VM_TIMEOUT="${VM_TIMEOUT:-2100}"
export TESTS="${TESTS:-*}"

# Only a test that asks for the tier can answer differently at another
TIERED=$(sh "$vm/../run/tests-with.sh" tool_tier)
LEFT_OUT=${LEFT_OUT-$(sh "$vm/../run/tests-with.sh" 'Independent of the kernel')}
FIRST=${KERNELS%% *}
export TIERED LEFT_OUT ONCE="${ONCE:-}" FIRST="${FIRST%%:*}"
out=$build/vm

cannot() {
	echo "check-vm: $*" >&2
	exit 3
}

command -v $qemu >/dev/null || cannot "there is no QEMU; install $qemu_package"
[ -x "$build/fixbuf-trace" ] || cannot "there is no $build/fixbuf-trace; run make first"

mkdir -p "$out"
rm -f "$out"/*.rows "$out/matrix.txt"
sh "$vm/make-initramfs.sh" "$build" "$out/initramfs"
# guests KERNEL [TIER...]: a line for each guest, KERNEL and its parts
guests() {
	kernel=$1
	shift
	case $TESTS in
	'*') printf '%s %s\n' "$kernel" "$*" "$kernel" any ;;
	*) echo "$kernel any $*" ;;
	esac
}

for kernel in $KERNELS; do
	tiers=$TIERS
	case $kernel in
	*:*) tiers=$(echo "${kernel#*:}" | tr , ' ') ;;
	esac
	# shellcheck disable=SC2086 # a list
	guests "${kernel%%:*}" $tiers
done >"$out/guests"
# the newest first: it takes longest, and the others fill up beside it; of each the longer part first
tac "$out/guests" | xargs -P "${VM_JOBS:-2}" -L 1 sh "$vm/run-kernel.sh" "$out"

while read -r kernel part _; do
	cat "$out/$(echo "$kernel" | tr -c 'A-Za-z0-9.+\n-' _)-$part.rows"
done <"$out/guests" >"$out/matrix.txt"
rm -f "$out/initramfs" "$out/guests" "$out"/*.rows
echo
awk -f "$vm/matrix.awk" "$out/matrix.txt"
