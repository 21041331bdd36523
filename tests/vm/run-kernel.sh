#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# run-kernel.sh OUT KERNEL PART...: fetches and boots one kernel, runs these parts of the live
# tests of OUT/initramfs in it (suite.sh) within $VM_TIMEOUT seconds, says how it went. OUT
# keeps KERNEL-PART.tap, .console, .log and .rows (its part of the matrix) by the first part.
set -eu

out=${1:?usage: run-kernel.sh OUT KERNEL PART...}
kernel=${2:?usage: run-kernel.sh OUT KERNEL PART...}
first=${3:?usage: run-kernel.sh OUT KERNEL PART...}
shift 2
vm=$(cd "$(dirname "$0")" && pwd)
label=$(echo "$kernel" | tr -c 'A-Za-z0-9.+\n-' _)
name=$label-$first

[ "$kernel" = "$FIRST" ] || LEFT_OUT="$LEFT_OUT $ONCE"
job="PARTS='$*' TIERED='$TIERED' LEFT_OUT='$LEFT_OUT' TESTS='$TESTS' sh tests/vm/suite.sh"

# The failures, tiers that there are none of, what the kernel said, and what was running when a guest died
evidence() {
	awk '/^ *(not ok|Bail out!|vm-tier-unavailable)/ { on = 1; print; next }
	     on && /^ *#/ { print; next } { on = 0 }' "$out/$name.tap" | head -n 40
	[ "$boot" -ne 0 ] || return 0
	grep '^boot: ' "$out/$name.log" | head -n 8 || true
	[ "$boot" -eq 126 ] || tail -n 3 "$out/$name.tap" | sed 's/^/last: /'
}

rm -f "$out/$name.tap" "$out/$name.console" "$out/$name.log" "$out/$name.rows"
modules=''
case $kernel in
*/*) image=$kernel ;;
*)
	if ! image=$(sh "$vm/fetch-kernel.sh" "$kernel" 2>"$out/$name.log"); then
		echo "$kernel: unavailable: $(tail -n 1 "$out/$name.log")"
		printf '%s\t-\t-\t0\t0\t0\tunavailable\n' "$kernel" >"$out/$name.rows"
		exit 0
	fi
	# the disk, where it is none of the kernel's own; ublk makes kernel buffers
	for module in nvme virtio_pci virtio_blk ext4 ublk_drv; do
		modules="$modules $(sh "$vm/fetch-kernel.sh" "$kernel" $module 2>/dev/null || true)"
	done
	;;
esac

began=$(date +%s)
boot=0
# shellcheck disable=SC2046 # an option for each
sh "$vm/boot.sh" -t "$VM_TIMEOUT" $(printf ' -m %s' $modules | sed 's/ -m $//') -i "$out/initramfs" \
	-c "$out/$name.console" "$image" "$job" >"$out/$name.tap" 2>"$out/$name.log" || boot=$?
complaints=$(grep -c 'the kernel says:' "$out/$name.log" || true)
awk -v kernel="$label" -v tiers="$*" -v boot="$boot" -v complaints="$complaints" \
	-f "$vm/count.awk" "$out/$name.tap" >"$out/$name.rows"

summary=$(awk -F '\t' '
	$7 != "ok" { bad = bad "  " $3 ": " $7 }
	{ p += $4; f += $5; s += $6 }
	END { printf "%d passed, %d failed, %d skipped%s", p, f, s, bad }' "$out/$name.rows")
printf '%s %s: %s, %d s\n%s' "$kernel" "$*" "$summary" $(($(date +%s) - began)) \
	"$(evidence | sed 's/^/    /')" | grep .
