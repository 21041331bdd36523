#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Makes a Debian package of what 'make install' installs, the unit and the
# examples. The same tree and tools give the same bytes.
# usage: deb.sh BUILD_DIR VERSION SECONDS [ARCH SYSROOT]
# SECONDS: the time of its files; ARCH: another than this machine's, built with what is in SYSROOT
set -eu

build=$(cd "${1:?usage: deb.sh BUILD_DIR VERSION SECONDS}" && pwd)
version=$2
SOURCE_DATE_EPOCH=$3
cross=${4:-} sysroot=${5:-}
export SOURCE_DATE_EPOCH
# who gives the package to others puts himself here
maintainer=${MAINTAINER:-The fixbuf maintainers <fixbuf@example.org>}
here=$(cd "$(dirname "$0")" && pwd)
umask 022
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
root=$work/root
doc=$root/usr/share/doc/fixbuf-trace
arch=${cross:-$(dpkg --print-architecture)}

make --no-print-directory -C "$here/../../.." install ${cross:+ARCH="$cross"} DESTDIR="$root" PREFIX=/usr > "$work/log" || {
	cat "$work/log"
	exit 1
}
${cross:+llvm-}strip --remove-section=.comment --remove-section=.note "$root/usr/sbin/fixbuf-trace"
# where Debian's zsh looks for what packages bring
mkdir -p "$root/usr/share/zsh/vendor-completions"
mv "$root/usr/share/zsh/site-functions/"* "$root/usr/share/zsh/vendor-completions/"
rmdir "$root/usr/share/zsh/site-functions"
install -Dm644 -t "$root/usr/lib/systemd/system" "$here/fixbuf-trace.service" "$here/fixbuf-record.service"
install -Dm644 "$here/copyright" "$doc/copyright"
install -Dm644 -t "$doc/examples" "$here/../prometheus/"*
{
	echo "fixbuf-trace ($version) unstable; urgency=medium"
	echo
	echo "  * See README.md."
	echo
	echo " -- $maintainer  $(date -uR -d "@$SOURCE_DATE_EPOCH")"
} | gzip -9n > "$doc/changelog.gz"
gzip -9n "$root/usr/share/man/man8/fixbuf-trace.8"

# What it is linked with, and what it loads (user/base/library.h), by the packages of this machine
depends_here() {
	mkdir -p "$work/debian"
	gcc -shared -o "$work/loaded.so" -Wl,--no-as-needed -ldw -lmicrohttpd -lsqlite3
	echo "Source: fixbuf-trace" > "$work/debian/control"
	(cd "$work" && dpkg-shlibdeps -O "$root/usr/sbin/fixbuf-trace" "$work/loaded.so" 2> "$work/log") || {
		cat "$work/log" >&2
		return 1
	}
}

# ... or by those of the sysroot (its .packages), which nothing here can ask by name
depends_there() {
	{
		readelf -d "$root/usr/sbin/fixbuf-trace" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'
		for name in libdw libmicrohttpd libsqlite3; do
			readelf -d "$sysroot/usr/lib/"*-linux-gnu/$name.so | sed -n 's/.*(SONAME).*\[\(.*\)\]/\1/p'
		done
	} | awk '
		NR == FNR {
			if ($1 ~ /:$/)
				next
			name = $1 ".so." $2
			sub(/^[^ \t]+[ \t]+[^ \t]+[ \t]+/, "")
			package[name] = $0
			next
		}
		!($0 in package) {
			print "deb: no package of the sysroot has " $0 >"/dev/stderr"
			exit 1
		}
		!seen[package[$0]]++ { list = list (list ? ", " : "") package[$0] }
		END { print "shlibs:Depends=" list }' "$sysroot/.packages" -
}

depends=$(if [ "$cross" ]; then depends_there; else depends_here; fi)
mkdir -p "$root/DEBIAN"
sed "s/@VERSION@/$version/; s/@ARCH@/$arch/; s/@SIZE@/$(du -sk --exclude=DEBIAN "$root" | cut -f1)/
	s/@MAINTAINER@/$maintainer/; s/@DEPENDS@/${depends#shlibs:Depends=}/" "$here/control.in" > "$root/DEBIAN/control"
install -m755 "$here/postinst" "$here/prerm" "$here/postrm" "$root/DEBIAN/"
(cd "$root" && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum > DEBIAN/md5sums)
find "$root" -newermt "@$SOURCE_DATE_EPOCH" -print0 | xargs -0 touch -hd "@$SOURCE_DATE_EPOCH"
dpkg-deb --root-owner-group -Zxz --build "$root" "$build/fixbuf-trace_${version}_$arch.deb" > /dev/null
echo "$build/fixbuf-trace_${version}_$arch.deb"
