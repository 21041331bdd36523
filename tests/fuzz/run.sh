#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Runs a fuzzer for some time, from the generated corpus and what is kept of
# earlier runs. What breaks it stays in BUILD_DIR/fuzz as NAME-crash-*.
# usage: run.sh BUILD_DIR report|names|maps|request|web|elf|diff SECONDS

usage="usage: run.sh BUILD_DIR report|names|maps|request|web|elf|diff SECONDS"
build=${1:?$usage} name=${2:?$usage} seconds=${3:?$usage}
out=$build/fuzz
mkdir -p "$out/report" "$out/names" "$out/maps" "$out/request" "$out/web" "$out/elf" "$out/diff" "$out/found-$name" || exit 2
"$build/tests/fuzz/corpus" "$out/report" "$out/names" "$out/maps" "$out/request" "$out/web" "$out/diff" || exit 2

# Small libraries with symbols, lines and unwind tables, in several forms; behind the three
# bytes that say how they are read.
seed_elf() {
	file=$1
	shift
	echo 'int g(int); int f(int a) { return g(a) + g(a + 1); } int g(int a) { return a * a; }' |
		"${CC:-gcc}" -g -shared -nostdlib -Wl,-z,noseparate-code -Wl,--build-id "$@" -x c -o "$out/seed" - || exit 2
	# .text of such a small one is at 0x2a0 or not far from it
	for how in '\000' '\002' '\004'; do
		{ printf "$how"'\260\002'; cat "$out/seed"; } > "$out/elf/$file$(printf '%s' "$how" | tr -d '\\')"
	done
}
if [ "$name" = elf ]; then
	seed_elf plain
	seed_elf old -gdwarf-4 -fno-asynchronous-unwind-tables
	seed_elf packed -gz=zlib
	printf '\001\020\000%s\n' '0 40 f' '40 zz g' '10 8 LazyCompile:~x /tmp/a.js:1' > "$out/elf/map"
fi

# no views on the terminal; memory stays in bounds for any input, and one allocation in the
# bound of the process that reads symbols
ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1$([ "$name" = elf ] && echo :max_allocation_size_mb=48) \
	UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
	"$build/tests/fuzz/$name" -max_total_time="$seconds" -max_len=16384 -timeout=10 \
	-rss_limit_mb=1024 -close_fd_mask=3 -print_final_stats=1 -artifact_prefix="$out/$name-" \
	"$out/found-$name" "$out/$name"
