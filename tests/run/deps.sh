#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Installs which of the named packages are missing, where there is apt.
# usage: deps.sh PACKAGE...

if ! command -v dpkg-query > /dev/null || ! command -v apt-get > /dev/null; then
	echo "There is no apt here: install what provides these Debian packages, then run make again:"
	echo "  $*"
	exit 1
fi

missing=
for package in "$@"; do
	case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2> /dev/null) in
	installed*) ;;
	*) missing="$missing $package" ;;
	esac
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ]; then
	echo "These packages are missing; install them and run make again:"
	echo "  sudo apt-get install --no-install-recommends$missing"
	exit 1
fi

echo "  APT     $missing"
install() {
	# shellcheck disable=SC2086 # one word a package; another apt may be at work
	DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -qq -y --no-install-recommends $missing > "$log" 2>&1
}
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
# the lists of a fresh machine are empty or old: fetch them only when it takes that
install || { apt-get update -qq > "$log" 2>&1 && install; } || {
	cat "$log"
	echo "These packages could not be installed:$missing"
	exit 1
}
