# SPDX-License-Identifier: GPL-2.0
#
# Sourced: what of a guest depends on its architecture, $ARCH (x86 or arm64; default: this machine's).
case $(uname -m) in
x86_64) here_arch=x86 ;;
aarch64) here_arch=arm64 ;;
*) here_arch=$(uname -m) ;;
esac
ARCH=${ARCH:-$here_arch}
case $ARCH in
x86) debian_arch=amd64 triple=x86_64-linux-gnu qemu=qemu-system-x86_64 qemu_package=qemu-system-x86 ;;
arm64) debian_arch=arm64 triple=aarch64-linux-gnu qemu=qemu-system-aarch64 qemu_package=qemu-system-arm ;;
*)
	echo "there are guests of x86 and arm64, not of $ARCH" >&2
	exit 1
	;;
esac
# libraries and busybox of another architecture: sysroot.sh makes it
sysroot=
[ "$ARCH" = "$here_arch" ] || sysroot=$(cd "${vm:?}/../.." && pwd)/build/vm-cache/sysroot-$ARCH
