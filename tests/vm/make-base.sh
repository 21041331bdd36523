#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# make-base.sh: makes, once, the part of the initramfs that no build changes
# (busybox, its commands, the accounts, /init), and prints its path.
set -eu
umask 022

vm=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/vm/arch.sh
. "$vm/arch.sh"
cache=$(cd "$vm/../.." && pwd)/build/vm-cache
output=$cache/base${sysroot:+-$ARCH}.cpio.gz

if [ -e "$output" ] && [ ! "$(find "$vm/init" "$vm/make-base.sh" -newer "$output")" ]; then
	echo "$output"
	exit
fi

busybox=$(command -v busybox) || {
	echo "make-base: there is no busybox; install busybox-static" >&2
	exit 1
}
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
# mktemp makes it 0700, which would become the guest's / and shut users out
chmod 755 "$root"
mkdir -p "$cache"

cd "$root"
mkdir -p bin dev etc fixbuf mnt proc root run sys tmp usr
ln -s bin sbin
ln -s ../bin usr/bin
ln -s ../bin usr/sbin
[ ! "$sysroot" ] || cp "$sysroot/bin/busybox" bin/busybox
[ "$sysroot" ] || cp "$busybox" bin/busybox
for applet in $(busybox --list); do
	[ "$applet" = busybox ] || ln -s busybox "bin/$applet"
done
ln -s /proc/self/mounts etc/mtab
cat >etc/passwd <<END
root:x:0:0:root:/:/bin/sh
user:x:1000:1000:user:/tmp:/bin/sh
nobody:x:65534:65534:nobody:/tmp:/bin/sh
END
cat >etc/group <<END
root:x:0:
user:x:1000:
nogroup:x:65534:
END
cp "$vm/init" init
chmod 755 init

part=$(mktemp "$output.XXXXXX")
find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0 | gzip -1 >"$part"
mv "$part" "$output"
echo "$output"
