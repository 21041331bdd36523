#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# fetch-source.sh linux-6.12|linux-7.3|liburing: fetches a source package of Debian into
# build/vm-cache and prints its path: linux-source-* of trixie and its backports as a
# tarball in a folder that its version names, liburing of sid as a folder, unpacked.
# Exit 1, with a sentence, when the archive does not give it.
set -eu
umask 022

CACHE=$(cd "$(dirname "$0")/../.." && pwd)/build/vm-cache
me=fetch-source
KERNELS="6.12 7.3"
what=${1:?usage: fetch-source.sh linux-6.12|linux-7.3|liburing}

# shellcheck source=tests/vm/apt-private.sh
. "$(dirname "$0")/../vm/apt-private.sh"

sources() {
	for suite in trixie trixie-backports; do
		echo "deb [arch=amd64 target=Packages signed-by=$KEYRING] $main $suite main"
	done
	[ ! "$security" ] ||
		echo "deb [arch=amd64 target=Packages signed-by=$KEYRING] $security trixie-security main"
	echo "deb-src [signed-by=$KEYRING] $main sid main"
}

# Into $1: what the package or the source held, once it is whole
linux() {
	package=linux-source-${what#linux-}
	(cd "$1" && private apt-get download "$package=$version" >log 2>&1) || return 1
	dpkg-deb -x "$1"/*.deb "$1/root"
	mv "$1/root/usr/src/$package.tar.xz" "$1/linux.tar.xz"
	rm -rf "$1"/*.deb "$1/root" "$1/log"
}

liburing() {
	(cd "$1" && private apt-get source --only-source --download-only "liburing=$version" \
		>log 2>&1) || return 1
	dpkg-source --no-check -x "$1"/*.dsc "$1/src" >"$1/log" 2>&1 || return 1
	rm -f "$1"/liburing_* "$1/log"
}

apt=$CACHE/apt-source
mkdir -p "$apt"
exec 9>"$apt/lock"
flock 9
if refresh_lists "$apt/packages"; then
	{
		for kernel in $KERNELS; do
			private apt-cache madison "linux-source-$kernel" |
				awk -v what="linux-$kernel" '{ print what, $3 }'
		done
		private apt-cache showsrc --only-source liburing |
			awk '$1 == "Version:" { print "liburing", $2 }'
	} | sort -V >"$apt/packages"
fi
version=$(awk -v what="$what" '$1 == what { v = $2 } END { print v }' "$apt/packages")
[ "$version" ] || unavailable "the archive has no source of $what"
dir=$CACHE/${what%%-*}-$version
if [ ! -d "$dir" ]; then
	say "downloading $what $version"
	rm -rf "$dir.part"
	mkdir -p "$dir.part"
	"${what%%-*}" "$dir.part" || {
		cat "$dir.part/log" >&2
		unavailable "the archive lists $what $version but does not give it"
	}
	mv "$dir.part" "$dir"
fi
case $what in
linux-*) echo "$dir/linux.tar.xz" ;;
liburing) echo "$dir/src" ;;
esac
