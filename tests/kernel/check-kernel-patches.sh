#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# check-kernel-patches.sh BUILD_DIR: every patch of patches/6.12 by itself: checkpatch --strict; a kernel with
# CONFIG_IO_URING_FIXBUF off and, once it exists, on, that links; what of io_uring/ that
# patch makes anew under W=1 and sparse, with no more to say than about the stock source; the
# kselftest where it is touched. Then configurations that leave out what io_uring can do
# without, and one of 32 bits. One line each, totals at the end.
#   FLAVOUR  of the configuration, base (default) or debug, as check-kernel.sh's, whose tree is
#            used: what that has built is not built again
set -eu

build=${1:?usage: check-kernel-patches.sh BUILD_DIR}
FLAVOUR=${FLAVOUR:-base}
tree=${KERNEL_TREE:-$build/kernel}/$FLAVOUR-6.12
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

# configure LINE...: the flavour's configuration but for these lines; each must take
configure() {
	{
		cat "$here/base.config"
		[ "$FLAVOUR" = base ] || cat "$here/$FLAVOUR.config"
		# takes as long as the rest of a link, and is check-kernel's
		printf '%s\n' CONFIG_DEBUG_INFO_BTF=n "$@"
	} >"$log.config"
	in_tree KCONFIG_ALLCONFIG="$(realpath "$log.config")" allnoconfig || return 1
	for line; do
		case $line in
		*=n) ! grep "^${line%n}" "$tree/.config" >"$log" || return 1 ;;
		*) grep -qx "$line" "$tree/.config" || { echo "no $line" >"$log"; return 1; } ;;
		esac
	done
}

# What sparse and W=1 say about these objects, without line numbers: they move
warnings() {
	[ $# != 0 ] || return 0
	status_now=0
	# put back afterwards, so that the next build makes only what changed
	saved=$(realpath "$log").tar
	(cd "$tree" && tar -cf "$saved" io_uring/*.o io_uring/.*.cmd && rm -f "$@")
	in_tree W=1 C=2 CHECK="sparse -Wbitwise" "$@" || status_now=1
	tar -xf "$saved" -C "$tree"
	rm -f "$saved"
	grep -E '^(\./)?(io_uring|include/(linux|trace/events)/io_uring)[^:]*:.*(warning|error):' "$log" |
		sed -E 's/:[0-9]+(:[0-9]+)?:/:/' | sort -u
	return $status_now
}

objects() {
	(cd "$tree" && find io_uring -name '*.o' ! -name 'built-in*' "$@" | sort)
}

# check_option n|y: the kernel at hand
check_option() {
	if ! configure CONFIG_IO_URING_FIXBUF="$1"; then
		verdict 1 "FIXBUF=$1: the configuration takes"
		return
	fi
	: >"$log.stamp"
	status=0
	in_tree vmlinux || status=1
	verdict $status "FIXBUF=$1: the kernel links"
	[ $status = 0 ] || return
	now=$(objects -newer "$(realpath "$log.stamp")")
	# shellcheck disable=SC2086 # a list
	warnings $now >"$log.now" || status=1
	[ $status != 0 ] || ! grep -vxFf "$log.stock" "$log.now" >"$log" || status=1
	# shellcheck disable=SC2086 # a list
	verdict $status "FIXBUF=$1: sparse and W=1 say nothing new about $(echo $now | wc -w) objects"
}

git="git -C $tree"
kselftest=$build/kernel/patches.kselftest
mkdir -p "$kselftest"
sh "$here/tree.sh" "$tree" 6.12 series
series=$($git rev-list --reverse stock..HEAD)
sh "$here/tree.sh" "$tree" 6.12 stock
# none that only the series has
rm -f "$tree"/io_uring/*.o
configure && in_tree vmlinux || { verdict 1 "the stock source builds"; exit 1; }
# shellcheck disable=SC2046 # a list
warnings $(objects) >"$log.stock" || { verdict 1 "the stock source builds under W=1"; exit 1; }
# grep -f needs a line
echo >>"$log.stock"

for commit in $series; do
	$git checkout -q --force "$commit"
	echo "--- $($git log -1 --format=%s)"
	status=0
	# io_uring/ as a whole is in MAINTAINERS, which checkpatch does not look up
	(cd "$tree" && scripts/checkpatch.pl --strict --ignore FILE_PATH_CHANGES -g HEAD) \
		>"$log" 2>&1 || status=1
	verdict $status "checkpatch --strict"
	check_option n
	! grep -q 'config IO_URING_FIXBUF' "$tree/init/Kconfig" || check_option y
	if ! $git diff --quiet HEAD~1 HEAD -- tools/testing/selftests/io_uring; then
		status=0
		{ in_tree headers && in_tree -C tools/testing/selftests/io_uring \
			OUTPUT="$(realpath "$kselftest")" USERCFLAGS=-Werror; } || status=1
		verdict $status "the kselftest builds"
	fi
done

# Each leaves out one thing that io_uring touches and can do without
for without in TRACEPOINTS PROC_FS INET COMPAT TRANSPARENT_HUGEPAGE HUGETLBFS SPARSEMEM_VMEMMAP; do
	set -- CONFIG_IO_URING_FIXBUF=y "CONFIG_$without=n"
	case $without in
	# lockdep follows interrupts by them
	TRACEPOINTS) set -- "$@" CONFIG_FTRACE=n CONFIG_BPF_EVENTS=n CONFIG_KPROBES=n CONFIG_UPROBES=n \
		CONFIG_BPF_SYSCALL=n CONFIG_BLK_DEV_IO_TRACE=n CONFIG_PROVE_LOCKING=n CONFIG_DEBUG_PAGE_REF=n ;;
	COMPAT) set -- "$@" CONFIG_IA32_EMULATION=n ;;
	esac
	status=0
	{ configure "$@" && in_tree io_uring/; } || status=1
	verdict $status "io_uring/ builds without $without"
done
# what includes its headers, where there is no io_uring
status=0
{ configure CONFIG_IO_URING=n CONFIG_IO_URING_FIXBUF=n &&
	in_tree kernel/exit.o kernel/fork.o fs/exec.o drivers/nvme/host/ioctl.o; } || status=1
verdict $status "what includes the headers of io_uring builds without IO_URING"
# another architecture, so the last
export ARCH=i386
status=0
{ configure CONFIG_64BIT=n CONFIG_IO_URING_FIXBUF=y && in_tree io_uring/; } || status=1
verdict $status "io_uring/ builds where a long has 32 bits"

echo
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
