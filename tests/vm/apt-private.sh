# SPDX-License-Identifier: GPL-2.0
#
# Sourced: Debian packages without touching the machine's apt, which is only
# read: mirrors come from it, lists and packages go below $CACHE. The caller
# says who it is ($me), which state it uses ($apt, a folder below $CACHE) and
# what its sources list holds (sources(), from $main and $security), and for which
# architecture ($debian_arch, default amd64).
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

say() {
	echo "$me: $*" >&2
}

unavailable() {
	say "$*"
	exit 1
}

# apt with lists, cache and package status of our own. A mirror may lag behind the date
# that its lists are good for; they are signed all the same.
private() {
	tool=$1
	shift
	"$tool" -q -o Dir::Etc::sourcelist="$apt/sources.list" -o Dir::Etc::sourceparts=- \
		-o Dir::State="$apt" -o Dir::State::status="$apt/status" \
		-o Acquire::Check-Valid-Until=false -o Dir::Cache="$apt" -o APT::Sandbox::User="$(id -un)" \
		-o APT::Architecture="${debian_arch:-amd64}" -o APT::Architectures::="${debian_arch:-amd64}" "$@"
}

# The archives that the machine itself uses: "URI SUITE" a line
archives() {
	apt-get update --print-uris | sed -n "s|^'\(.*\)/dists/\([^/']*\)/InRelease' .*|\1 \2|p"
}

# Once a day, sooner when a list was missing; without a network the last serve on.
# $1: a file that only a complete state has.
refresh_lists() {
	[ -s "$1" ] && [ "$(find "$apt/fresh" -mtime -1)" ] && return 1
	mkdir -p "$apt/lists/partial" "$apt/archives/partial"
	: >"$apt/status"
	main=$(archives | awk '$2 !~ /-/ { print $1; exit }')
	security=$(archives | awk '$2 ~ /-security$/ { print $1; exit }')
	[ "$main" ] || unavailable "this machine's apt has no Debian archive to take packages from;" \
		"add one to its sources"
	[ -r $KEYRING ] || unavailable "no $KEYRING to check the packages with;" \
		"install debian-archive-keyring"
	sources >"$apt/sources.list"
	say "reading the package lists"
	if private apt-get -o APT::Update::Error-Mode=any update >"$apt/log" 2>&1; then
		touch "$apt/fresh"
	else
		touch -d '23 hours ago' "$apt/fresh"
		say "some package lists could not be read or verified:"
		grep -E '^(E|W|Err)' "$apt/log" >&2 || cat "$apt/log" >&2
	fi
}
