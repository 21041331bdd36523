#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# sysroot.sh PACKAGE...: makes, once a day where the archive has something newer, a folder with
# these packages of another architecture ($ARCH) and all that they need, to build against,
# and prints its path. They are of the Debian that this machine is. Its .packages has for each
# library the package that a program linked with it depends on, as dpkg's shlibs files say it.
# Exit 1, with a sentence, when they cannot be had.
set -eu
umask 022

vm=$(cd "$(dirname "$0")" && pwd)
me=sysroot
# shellcheck source=tests/vm/arch.sh
. "$vm/arch.sh"
[ "$sysroot" ] || exit 0
apt=$sysroot.apt

# shellcheck source=tests/vm/apt-private.sh
. "$vm/apt-private.sh"

sources() {
	archives | grep -v -- -backports | sort -u | while read -r uri suite; do
		echo "deb [arch=$debian_arch target=Packages signed-by=$KEYRING] $uri $suite main"
	done
}

unpack() {
	rm -rf "$sysroot.part"
	mkdir -p "$sysroot.part/usr/lib" "$sysroot.part/usr/bin"
	ln -s usr/lib usr/bin "$sysroot.part/"
	for deb in "$apt"/archives/*.deb; do
		dpkg-deb --fsys-tarfile "$deb" | tar -x --keep-directory-symlink -C "$sysroot.part" \
			--exclude './usr/share/[!p]*' --exclude './usr/share/perl*'
		# "libdw 1 libdw1 (>= 0.156)"
		dpkg-deb --ctrl-tarfile "$deb" | tar -xO ./shlibs 2>/dev/null >>"$sysroot.part/.packages" || true
	done
	# a link to an absolute path would lead out of it
	find "$sysroot.part" -type l -lname '/*' | while read -r link; do
		ln -sfnr "$sysroot.part$(readlink "$link")" "$link"
	done
	echo "$wanted" >"$sysroot.part/.wanted"
	rm -rf "$sysroot"
	mv "$sysroot.part" "$sysroot"
}

mkdir -p "$apt"
exec 9>"$sysroot.lock"
flock 9
wanted="$*"
if ! refresh_lists "$sysroot/.wanted" && [ "$(cat "$sysroot/.wanted" 2>/dev/null)" = "$wanted" ]; then
	echo "$sysroot"
	exit
fi
say "downloading what to build with for $ARCH"
rm -f "$apt"/archives/*.deb
private apt-get install --download-only -y --no-install-recommends "$@" >"$apt/log" 2>&1 || {
	grep -E '^(E|W|Err)' "$apt/log" >&2 || true
	unavailable "packages of $debian_arch to build with could not be downloaded"
}
unpack
touch "$sysroot/.wanted"
echo "$sysroot"
