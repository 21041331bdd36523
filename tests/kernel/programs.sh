#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# programs.sh OUT KERNEL TREE: builds the kselftest of the series of KERNEL out of TREE into OUT.
# programs.sh OUT liburing: builds liburing's tests of registered buffers into OUT.
set -eu

out=${1:?usage: programs.sh OUT liburing|KERNEL [TREE]}
what=${2:?usage: programs.sh OUT liburing|KERNEL [TREE]}
here=$(cd "$(dirname "$0")" && pwd)

# Tests around registered buffers, by liburing's names; each in seconds under
# emulation. send-zerocopy takes four minutes and is left out: what it covers
# of registered buffers is in the kselftest.
NAMES="buf-ring-put fixed-buf-iter fixed-buf-merge fixed-hugepage fixed-link fixed-reuse
	fixed-seg file-verify io_uring_register iopoll nop-all-sizes nop-flags read-write
	regbuf-clone regbuf-merge register-restrictions reg-fd-only reg-hint reg-reg-ring
	reg-wait rsrc_tags rw_merge_test vec-regbuf init-mem sendzc-bug"

# More, only for what fixbuf-trace says while they run (the suite explanations): each a second
# or two under emulation, and fails calls or I/O on purpose.
MORE="35fa71a030ca b19062a56726 cq-size io_uring_setup open-close fpos buf-ring fd-pass drop-submit
	exit-no-cleanup fd-install file-register link link-timeout shared-wq task-restrict wq-aff
	sync-cancel skip-cqe submit-link-fail poll-cancel-all send_recv send_recvmsg shutdown
	socket-nb timestamp-bug ringbuf-read open-direct-link eploop recv-bundle-short-ooo"

run() {
	"$@" >>"$out/log" 2>&1 || {
		tail -n 20 "$out/log" >&2
		echo "programs: failed: $*" >&2
		exit 1
	}
}

mkdir -p "$out"
out=$(cd "$out" && pwd)
: >"$out/log"
if [ "$what" != liburing ]; then
	tree=${3:?usage: programs.sh OUT KERNEL TREE}
	sh "$here/tree.sh" "$tree" "$what" series
	run make -s -C "$tree" headers
	run make -s -C "$tree/tools/testing/selftests/io_uring" OUTPUT="$out" \
		USERCFLAGS=-Werror USERLDFLAGS=-static
	exit
fi

cp -a "$(sh "$here/fetch-source.sh" liburing)" "$out/src"
cd "$out/src"
run ./configure --cc=gcc --cxx=g++
run make -s -j"$(nproc)" -C src
mkdir -p "$out/more"
for name in $NAMES $MORE; do
	[ -e "test/$name.c" ] || continue
	run make -s -C test "$name.t"
	case " $(echo $MORE) " in
	*" $name "*) cp "test/$name.t" "$out/more/$name" ;;
	*) cp "test/$name.t" "$out/$name" ;;
	esac
done
cd "$here"
rm -rf "$out/src"
