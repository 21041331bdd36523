#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# check-kernel.sh BUILD_DIR: builds Debian's 6.12 as it is (stock), with faults on purpose
# (seeded.patch), and with the series of patches/6.12, CONFIG_IO_URING_FIXBUF off and on, and
# Debian's 7.3 as it is (stock-7.3) and with the series of patches/7.3 (fixed-7.3), boots
# each in QEMU, runs the suites in it, prints one matrix. Exit 1 on a failure.
#   FLAVOUR   base (default) or debug, by tests/kernel/FLAVOUR.config
#   VARIANTS  default "stock seeded off on stock-7.3 fixed-7.3"; debian: Debian's newest, not built here,
#             debian-VERSION: that of Debian (debian-6.12)
#   SUITES    default "kselftest liburing fixbuf", debug: "kselftest liburing stress fixbuf";
#             fixbuf is fixbuf-trace's live tests, on stock, off and fixed-7.3 those that ask for a tier,
#             on stock-7.3 none, as check-vm runs them there; empty: only builds, and prints the paths of the images.
#             explanations (not by default): what fixbuf-trace says while liburing's tests run, on debian only
#   TESTS     names of these live tests, globs too: on each variant only these
#   TIERS     of fixbuf-trace on our kernels, default "patched", on the stock one "functions"
#   VM_TIMEOUT  seconds for one kernel
#   KERNEL_TREE folder in which kernels are unpacked and built; default BUILD_DIR/kernel
# What was built is kept in build/vm-cache by what it was built from.
set -eu

build=${1:?usage: check-kernel.sh BUILD_DIR}
here=$(cd "$(dirname "$0")" && pwd)
FLAVOUR=${FLAVOUR:-base}
patches=$here/../../patches
VARIANTS=${VARIANTS:-stock seeded off on stock-7.3 fixed-7.3}
case $FLAVOUR in
base) : "${SUITES=kselftest liburing fixbuf}" "${VM_TIMEOUT:=1200}" "${LIMIT:=120}" ;;
*) : "${SUITES=kselftest liburing stress fixbuf}" "${VM_TIMEOUT:=5400}" "${LIMIT:=600}" ;;
esac
TIERS=${TIERS:-patched}
out=$build/kernel/check-$FLAVOUR
trees=${KERNEL_TREE:-$build/kernel}
cache=$build/vm-cache/kernels

cannot() {
	echo "check-kernel: $*" >&2
	exit 3
}

[ "$(uname -m)" = x86_64 ] || cannot "the kernels are x86_64's and the programs must be, too"
[ -x "$build/fixbuf-trace" ] || cannot "there is no $build/fixbuf-trace; run make first"

# Of a variant, or of programs
kernel_of() {
	case $1 in
	*7.3) echo 7.3 ;;
	debian*) echo debian ;;
	*) echo 6.12 ;;
	esac
}

tree_of() {
	echo "$trees/$FLAVOUR-$(kernel_of "$1")"
}

# The version of what is fetched: its path tells it, below a folder that each checkout has for itself
source_of() {
	sh "$here/fetch-source.sh" "$1" | sed 's|.*/vm-cache/||'
}

# By what an image, or the programs of any flavour, are made of; the last few are kept
key() {
	of=$patches/$(kernel_of "$1")
	{
		gcc --version
		case $1 in
		stock* | programs-liburing) ;;
		seeded) cat "$here/seeded.patch" ;;
		*) (cd "$of" && xargs cat <series) ;;
		esac
		case $1 in
		programs-*)
			[ "$1" != programs-liburing ] || source_of liburing
			cat "$here/programs.sh"
			;;
		*)
			source_of "linux-$(kernel_of "$1")"
			cat "$here/base.config" "$here/build.sh"
			[ "$(kernel_of "$1")" = 6.12 ] || cat "$here/$(kernel_of "$1").config"
			[ "$FLAVOUR" = base ] || cat "$here/$FLAVOUR.config"
			;;
		esac
	} | sha256sum | cut -c1-16
}

kept() {
	ls -1td "$cache"/*-* | tail -n +25 | xargs -r rm -rf
}

image_of() {
	case $1 in
	debian)
		sh "$here/../vm/fetch-kernel.sh" newest
		return
		;;
	debian-*)
		sh "$here/../vm/fetch-kernel.sh" "${1#debian-}"
		return
		;;
	programs-*) name=$1 ;;
	*) name=$FLAVOUR-$1 ;;
	esac
	echo "$cache/$(key "$1")-$name"
}

began=$(date +%s)
since() {
	now=$(date +%s)
	echo "check-kernel: $1, $((now - began)) s"
	began=$now
}

mkdir -p "$out" "$cache"
for variant in $VARIANTS; do
	image=$(image_of "$variant")
	if [ ! -e "$image" ]; then
		sh "$here/build.sh" "$(tree_of "$variant")" "$FLAVOUR" "$variant" "$image.part"
		mv "$image.part" "$image"
		rm -f "$image.part.log"
		since "$FLAVOUR kernel built: $variant"
	fi
	touch "$image"
done
if [ -z "$SUITES" ]; then
	for variant in $VARIANTS; do
		echo "image: $(image_of "$variant")"
	done
	exit 0
fi
for name in $(for variant in $VARIANTS; do kernel_of "$variant"; done | sort -u) liburing; do
	[ "$name" != debian ] || continue
	programs=$(image_of programs-$name)
	if [ ! -e "$programs" ]; then
		rm -rf "$programs.part"
		sh "$here/programs.sh" "$programs.part" "$name" "$(tree_of "$name")"
		mv "$programs.part" "$programs"
		since "test programs built: $name"
	fi
	touch "$programs"
done
kept

liburing=$(image_of programs-liburing)
LIBURING=$(ls "$liburing" | grep -vx -e log -e more | tr '\n' ' ')
MORE=$(ls "$liburing/more" | tr '\n' ' ')
TIERED=$(sh "$here/../run/tests-with.sh" tool_tier)
LEFT_OUT=$(sh "$here/../run/tests-with.sh" 'Independent of the kernel\|One kernel tells for all')
stress=
case " $SUITES " in
*' stress '*) stress="$build/tests/kernel/stress $build/tests/kernel/each_failure" ;;
esac
# initramfs KERNEL: what the guests of KERNEL's variants run
initramfs() {
	own=$liburing/more/*
	[ "$1" = debian ] || own="$(image_of "programs-$1")/regbuf_*"
	# shellcheck disable=SC2046,SC2086 # lists of paths
	sh "$here/../vm/make-initramfs.sh" "$build" "$out/initramfs-$1" $stress $own \
		$(printf "$liburing/%s " $LIBURING)
}
for kernel in $(for variant in $VARIANTS; do kernel_of "$variant"; done | sort -u); do
	initramfs "$kernel"
done

rm -f "$out"/*.log "$out"/*.rows "$out"/*.console "$out"/*.judged
# run_one VARIANT SUITES PARTS [NAME]: the parts are of fixbuf-trace's tests, the name is the row's
run_one() {
	row=${4:-$1}
	job="VARIANT=$1 SUITES='$2' PARTS='$3' TIERED='$TIERED' LEFT_OUT='$LEFT_OUT' LIMIT=$LIMIT LIBURING='$LIBURING' MORE='$MORE' STRESS_SECONDS='${STRESS_SECONDS:-}' TESTS='${TESTS:-*}'
export PARTS TIERED LEFT_OUT TESTS
$(cat "$here/guest.sh")"
	boot=0
	sh "$here/../vm/boot.sh" -a log_buf_len=4M -t "$VM_TIMEOUT" -i "$out/initramfs-$(kernel_of "$1")" -c "$out/$row.console" \
		"$(image_of "$1")" "$job" >"$out/$row.log" 2>"$out/$row.boot" || boot=$?
	echo "kernel-boot: $boot" >>"$out/$row.log"
	awk -f "$here/explanations.awk" "$here/explanations.txt" "$out/$row.log" >"$out/$row.judged"
	cat "$out/$row.judged" >>"$out/$row.log"
}

# What asks for no tier is run on stock kernels by check-vm, and on the series' own buffers by on.
suites_of() {
	SUITES=$(echo " $SUITES " | sed 's/ explanations / /')
	case $1 in
	debian*) run_one "$1" explanations "" ;;
	# no tracepoints of ours there
	stock) (TESTS=${TESTS:-$TIERED}; run_one stock "$SUITES" "any functions") ;;
	seeded) run_one seeded seeded "any functions" ;;
	off) (TESTS=${TESTS:-$TIERED}; run_one off "$SUITES" "any $TIERS") ;;
	fixed-7.3) (TESTS=${TESTS:-$TIERED}; run_one fixed-7.3 "$SUITES" "any $TIERS") ;;
	stock-7.3) run_one "$1" "$(echo " $SUITES " | sed 's/ fixbuf / /')" "" ;;
	*) run_one "$1" "$SUITES" "any $TIERS" ;;
	esac
}

# Two at a time, as a guest keeps one processor busy. The series has the most tests: those that
# ask for a tier have a guest of their own, behind the other variants.
rows=$VARIANTS
case " $VARIANTS / $SUITES / ${TESTS:-all} " in
*' on '*' fixbuf '*' all ')
	rows="$VARIANTS on-tiers"
	run_one on "$SUITES" any &
	;;
*' on '*) suites_of on & ;;
esac
for variant in $VARIANTS; do
	[ "$variant" = on ] || (suites_of "$variant")
done
[ "$rows" = "$VARIANTS" ] || (run_one on fixbuf "$TIERS" on-tiers)
wait
since "tests run"

logs=
for variant in $rows; do
	logs="$logs $variant=$out/$variant.log"
done
# shellcheck disable=SC2086 # a list
sh "$here/matrix.sh" $logs | tee "$out/matrix.txt"
! tail -n 1 "$out/matrix.txt" | grep -qv ', 0 failed,'
