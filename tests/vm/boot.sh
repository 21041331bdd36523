#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# boot.sh [-v] [-n] [-t SECONDS] [-b BUILD_DIR] [-p PROGRAM]... [-i INITRAMFS]
#         [-m MODULE]... [-c CONSOLE] [-M MIB] [-a ARGUMENTS] [-r FOLDER] KERNEL COMMAND
# Boots KERNEL (6.12, newest, 6.12-rt, or the path of an image) of $ARCH in QEMU without KVM and
# runs COMMAND in it as root, in /fixbuf, with this build's programs in PATH and
# an ext4 disk that can do O_DIRECT on /mnt/disk. What COMMAND prints is printed.
#   -v  print the console (the kernel's log) too, at the end, to stderr
#   -n  one processor whose clock is the number of its instructions: for counting
#   -t  give up after so many seconds (default 120)
#   -b  the build whose programs go in (default build)
#   -p  a program of this machine to take along
#   -m  a module of that kernel (fetch-kernel.sh), to be loaded before COMMAND
#   -i  an initramfs that make-initramfs.sh wrote, instead of -b and -p
#   -c  keep the console in this file
#   -M  memory of the guest (default 2048)
#   -a  more arguments for the kernel
#   -r  the disk holds the system in this folder and its own init is booted, which
#       has to run /job as /init does; -b, -p, -i and -m are without meaning then
# Exit: COMMAND's own; 124 time-out; 125 the guest died or could not be started;
# 126 COMMAND was fine but the kernel's log holds a complaint.
set -eu

COMPLAINTS='WARNING:|BUG:|Oops|KASAN|UBSAN|general protection|list_(add|del) corruption'
COMPLAINTS="$COMPLAINTS|refcount_t:|Kernel panic|blocked for more than"

usage() {
	sed -n '4,22s/^# \{0,1\}//p' "$0" >&2
	exit 2
}

vm=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/vm/arch.sh
. "$vm/arch.sh"

# Without ERMS and SMAP: "rep movsb" byte by byte and each access to user memory are dear here
[ "$ARCH" = arm64 ] && cpu=cortex-a76 || cpu=max,la57=off,erms=off,smap=off
verbose='' processors='-smp 2' seconds=120 build=build programs='' modules='' initramfs='' console=''
mib=2048 more='' root=''
while getopts vnt:b:p:m:i:c:M:a:r: option; do
	case $option in
	v) verbose=1 ;;
	n)
		processors='-smp 1 -icount shift=0,sleep=off'
		[ "$ARCH" = arm64 ] || cpu=max,la57=off
		;;
	t) seconds=$OPTARG ;;
	b) build=$OPTARG ;;
	p) programs="$programs $OPTARG" ;;
	m) modules="$modules $OPTARG" ;;
	i) initramfs=$OPTARG ;;
	c) console=$OPTARG ;;
	M) mib=$OPTARG ;;
	a) more=$OPTARG ;;
	r) root=$OPTARG ;;
	*) usage ;;
	esac
done
shift $((OPTIND - 1))
[ $# -eq 2 ] || usage
kernel=$1
command=$2

fail() {
	echo "boot: $*" >&2
	exit 125
}

command -v $qemu >/dev/null || fail "there is no QEMU; install $qemu_package"
case $kernel in
*/*) image=$kernel ;;
*) image=$(sh "$vm/fetch-kernel.sh" "$kernel") || exit 125 ;;
esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
: "${console:=$work/console}"

# The command travels as /job, with the modules, in an archive of its own behind the large one
make_initrd() {
	if [ ! "$initramfs" ]; then
		initramfs=$work/initramfs
		# shellcheck disable=SC2086 # a list of paths
		sh "$vm/make-initramfs.sh" "$build" "$initramfs" $programs
	fi
	printf '%s\n' "$command" >"$work/job"
	mkdir "$work/modules"
	# init loads them in the order of their names
	nr=100
	for module in $modules; do
		nr=$((nr + 1))
		cp "$module" "$work/modules/$nr-${module##*/}"
	done
	cp "$initramfs" "$work/initrd"
	(cd "$work" && find job modules | cpio --quiet -o -H newc | gzip -1 >>initrd)
}

# Sparse; no journal and no lazy tables, so that no kernel thread writes to it
make_disk() {
	truncate -s "$1" "$work/disk"
	shift
	/sbin/mkfs.ext4 -q -F -O ^has_journal -E lazy_itable_init=0 "$@" "$work/disk"
}

if [ "$root" ]; then
	printf '%s\n' "$command" >"$root/job"
	make_disk 2G -d "$root"
	boots="-append"
	more="root=/dev/nvme0n1 rootfstype=ext4 rootwait rw $more"
else
	make_initrd
	make_disk 512M -N 4096
	boots="-initrd $work/initrd -append"
fi

# The driver of 5.10 gives the emulated NVMe disk up when it misses an interrupt, which a starved
# QEMU brings about: with a disk by virtio it has none of its own, so that tests of one skip
case $image in
*/5.10*) disk_device=virtio-blk-pci,drive=disk ;;
*) disk_device=nvme,drive=disk,serial=1 ;;
esac

# A kernel that measures its clock while QEMU has to wait for a processor gets it wrong, by a
# factor of eight even: so it is told. One whose clock counts instructions measures right.
khz=''
case $ARCH$processors in
arm64* | *icount*) ;;
*) khz=$("$vm/../../build/tests/vm/tsc_khz") || fail "there is no build/tests/vm/tsc_khz; run make first" ;;
esac

# On arm64 the console is the machine's own line, and ttyS0 a card.
if [ "$ARCH" = arm64 ]; then
	machine='virt,gic-version=3' console_line=ttyAMA0 job_line=ttyS0 clock=
	job_device='-chardev stdio,id=job -device pci-serial,chardev=job'
else
	machine=q35 console_line=ttyS0 job_line=ttyS1 job_device='-serial stdio'
	clock="tsc=reliable no_timer_check ${khz:+tsc_early_khz=$khz}"
fi

# Two serial lines: the console on the first, the job's own output on the second.
# A timer that QEMU serves late on a busy machine is not a broken one (no_timer_check).
# One thread for both processors: with one each, QEMU runs stale code while the
# kernel patches itself, so attaching a probe ends in an int3 oops or a lock-up.
# QEMU 7.2 misses a doorbell of the disk now and then: the driver finds the I/O done at its
# time-out, which is 30 s else (60 s are what a test waits for a load).
# No watchdog: it barks when QEMU does not run for a while, and a lock-up ends in a time-out.
echo 0 >"$work/qemu"
{
	# shellcheck disable=SC2086 # options
	timeout --foreground -k 5 "$seconds" $qemu \
		-accel tcg,thread=single -machine $machine -cpu "$cpu" $processors -m "$mib" \
		-nodefaults -no-reboot -display none -serial "file:$console" $job_device \
		-drive "file=$work/disk,format=raw,if=none,id=disk" -device "$disk_device" \
		-kernel "$image" $boots "console=$console_line quiet panic=-1 oops=panic nokaslr mitigations=off \
nowatchdog random.trust_cpu=on nvme.poll_queues=1 nvme_core.io_timeout=8 $clock JOB_LINE=$job_line $more" </dev/null || echo $? >"$work/qemu"
} | sed -u -e '/vm-exit: [0-9]*$/!b' -e "h; s/.*vm-exit: //w $work/exit" \
	-e 'g; s/vm-exit: [0-9]*$//; /^$/d'

[ ! "$verbose" ] || cat "$console" >&2
complaints=$(grep -aE "$COMPLAINTS" "$console" | sort -u || true)
[ ! "$complaints" ] || echo "$complaints" | sed 's/^/boot: the kernel says: /' >&2

if [ -s "$work/exit" ]; then
	status=$(tail -n 1 "$work/exit")
	[ "$status" -eq 0 ] && [ "$complaints" ] && status=126
	exit "$status"
fi
tail -n 40 "$console" >&2
if [ "$(cat "$work/qemu")" -eq 124 ]; then
	echo "boot: time-out after $seconds s" >&2
	exit 124
fi
fail "the guest ended without an exit line (QEMU: $(cat "$work/qemu")); its last words are above"
