#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# fetch-kernel.sh KERNEL [MODULE]: prints the path of a stock Debian kernel image of $ARCH,
# or of this module of it after those that it needs, a line each. KERNEL is 5.10, 6.12, 7.2 ...
# or "newest": one for virtual machines; with -rt the real-time one, with -16k that of arm64
# whose pages are 16 KiB. Exit 1, with a sentence, when no suite has it, or the kernel no such
# module. Nothing is installed and the machine's apt is only read: mirrors come from it, lists
# and packages go to build/vm-cache.
set -eu
umask 022

vm=$(cd "$(dirname "$0")" && pwd)
CACHE=$(cd "$vm/../.." && pwd)/build/vm-cache
# shellcheck source=tests/vm/arch.sh
. "$vm/arch.sh"
apt=$CACHE/apt
[ "$ARCH" = x86 ] || apt=$CACHE/apt-$ARCH
me=fetch-kernel
SUITES="bullseye bookworm trixie trixie-backports sid"
SECURITY_SUITES="bullseye-security bookworm-security trixie-security"
want=${1:?usage: fetch-kernel.sh KERNEL [MODULE], as 6.12 or newest}
module=${2:-}

# shellcheck source=tests/vm/apt-private.sh
. "$vm/apt-private.sh"

sources() {
	for suite in $SUITES; do
		echo "deb [arch=$debian_arch target=Packages signed-by=$KEYRING] $main $suite main"
	done
	for suite in ${security:+$SECURITY_SUITES}; do
		echo "deb [arch=$debian_arch target=Packages signed-by=$KEYRING] $security $suite main"
	done
}

# Their versions, oldest first
list_kernels() {
	private apt-cache pkgnames linux- |
		sed -n 's/^linux-\(binary\|image\)-\([0-9]*\.[0-9]*\.[0-9].*-[^-]*-[^-]*\)$/\2/p' |
		grep -E -- "-(cloud-$debian_arch|rt-$debian_arch|$debian_arch-16k)\$" | grep -v rc | sort -uV
}

case $want in
*-16k) flavour=$debian_arch-16k ;;
*-rt) flavour=rt-$debian_arch ;;
*) flavour=cloud-$debian_arch ;;
esac

pick() {
	case $want in
	newest*) grep -- "-$flavour\$" "$apt/stock" | tail -n 1 ;;
	*)
		grep "^$(echo "${want%-[r1]*}" | sed 's/\./\\./g')[.+-]" "$apt/stock" |
			grep -- "-$flavour\$" | tail -n 1
		;;
	esac
}

# Up to 6.18 the image is in linux-image-*, from 6.19 in linux-binary-*
unpack() {
	dir=$CACHE/$1.part
	rm -rf "$dir"
	mkdir -p "$dir"
	for kind in binary image; do
		(cd "$dir" && private apt-get download "linux-$kind-$1" >log 2>&1) || continue
		dpkg-deb -x "$dir"/*.deb "$dir/root"
		image=$(find "$dir/root" -name 'vmlinuz*' -type f | head -n 1)
		rm -f "$dir"/*.deb
		if [ "$image" ]; then
			mv "$image" "$dir/vmlinuz"
			rm -rf "$dir/root" "$dir/log" "${CACHE:?}/$1"
			mv "$dir" "$CACHE/$1"
			return 0
		fi
		rm -rf "$dir/root"
	done
	cat "$dir/log" >&2
	return 1
}

# All of a kernel's, as they are packed
unpack_modules() {
	part=$CACHE/$1/modules.part
	rm -rf "$part"
	mkdir -p "$part"
	got=
	for kind in modules image; do
		(cd "$part" && private apt-get download "linux-$kind-$1" >log 2>&1) || continue
		dpkg-deb --fsys-tarfile "$part"/*.deb | tar -x -C "$part" --wildcards '*.ko*' 2>/dev/null || true
		rm -f "$part"/*.deb
		got=1
	done
	[ "$got" ] || return 1
	rm -f "$part/log"
	touch "$part/whole"
	rm -rf "$CACHE/$1/modules"
	mv "$part" "$CACHE/$1/modules"
}

# print_module VERSION MODULE: those that it needs, then itself, each once
print_module() {
	file=$(find "$CACHE/$1/modules" -name "$(echo "$2" | tr _- '??').ko*" -type f | head -n 1)
	case $file in
	*.xz)
		xz -d "$file"
		file=${file%.xz}
		;;
	'') return 1 ;;
	esac
	for needed in $(modinfo -F depends "$file" | tr , ' '); do
		(print_module "$1" "$needed")
	done
	echo "$file"
}

mkdir -p "$CACHE"
exec 9>"$CACHE/lock"
flock 9
refresh_lists "$apt/stock" && list_kernels >"$apt/stock"
version=$(pick || true)
[ "$version" ] || unavailable "no suite has a cloud kernel $want; there are:" \
	"$(cut -d. -f1,2 "$apt/stock" | sort -Vu | tr '\n' ' ')"
if [ ! -e "$CACHE/$version/vmlinuz" ]; then
	say "downloading $version"
	unpack "$version" || unavailable "the mirror lists kernel $version but does not give it"
fi
if [ ! "$module" ]; then
	echo "$CACHE/$version/vmlinuz"
	exit
fi
[ -e "$CACHE/$version/modules/whole" ] || unpack_modules "$version" ||
	unavailable "the mirror lists kernel $version but does not give its modules"
print_module "$version" "$module" >"$CACHE/$version/needed" ||
	unavailable "kernel $version has no module $module"
awk '!seen[$0]++' "$CACHE/$version/needed"
