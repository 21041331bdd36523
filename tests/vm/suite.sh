#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# suite.sh, in the guest: runs the live tests of $TESTS (globs, default all) but for $LEFT_OUT;
# those named in $TIERED at each tier that is in $PARTS, the others once, as "any". Each part is
# a build folder of links, as run.sh takes one. A part that ends without vm-tier-end has died.
# A tier that kernels of this architecture do not have is not run: vm-tier-unavailable says why.
build=$PWD/build
# an emulated processor is some ten times slower
export FIXBUF_TEST_SECONDS=600
export FIXBUF_KERNEL_ONLY=1

folder() {
	mkdir -p "$1/tests/live"
	ln -s "$build/fixbuf-trace" "$1/fixbuf-trace"
	ln -s "$build/tests/load" "$1/tests/load"
}

# lacks TIER: prints why there is none on this architecture, where the program takes the next
# of its own accord. One that is refused for any other reason is run, and fails.
lacks() {
	[ "$1" != any ] || return 1
	! said=$("$build/fixbuf-trace" doctor --tier "$1" 2>&1) || return 1
	case $said in
	*"not supported by this kernel on this architecture"*) ;;
	*) return 1 ;;
	esac
	"$build/fixbuf-trace" doctor | grep -q '^tier *kprobes:' || return 1
	echo "$said"
}

part() {
	if [ "${TESTS:-*}" != '*' ] && [ ! "$(ls "$2/tests/live")" ]; then
		echo "vm-tier-unwanted: $1"
		return
	fi
	if why=$(lacks "$1"); then
		echo "vm-tier-unavailable: $1 $why"
		return
	fi
	echo "vm-tier: $1"
	sh tests/run/run.sh "$2"
	echo "vm-tier-end: $?"
}

wanted() {
	for pattern in ${TESTS:-*}; do
		# shellcheck disable=SC2254 # a glob is wanted
		case $1 in
		$pattern) return 0 ;;
		esac
	done
	return 1
}

# $TESTS is split into words, but is not about the files of this folder
set -f
folder /run/any
folder /run/tiered
for name in $(ls "$build/tests/live"); do
	program=$build/tests/live/$name
	wanted "$name" || continue
	case " $LEFT_OUT | $TIERED " in
	*" $name "*"|"*) ;;
	*"|"*" $name "*) ln -s "$program" /run/tiered/tests/live ;;
	*) ln -s "$program" /run/any/tests/live ;;
	esac
done

echo "vm-release: $(uname -r)"
for part in $PARTS; do
	[ "$part" = any ] && { part any /run/any; continue; }
	export FIXBUF_TIER="$part"
	part "$part" /run/tiered
done
