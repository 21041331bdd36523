#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# fetch-source.sh linux|liburing: fetches a source package of Debian into
# build/vm-cache and prints its path: linux-source-6.12 of trixie as a tarball
# in a folder that its version names, liburing of sid as a folder, unpacked.
# Exit 1, with a sentence, when the archive does not give it.
set -eu
umask 022

CACHE=$(cd "$(dirname "$0")/../.." && pwd)/build/vm-cache
me=fetch-source
SUITE=trixie
PACKAGE=linux-source-6.12

# shellcheck source=tests/vm/apt-private.sh
. "$(dirname "$0")/../vm/apt-private.sh"

sources() {
	for uri in $main $security; do
		suite=$SUITE
		[ "$uri" = "$main" ] || suite=$SUITE-security
		echo "deb [arch=amd64 target=Packages signed-by=$KEYRING] $uri $suite main"
	done
	echo "deb-src [signed-by=$KEYRING] $main sid main"
}

# Into $1: what the package or the source held, once it is whole
linux() {
	(cd "$1" && private apt-get download "$PACKAGE=$version" >log 2>&1) || return 1
	dpkg-deb -x "$1"/*.deb "$1/root"
	mv "$1"/root/usr/src/$PACKAGE.tar.xz "$1/linux.tar.xz"
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
if refresh_lists "$apt/versions"; then
	{
		private apt-cache madison $PACKAGE | awk '{ print "linux", $3 }'
		private apt-cache showsrc --only-source liburing |
			awk '$1 == "Version:" { print "liburing", $2 }'
	} | sort -V >"$apt/versions"
fi
what=${1:?usage: fetch-source.sh linux|liburing}
version=$(awk -v what="$what" '$1 == what { v = $2 } END { print v }' "$apt/versions")
[ "$version" ] || unavailable "the archive has no source of $what"
dir=$CACHE/$what-$version
if [ ! -d "$dir" ]; then
	say "downloading $what $version"
	rm -rf "$dir.part"
	mkdir -p "$dir.part"
	"$what" "$dir.part" || {
		cat "$dir.part/log" >&2
		unavailable "the archive lists $what $version but does not give it"
	}
	mv "$dir.part" "$dir"
fi
case $what in
linux) echo "$dir/linux.tar.xz" ;;
liburing) echo "$dir/src" ;;
esac
