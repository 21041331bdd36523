#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# build.sh TREE FLAVOUR VARIANT IMAGE: builds the kernel of base.config (with KERNEL.config,
# and FLAVOUR.config, unless that is base) in TREE. VARIANT of 6.12: stock (Debian's source
# as it is), seeded (with faults on purpose), off and on (with the series and
# CONFIG_IO_URING_FIXBUF off or on); of 7.3: stock-7.3, fixed-7.3. IMAGE is the boot image.
#   JOBS  how many compilers at a time, default all processors
# ccache is used where there is one, its cache in build/vm-cache/ccache.
set -eu

usage="usage: build.sh TREE FLAVOUR VARIANT IMAGE"
tree=${1:?$usage}
flavour=${2:?$usage}
variant=${3:?$usage}
image=${4:?$usage}
here=$(cd "$(dirname "$0")" && pwd)
log=$image.log

export KBUILD_BUILD_TIMESTAMP=2026-01-01 KBUILD_BUILD_USER=fixbuf KBUILD_BUILD_HOST=fixbuf
cc=gcc
if command -v ccache >/dev/null; then
	cc="ccache gcc"
	: "${CCACHE_DIR:=$here/../../build/vm-cache/ccache}"
	# the folder of the tree is only in the debug information
	export CCACHE_DIR CCACHE_NOHASHDIR=1 CCACHE_MAXSIZE=2G
fi

in_tree() {
	make -C "$tree" CC="$cc" "$@" >>"$log" 2>&1 || {
		grep -E -A5 'error|Error|undefined' "$log" | head -n 40 >&2
		echo "build: $variant does not build; see $log" >&2
		exit 1
	}
}

mkdir -p "$(dirname "$image")"
: >"$log"
kernel=6.12
[ "${variant%-7.3}" = "$variant" ] || kernel=7.3
case $variant in
stock* | seeded) sh "$here/tree.sh" "$tree" $kernel "${variant%-*}" ;;
*) sh "$here/tree.sh" "$tree" $kernel series ;;
esac

cat "$here/base.config" >"$log.config"
[ $kernel = 6.12 ] || cat "$here/$kernel.config" >>"$log.config"
[ "$flavour" = base ] || cat "$here/$flavour.config" >>"$log.config"
case $variant in
seeded) echo 'CONFIG_LOCALVERSION="-seeded"' >>"$log.config" ;;
on) echo CONFIG_IO_URING_FIXBUF=y >>"$log.config" ;;
off) echo CONFIG_IO_URING_FIXBUF=n >>"$log.config" ;;
esac
in_tree -s KCONFIG_ALLCONFIG="$(realpath "$log.config")" allnoconfig
# what was asked for and is not there would be tested in name only
awk -F= 'NR == FNR { have[$1] = $2; next }
	/^CONFIG/ { want[$1] = $2 }
	END { for (s in want) if (want[s] != "n" && have[s] != want[s]) print s "=" want[s] }' \
	"$tree/.config" "$log.config" >"$log.missing"
if [ -s "$log.missing" ]; then
	echo "build: the configuration does not take: $(tr '\n' ' ' <"$log.missing")" >&2
	exit 1
fi
in_tree -j"${JOBS:-$(nproc)}" bzImage
# warnings in what the series touches
if grep -E '^(io_uring|include/(linux/io_uring|trace/events/io_uring)).*warning:' "$log" >&2; then
	echo "build: $variant builds with warnings" >&2
	exit 1
fi
cp "$tree/arch/x86/boot/bzImage" "$image"
rm -f "$log.config" "$log.missing"
