#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# make-initramfs.sh BUILD_DIR OUTPUT [PROGRAM...]: writes the guest's initramfs:
# the base, then what this build made, in the layout of the source tree
# (/fixbuf/tests/run/run.sh, /fixbuf/build/fixbuf-trace, /fixbuf/build/tests/...),
# then PROGRAMs of this machine in /fixbuf/bin, all with their shared libraries.
set -eu
umask 022

usage="usage: make-initramfs.sh BUILD_DIR OUTPUT [PROGRAM...]"
build=${1:?$usage}
output=${2:?$usage}
shift 2
vm=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/vm/arch.sh
. "$vm/arch.sh"

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"

strip=strip
[ ! "$sysroot" ] || strip=llvm-strip

# Those of another architecture cannot be asked by running them
take_libraries() {
	if [ ! "$sysroot" ]; then
		{ ldd "$1" 2>/dev/null || true; } |
			sed -n 's/^.*[[:space:]]\(\/[^ ]*\) (0x.*$/\1/p' >>"$root/libraries"
		return
	fi
	readelf -ld "$1" | sed -n -e 's/.*interpreter: \(.*\)].*/\1/p' \
		-e "s|.*(NEEDED).*\[\(.*\)]|/lib/$triple/\1|p" | while read -r library; do
		grep -qxF "$library" "$root/libraries" && continue
		[ -e "$sysroot$library" ] || continue
		echo "$library" >>"$root/libraries"
		take_libraries "$sysroot$library"
	done
}

# Symbols stay, for stacks; debug information is most of the size
take_program() {
	mkdir -p "$2"
	$strip -g -o "$2/${1##*/}" "$1" 2>/dev/null || cp "$1" "$2"
	chmod 755 "$2/${1##*/}"
	take_libraries "$1"
}

[ -x "$build/fixbuf-trace" ] ||
	echo "make-initramfs: there is no $build/fixbuf-trace; the guest goes without" >&2
: >"$root/libraries"
for program in "$build/fixbuf-trace" "$build"/tests/live/* "$build"/tests/load/* \
	"$build"/tests/bench/*; do
	if [ -f "$program" ] && [ -x "$program" ]; then
		dir=${program#"$build"}
		take_program "$program" "$root/fixbuf/build${dir%/*}"
	fi
done
for program in "$@"; do
	take_program "$program" "$root/fixbuf/bin"
done
# what the program loads by name (user/base/library.h)
for name in libdw libmicrohttpd; do
	if [ "$sysroot" ]; then
		library=$sysroot/lib/$triple/$name.so
	else
		library=$(${CC:-gcc} -print-file-name="$name.so")
	fi
	[ -e "$library" ] || continue
	soname=$(readelf -d "$library" | sed -n 's/.*SONAME.*\[\(.*\)\]/\1/p')
	file=$(dirname "$(readlink -f "$library")")/$soname
	[ ! "$sysroot" ] || file=/lib/$triple/$soname
	echo "$file" >>"$root/libraries"
	take_libraries "$library"
done
sort -u "$root/libraries" | while read -r library; do
	mkdir -p "$root${library%/*}"
	cp -L "$sysroot$library" "$root$library"
done
rm "$root/libraries"
mkdir -p "$root/fixbuf/tests/vm" "$root/fixbuf/tests/run"
cp "$vm/suite.sh" "$root/fixbuf/tests/vm"
cp "$vm/../run/run.sh" "$root/fixbuf/tests/run"

base=$(sh "$vm/make-base.sh")
cp "$base" "$output"
(cd "$root" && find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0) | gzip -1 >>"$output"
