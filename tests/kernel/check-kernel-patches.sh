#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# check-kernel-patches.sh BUILD_DIR: every patch of the series by itself: checkpatch --strict; a kernel with
# CONFIG_IO_URING_FIXBUF off and, once it exists, on, that links; io_uring/ under W=1
# and sparse with no more to say than about the stock source. Then configurations
# that leave out what io_uring can do without. One line each, totals at the end.
set -eu

build=${1:?usage: check-kernel-patches.sh BUILD_DIR}
tree=${KERNEL_TREE:-$build/kernel/base}
here=$(cd "$(dirname "$0")" && pwd)
log=$build/kernel/patches.log
passed=0 failed=0

export KBUILD_BUILD_TIMESTAMP=2026-01-01 KBUILD_BUILD_USER=fixbuf KBUILD_BUILD_HOST=fixbuf
cc=gcc
if command -v ccache >/dev/null; then
	cc="ccache gcc"
	: "${CCACHE_DIR:=$here/../../build/vm-cache/ccache}"
	export CCACHE_DIR CCACHE_NOHASHDIR=1 CCACHE_MAXSIZE=2G
fi

in_tree() {
	make -s -C "$tree" CC="$cc" -j"${JOBS:-$(nproc)}" "$@" >"$log" 2>&1
}

# verdict STATUS WHAT
verdict() {
	if [ "$1" = 0 ]; then
		passed=$((passed + 1))
		echo "ok: $2"
	else
		failed=$((failed + 1))
		echo "FAILED: $2"
		grep -vE '^(make|  (CC|AR|LD|CALL|CHECK))' "$log" | head -n 20 | sed 's/^/    /'
	fi
}

configure() {
	{
		cat "$here/base.config"
		echo "CONFIG_IO_URING_FIXBUF=$1"
	} >"$log.config"
	in_tree KCONFIG_ALLCONFIG="$(realpath "$log.config")" allnoconfig
}

# Warnings of sparse and W=1 about io_uring/, without line numbers: they move
warnings() {
	rm -f "$tree"/io_uring/*.o
	in_tree W=1 C=2 CHECK="sparse -Wbitwise" io_uring/ || return 1
	grep -E '^(\./)?(io_uring|include/(linux|trace/events)/io_uring)[^:]*:.*(warning|error):' "$log" |
		sed -E 's/:[0-9]+(:[0-9]+)?:/:/' | sort -u
}

git="git -C $tree"
mkdir -p "$build/kernel"
sh "$here/tree.sh" "$tree" stock
configure n
warnings >"$log.stock" || { verdict 1 "the stock source builds"; exit 1; }
sh "$here/tree.sh" "$tree" series
series=$($git rev-list --reverse stock..HEAD)

for commit in $series; do
	$git checkout -q --force "$commit"
	title=$($git log -1 --format=%s)
	echo "--- $title"
	status=0
	# io_uring/ as a whole is in MAINTAINERS, which checkpatch does not look up
	(cd "$tree" && scripts/checkpatch.pl --strict --ignore FILE_PATH_CHANGES -g HEAD) \
		>"$log" 2>&1 || status=1
	verdict $status "checkpatch --strict"
	for option in n y; do
		[ $option = n ] || grep -q 'config IO_URING_FIXBUF' "$tree/init/Kconfig" \
			"$tree/io_uring/Kconfig" 2>/dev/null || continue
		status=0
		configure $option && warnings >"$log.now" || status=1
		cp "$log.now" "$log"
		[ $status != 0 ] || diff "$log.stock" "$log.now" >"$log" || ! grep -q '^>' "$log" || status=1
		verdict $status "FIXBUF=$option: sparse and W=1 say nothing new about io_uring/"
		status=0
		in_tree vmlinux || status=1
		verdict $status "FIXBUF=$option: the kernel links"
	done
done

# Each leaves out one thing that io_uring touches and can do without
for without in IO_URING TRACEPOINTS PROC_FS INET COMPAT TRANSPARENT_HUGEPAGE HUGETLBFS; do
	{
		grep -v "^CONFIG_$without=" "$here/base.config"
		echo "CONFIG_IO_URING_FIXBUF=y"
		echo "CONFIG_$without=n"
		case $without in
		TRACEPOINTS) printf 'CONFIG_%s=n\n' FTRACE BPF_EVENTS PERF_EVENTS KPROBES UPROBES ;;
		COMPAT) echo CONFIG_IA32_EMULATION=n ;;
		esac
	} >"$log.config"
	status=0
	in_tree KCONFIG_ALLCONFIG="$(realpath "$log.config")" allnoconfig && in_tree io_uring/ ||
		status=1
	verdict $status "io_uring/ builds without $without"
done

echo
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
