#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# guest.sh BUILD_DIR DEB SUITE KERNEL: boots a Debian SUITE with its own systemd and the
# package installed, on the stock KERNEL in QEMU, and runs tests/systemd/service in it, within
# VM_TIMEOUT seconds (default 900). Prints its TAP; one skipped line where there is no such
# root or kernel. Exit 0, or 1 when a test failed or the guest died. Needs root.
set -eu

build=$(cd "${1:?usage: guest.sh BUILD_DIR DEB SUITE KERNEL}" && pwd)
deb=$2 suite=$3 kernel=$4
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf --one-file-system "$work"' EXIT
root=$work/root

skip() {
	echo "ok 1 - the unit under the systemd of $suite # SKIP $*"
	echo "1..1"
	exit 0
}

died() {
	echo "not ok 1 - $*"
	sed 's/^/# /' "$work/log" | tail -n 30
	exit 1
}

take_program() {
	mkdir -p "$root/fixbuf/build/$2" "$root/fixbuf/lib"
	cp "$1" "$root/fixbuf/build/$2"
	# those of the C library are the guest's own
	ldd "$1" | sed -n 's/^.*[[:space:]]\(\/[^ ]*\/lib\(uring\|json-c\)\.[^ ]*\) (0x.*$/\1/p' |
		xargs -r cp -Lt "$root/fixbuf/lib"
}

[ "$(uname -m)" = x86_64 ] || skip "the kernels are x86_64's"
command -v qemu-system-x86_64 >/dev/null || skip "there is no QEMU; install qemu-system-x86"
image=$(sh "$here/../vm/fetch-kernel.sh" "$kernel" 2>"$work/log") || skip "$(tail -n 1 "$work/log")"
sh "$here/../run/clean-root.sh" "$suite" "$root" systemd-sysv dbus openssl >"$work/log" 2>&1 ||
	skip "$(tail -n 1 "$work/log")"

cp "$deb" "$root/fixbuf-trace.deb"
env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 chroot "$root" \
	apt-get install -qq -y --no-install-recommends /fixbuf-trace.deb >"$work/log" 2>&1 ||
	died "$suite: the package installs"
for load in fault_bypass fault_double_charge fault_remap io_mix lifecycle; do
	take_program "$build/tests/load/$load" tests/load
done
take_program "$build/tests/systemd/service" tests/systemd

# As /init does in the other guests: the job's output on the second serial line
cat >"$root/fixbuf/run" <<'END'
#!/bin/sh
stty -F /dev/ttyS1 raw
sh /job >/dev/ttyS1 2>&1 </dev/null
status=$?
{ journalctl -b --no-pager -o short-monotonic; dmesg; } >/dev/ttyS0 2>&1
echo "vm-exit: $status" >/dev/ttyS1
sync
reboot -ff
END
chmod 755 "$root/fixbuf/run"
cat >"$root/etc/systemd/system/fixbuf-test.service" <<END
[Unit]
Description=the tests
After=systemd-user-sessions.service
[Service]
Type=simple
Environment=FIXBUF_BUILD=/fixbuf/build LD_LIBRARY_PATH=/fixbuf/lib
ExecStart=/fixbuf/run
END
ln -s ../fixbuf-test.service "$root/etc/systemd/system/multi-user.target.wants"
# what takes time and is not looked at
for unit in serial-getty@ttyS0.service getty@tty1.service apt-daily.timer apt-daily-upgrade.timer \
	dpkg-db-backup.timer e2scrub_all.timer fstrim.timer; do
	ln -s /dev/null "$root/etc/systemd/system/$unit"
done

boot() {
	status=0
	sh "$here/../vm/boot.sh" -t "${VM_TIMEOUT:-900}" -r "$root" -c "$build/systemd-$suite.console" "$image" \
		/fixbuf/build/tests/systemd/service >"$work/tap" 2>"$work/log" || status=$?
}

boot
# Where the emulator gets hardly any time, the guest's clock may be set so wrong that systemd
# gives up; that says nothing of the unit
if ! grep -q . "$work/tap"; then
	echo "# $suite did not come up, status $status; once more"
	boot
fi
cat "$work/tap"
[ $status = 0 ] || [ $status = 77 ] || [ $status = 1 ] || died "the guest of $suite: status $status"
exit $status
