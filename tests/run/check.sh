#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# All tests that this machine can run: the user program under ASan and UBSan, as built
# where a test does not bear that or runs in no guest, and once under valgrind.
# usage: check.sh BUILD_DIR
# TESTS: paths as they are printed (live/watch unit/base/json): of the tests only these
# JOBS: live tests at a time, default 1: they wait more than they compute, but one that fails beside
# another is to be run again alone

build=${1:?usage: check.sh BUILD_DIR}
here=$(dirname "$0")
out=$(mktemp) || exit 2
FIXBUF_JSON_LOG=$(mktemp -d) || exit 2
# some start a dozen watches, which a sanitiser slows down
FIXBUF_TEST_SECONDS=${FIXBUF_TEST_SECONDS:-240}
export FIXBUF_JSON_LOG FIXBUF_TEST_SECONDS
neighbour='' neighbour_says=$(mktemp) || exit 2
trap '[ ! "$neighbour" ] || kill "$neighbour"; rm -rf "$out" "$neighbour_says" "$FIXBUF_JSON_LOG"' EXIT
trap 'exit 130' INT TERM
passed=0 failed=0 skipped=0

if [ "$(id -u)" != 0 ]; then
	echo "The tests register buffers and look into the kernel: run sudo make check." >&2
	exit 3
fi

# each N HOW [TEST...]: runs them by run.sh, N at a time, and adds its totals
each() {
	at_once=$1 how=$2
	shift 2
	: > "$out"
	# shellcheck disable=SC2016 # what the inner shell expands
	[ $# = 0 ] || printf '%s\n' "$@" | xargs -P "$at_once" -I @ sh -c '
		says=$(sh "$1/run.sh" "$2" @ 2>&1)
		exec 9>> "$4" && flock 9
		printf "%s\n" "--- @ $3" "$says" | sed "\$d"
		printf "%s\n" "$says" | tail -n 1 >&9' run "$here" "$build" "$how" "$out"
	while read -r totals; do
		# shellcheck disable=SC2046 # three words
		set -- $(echo "$totals" | sed -n 's/\([0-9]*\) passed, \([0-9]*\) failed, \([0-9]*\) skipped/\1 \2 \3/p')
		if [ $# != 3 ]; then
			echo "$totals"
			set -- 0 1 0
		elif [ "$*" = '0 0 0' ]; then
			echo "one of them is no test"
			set -- 0 1 0
		fi
		passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
	done < "$out"
}

# run HOW [TEST...]: JOBS at a time, but those that measure how soon something ends
run() {
	how=$1 measure=" $(live 'Alone: ') " alone='' others=''
	shift
	for test; do
		case $measure in
		*" $test "*) alone="$alone $test" ;;
		*) others="$others $test" ;;
		esac
	done
	# shellcheck disable=SC2086 # lists of words
	{
		each 1 "$how" $alone
		each "${JOBS:-1}" "$how" $others
	}
}

# of TESTS, where it is set, those that are among the arguments; else all of these
wanted() {
	for test; do
		case " ${TESTS:-$test} " in
		*" $test "*) printf '%s ' "$test" ;;
		esac
	done
}

# The live tests of tests-with.sh, by their paths
live() {
	sh "$here/tests-with.sh" "$@" | sed 's|[^ ][^ ]*|live/&|g'
}

# One assertion of this script: its status, then what it says.
one() {
	if [ "$1" = 0 ]; then
		passed=$((passed + 1))
		echo "$2: passed"
	else
		failed=$((failed + 1))
		echo "$2: failed"
		cat "$out"
	fi
}

# Runs a script that prints TAP and adds its assertions; a plan that it did not reach is one.
tap() {
	name=$1
	shift
	"$@" > "$out" 2>&1
	p=$(grep -c '^ok ' "$out") b=$(grep -c '^not ok' "$out")
	[ "$(tail -n 1 "$out")" = "1..$((p + b))" ] || b=$((b + 1))
	passed=$((passed + p)) failed=$((failed + b))
	printf '%-28s %4d passed %3d failed\n' "$name" "$p" "$b"
	[ $b = 0 ] || grep -v '^ok ' "$out" | sed 's/^/    /'
}

echo "--- folders and files"
# shellcheck disable=SC2046 # no path has a space
awk -f "$here/../layers.awk" $(find user -name '*.[ch]') > "$out" 2>&1
one $? "no include in user/ is against the rule of tests/layers.awk"
find tests/unit -name '*.c' | while read -r f; do
	[ -e "user/${f#tests/unit/}" ] || echo "$f: there is no module of that name"
done > "$out"
[ ! -s "$out" ]
one $? "each unit test is named after a module of user/"
# Of the kernel are linux/..., filemap.c and coredump.h; texts.c is made by the build.
find user bpf -name '*.[ch]' | xargs grep -hE '^[	 ]*(/?\*)|/\*' |
	grep -oE '(^|[ (])[a-z_]+(/[a-z_]+)*\.(bpf\.c|c|h)\b' | tr -d ' (' | sort -u |
	grep -vE 'linux/|^(filemap\.c|sched/coredump\.h|texts\.c)$' | while read -r f; do
	find user bpf tests | grep -qE "(^|/)$f\$" || echo "a comment names $f, which is not there"
done > "$out"
[ ! -s "$out" ]
one $? "files that comments name are there"
find bpf user tests patches -name '*.[ch]' -o -name '*.sh' | xargs wc -l |
	awk '$2 != "total" && $1 > 500 { print $2 ": " $1 " lines" }' > "$out"
[ ! -s "$out" ]
one $? "no file is longer than 500 lines"

mkdir "$FIXBUF_JSON_LOG/mine"
: > "$FIXBUF_JSON_LOG/mine/kept"
! sh "$here/../kernel/tree.sh" "$FIXBUF_JSON_LOG/mine" 6.12 stock > "$out" 2>&1 &&
	[ -e "$FIXBUF_JSON_LOG/mine/kept" ] && grep -q 'was not made here' "$out"
one $? "a folder that holds something else is no kernel tree, and is left as it is"
rm -r "$FIXBUF_JSON_LOG/mine"

# Another user's program uses io_uring all the while: a test that takes it for its own fails.
# No test runs as that user: one that fills its limit would refuse the neighbour its rings.
"$build/tests/load/neighbour" 54409 > "$neighbour_says" 2>&1 &
neighbour=$!

# What a guest runs as built, and a sanitiser here, is not run a third time.
units='unit/*'
# shellcheck disable=SC2086 # a list of words, as below
[ -z "${TESTS:-}" ] || units=$(printf '%s\n' $TESTS | grep '^unit/')
# shellcheck disable=SC2046,SC2086
run "as built" $units $(wanted $(live 'Independent of the kernel\|Not under ASan'))

asan=build/asan/fixbuf-trace
if make --no-print-directory -j"$(nproc)" SANITIZE=1 $asan > "$out" 2>&1; then
	FIXBUF=$(pwd)/$asan
	ASAN_OPTIONS=detect_leaks=1:exitcode=99
	UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
	export FIXBUF ASAN_OPTIONS UBSAN_OPTIONS
	# shellcheck disable=SC2046
	run "under ASan and UBSan" $(wanted $(live . 'Not under ASan'))
	unset FIXBUF ASAN_OPTIONS UBSAN_OPTIONS
else
	one 1 "build with SANITIZE=1"
fi

kill "$neighbour" 2> /dev/null
wait "$neighbour"
status=$?
neighbour=
cp "$neighbour_says" "$out"
one $status "the neighbour was there to the end"
sed 's/^/    /' "$neighbour_says"

if [ -z "${TESTS:-}" ]; then
	echo "--- every JSON that was seen, against its schema"
	# Debian's own, for which python3-jsonschema is installed
	tap "JSON Schema" /usr/bin/python3 "$here/schema.py" "$build/fixbuf-trace" "$FIXBUF_JSON_LOG"
fi

echo "--- completion in bash, zsh and fish"
tap "completion" sh "$here/completion.sh" "$build"

echo "--- what a container gets"
tap "container" sh "$here/container.sh" "$build"

echo "--- the man page against the tables of commands and options"
tap "man page" sh "$here/man.sh" "$build"

echo "--- fuzzing"
if make --no-print-directory -j"$(nproc)" fuzzers > "$out" 2>&1; then
	for what in report names maps request web elf diff; do
		sh "$here/../fuzz/run.sh" "$build" $what "${FIXBUF_FUZZ_SECONDS:-8}" > "$out" 2>&1
		one $? "fuzzing of $what"
	done
else
	one 1 "build of the fuzzers"
fi

echo "--- valgrind"
if command -v valgrind > /dev/null; then
	# it does not know what bpf() writes, so only leaks and descriptors are its witness here
	valgrind --undef-value-errors=no --leak-check=full --errors-for-leak-kinds=definite \
		--error-exitcode=99 --track-fds=yes "$build/fixbuf-trace" list > "$out" 2>&1
	status=$?
	own=$(($(grep -c 'Open file descriptor' "$out") - $(grep -c '<inherited from parent>' "$out")))
	[ $status != 0 ] || [ $own = 0 ] || status=98
	one $status "list ends with no byte lost and no descriptor open"
else
	skipped=$((skipped + 1))
	echo "list ends with no byte lost and no descriptor open: skipped, there is no valgrind"
fi

echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
