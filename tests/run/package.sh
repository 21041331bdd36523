#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The package and the tarball: lintian has nothing to say, the same tree gives
# the same bytes; it installs, runs and goes without residue in clean Debian
# roots; the unit's sandbox lets it work. Prints TAP. Needs root.
# usage: package.sh BUILD_DIR [SUITE...]

build=$(cd "${1:?usage: package.sh BUILD_DIR [SUITE...]}" && pwd) || exit 2
shift
suites=$*
cd "$(dirname "$0")/../.." || exit 2
unit=user/share/package/fixbuf-trace.service
recorder=user/share/package/fixbuf-record.service
work=$(mktemp -d) || exit 2
tests=0 failed=0

clean_up() {
	for m in "$work"/*/proc "$work"/*/sys; do
		mountpoint -q "$m" && umount -R "$m"
	done
	rm -rf --one-file-system "$work"
}
trap clean_up EXIT

# ok WHAT COMMAND...
ok() {
	what=$1
	shift
	tests=$((tests + 1))
	if "$@" > "$work/said" 2>&1; then
		echo "ok $tests - $what"
	else
		failed=$((failed + 1))
		echo "not ok $tests - $what"
		sed 's/^/# /' "$work/said" | tail -n 20
	fi
}

skip() {
	tests=$((tests + 1))
	echo "ok $tests - $1 # SKIP $2"
}

make_deb() {
	make --no-print-directory deb > "$work/made" || { cat "$work/made"; return 1; }
	deb=$(tail -n 1 "$work/made")
}

silent() {
	"$@" > "$work/out" 2>&1
	status=$?
	cat "$work/out"
	[ $status = 0 ] && ! [ -s "$work/out" ]
}

# ---- what is made ----------------------------------------------------------------

ok "make deb" make_deb
deb=$(tail -n 1 "$work/made")
if command -v lintian > /dev/null; then
	# it minds being run as root, which is no matter of the package
	lintian_says() { lintian --fail-on error,warning "$deb" 2> /dev/null; }
	ok "lintian has nothing to say" silent lintian_says
else
	skip "lintian has nothing to say" "it is not installed"
fi
cp "$deb" "$work/first.deb"
touch user/share/package/deb.sh
ok "make deb once more" make_deb
ok "the same bytes" cmp "$deb" "$work/first.deb"
if git rev-parse -q --verify HEAD > /dev/null 2>&1; then
	sum() { make --no-print-directory dist | xargs sha256sum; }
	first=$(sum)
	sleep 1
	ok "make dist gives the same bytes twice" test "$first" = "$(sum)"
	builds() {
		tar -C "$work" -xf "$build"/fixbuf-*.tar.xz && make -C "$work"/fixbuf-* -n build/fixbuf-trace
	}
	ok "and what it holds builds" builds
else
	skip "make dist" "this is no git tree"
fi

# ---- clean roots -------------------------------------------------------------------

make_root() {
	sh tests/run/clean-root.sh "$1" "$work/$1" &&
		mount -t proc proc "$work/$1/proc" &&
		mount --rbind /sys "$work/$1/sys" && mount --make-rslave "$work/$1/sys" &&
		printf '#!/bin/sh\nexit 101\n' > "$work/$1/usr/sbin/policy-rc.d" &&
		chmod 755 "$work/$1/usr/sbin/policy-rc.d"
}

# All that is there, but for what apt and dpkg keep for themselves
files() {
	(cd "$work/$1" && find . \( -path ./proc -o -path ./sys -o -path ./var/lib/apt -o -path ./var/cache -o \
		-path ./var/lib/dpkg -o -path ./var/log -o -path ./tmp -o -path ./etc/ld.so.cache \) -prune -o -print |
		LC_ALL=C sort)
}

in_root() {
	suite=$1
	shift
	env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 \
		chroot "$work/$suite" "$@"
}

try_suite() {
	suite=$1
	if ! make_root "$suite" 2> "$work/said"; then
		skip "$suite: a clean root" "$(tail -n 1 "$work/said")"
		return
	fi
	files "$suite" > "$work/$suite.before"
	cp "$deb" "$work/$suite/tmp/fixbuf-trace.deb"
	ok "$suite: installs" in_root "$suite" apt-get install -qq -y --no-install-recommends /tmp/fixbuf-trace.deb
	ok "$suite: list runs" in_root "$suite" fixbuf-trace list
	ok "$suite: export runs" in_root "$suite" fixbuf-trace export --once
	ok "$suite: the unit is there" test -f "$work/$suite/usr/lib/systemd/system/fixbuf-trace.service"
	ok "$suite: that of the recorder, too" test -f "$work/$suite/usr/lib/systemd/system/fixbuf-record.service"
	ok "$suite: is removed" in_root "$suite" apt-get purge -qq -y --autoremove \
		-o APT::AutoRemove::SuggestsImportant=false -o APT::AutoRemove::RecommendsImportant=false fixbuf-trace
	files "$suite" > "$work/$suite.after"
	ok "$suite: without residue" diff "$work/$suite.before" "$work/$suite.after"
}

for suite in $suites; do
	try_suite "$suite"
done

# ---- the unit --------------------------------------------------------------------------

# It names the program where the package puts it, which is not here
unit_verified() {
	sed "s|/usr/sbin/fixbuf-trace|$build/fixbuf-trace|; /^Documentation=/d" $unit > "$work/fixbuf-trace.service"
	sed "s|/usr/sbin/fixbuf-trace|$build/fixbuf-trace|; /^Documentation=/d" $recorder > "$work/fixbuf-record.service"
	silent systemd-analyze verify --man=no "$work/fixbuf-trace.service" "$work/fixbuf-record.service"
}

exposure() {
	systemd-analyze security --offline=true --threshold=27 "$PWD/$unit"
}

if command -v systemd-analyze > /dev/null; then
	ok "systemd-analyze verify has nothing to say about the units" unit_verified
	ok "systemd-analyze security rates its exposure 2.7 or less" exposure
else
	skip "the unit" "there is no systemd-analyze"
fi

# The same user, capabilities and file systems, without systemd
caps=$(sed -n 's/^AmbientCapabilities=//p' $unit | tr 'A-Z ' 'a-z,' | sed 's/cap_//g')
sandboxed() {
	plus=$(echo "$caps" | sed 's/^/+/; s/,/,+/g')
	cp "$build/fixbuf-trace" "$work/fixbuf-trace"
	chmod 755 "$work" "$work/fixbuf-trace"
	unshare --mount sh -c '
		mount --make-rprivate / && mount -o remount,ro,bind / && mount -t tmpfs -o mode=0755 none /root &&
		mount -t tmpfs none /home
		exec "$@"' sh setpriv --reuid 64999 --regid 64999 --clear-groups --no-new-privs \
		--inh-caps "-all,$plus" --ambient-caps "-all,$plus" --bounding-set "-all,$plus" \
		"$work/fixbuf-trace" export --listen 127.0.0.1:0 --verify-interval 1s -d 3s 2> "$work/out.unit"
	status=$?
	cat "$work/out.unit"
	return $status
}
ok "with the unit's user, capabilities and file systems it serves" sandboxed
ok "and checks pages" grep -q "page checker CAP_SYS_ADMIN, CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH; its keeper" "$work/out.unit"
echo "1..$tests"
[ $failed = 0 ]
