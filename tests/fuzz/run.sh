#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Runs a fuzzer for some time, from the generated corpus and what is kept of
# earlier runs. What breaks it stays in BUILD_DIR/fuzz as NAME-crash-*.
# usage: run.sh BUILD_DIR report|names SECONDS

usage="usage: run.sh BUILD_DIR report|names SECONDS"
build=${1:?$usage} name=${2:?$usage} seconds=${3:?$usage}
out=$build/fuzz
mkdir -p "$out/report" "$out/names" "$out/found-$name" || exit 2
"$build/tests/fuzz/corpus" "$out/report" "$out/names" || exit 2
# no views on the terminal; memory stays in bounds for any input
ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
	"$build/tests/fuzz/$name" -max_total_time="$seconds" -max_len=16384 -timeout=10 \
	-rss_limit_mb=1024 -close_fd_mask=3 -print_final_stats=1 -artifact_prefix="$out/$name-" \
	"$out/found-$name" "$out/$name"
