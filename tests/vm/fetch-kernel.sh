#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# fetch-kernel.sh KERNEL [MODULE]: prints the path of a stock Debian kernel image,
# or of this module of it. KERNEL is 5.10, 6.12, 7.2 ... or "newest". Exit 1, with
# a sentence, when no suite has it, or the kernel no such module. Nothing is installed and the machine's apt is only read:
# mirrors come from it, lists and packages go to build/vm-cache.
set -eu
umask 022

CACHE=$(cd "$(dirname "$0")/../.." && pwd)/build/vm-cache
apt=$CACHE/apt
me=fetch-kernel
SUITES="bullseye bookworm trixie trixie-backports sid"
SECURITY_SUITES="bullseye-security bookworm-security trixie-security"
want=${1:?usage: fetch-kernel.sh KERNEL [MODULE], as 6.12 or newest}
module=${2:-}

# shellcheck source=tests/vm/apt-private.sh
. "$(dirname "$0")/apt-private.sh"

sources() {
	for suite in $SUITES; do
		echo "deb [arch=amd64 target=Packages signed-by=$KEYRING] $main $suite main"
	done
	for suite in ${security:+$SECURITY_SUITES}; do
		echo "deb [arch=amd64 target=Packages signed-by=$KEYRING] $security $suite main"
	done
}

# Their versions, oldest first
list_kernels() {
	private apt-cache pkgnames linux- |
		sed -n 's/^linux-\(binary\|image\)-\([0-9]*\.[0-9]*\.[0-9].*-cloud-amd64\)$/\2/p' |
		grep -v rc | sort -uV
}

pick() {
	case $want in
	newest) tail -n 1 "$apt/kernels" ;;
	*) grep "^$(echo "$want" | sed 's/\./\\./g')[.+-]" "$apt/kernels" | tail -n 1 ;;
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

# unpack_module VERSION MODULE: into modules/ beside the image, or notes that there is none
unpack_module() {
	dir=$CACHE/$1/modules
	rm -rf "$dir.part"
	mkdir -p "$dir" "$dir.part"
	for kind in modules image; do
		(cd "$dir.part" && private apt-get download "linux-$kind-$1" >log 2>&1) || continue
		dpkg-deb --fsys-tarfile "$dir.part"/*.deb |
			tar -x -C "$dir.part" --wildcards "*/$2.ko*" 2>/dev/null || true
		rm -f "$dir.part"/*.deb
		file=$(find "$dir.part" -name "$2.ko*" -type f | head -n 1)
		case $file in
		*.xz) xz -dc "$file" >"$dir/$2.ko" ;;
		?*) cp "$file" "$dir/$2.ko" ;;
		*) continue ;;
		esac
		break
	done
	[ -e "$dir/$2.ko" ] || touch "$dir/$2.none"
	rm -rf "$dir.part"
}

mkdir -p "$CACHE"
exec 9>"$CACHE/lock"
flock 9
refresh_lists "$apt/kernels" && list_kernels >"$apt/kernels"
version=$(pick || true)
[ "$version" ] || unavailable "no suite has a cloud kernel $want; there are:" \
	"$(cut -d. -f1,2 "$apt/kernels" | sort -Vu | tr '\n' ' ')"
if [ ! -e "$CACHE/$version/vmlinuz" ]; then
	say "downloading $version"
	unpack "$version" || unavailable "the mirror lists kernel $version but does not give it"
fi
if [ ! "$module" ]; then
	echo "$CACHE/$version/vmlinuz"
	exit
fi
ko=$CACHE/$version/modules/$module.ko
[ -e "$ko" ] || [ -e "${ko%.ko}.none" ] || unpack_module "$version" "$module"
[ -e "$ko" ] || unavailable "kernel $version has no module $module"
echo "$ko"
