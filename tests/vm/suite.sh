#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# suite.sh, in the guest: runs the live tests but for $LEFT_OUT; those named in
# $TIERED once at each of $TIERS, the others once, as the row "any". Each part is a build folder
# of links, as run.sh takes one. A part that ends without vm-tier-end has died.
build=$PWD/build
# an emulated processor is some ten times slower
export FIXBUF_TEST_SECONDS=600
export FIXBUF_KERNEL_ONLY=1

folder() {
	mkdir -p "$1/tests/live"
	ln -s "$build/fixbuf-trace" "$1/fixbuf-trace"
	ln -s "$build/tests/load" "$1/tests/load"
}

part() {
	echo "vm-tier: $1"
	sh tests/run/run.sh "$2"
	echo "vm-tier-end: $?"
}

folder /run/any
folder /run/tiered
for program in "$build"/tests/live/*; do
	name=${program##*/}
	case " $LEFT_OUT | $TIERED " in
	*" $name "*"|"*) ;;
	*"|"*" $name "*) ln -s "$program" /run/tiered/tests/live ;;
	*) ln -s "$program" /run/any/tests/live ;;
	esac
done

echo "vm-release: $(uname -r)"
part any /run/any
for tier in $TIERS; do
	export FIXBUF_TIER="$tier"
	part "$tier" /run/tiered
done
