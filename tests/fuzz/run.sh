#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Fuzzes report for some time, from the generated corpus and what is kept of
# earlier runs. What breaks it stays in BUILD_DIR/fuzz as crash-*.
# usage: run.sh BUILD_DIR SECONDS

build=${1:?usage: run.sh BUILD_DIR SECONDS} seconds=${2:?usage: run.sh BUILD_DIR SECONDS}
out=$build/fuzz
mkdir -p "$out/corpus" "$out/found" || exit 2
"$build/tests/fuzz/corpus" "$out/corpus" || exit 2
# no views on the terminal; memory stays in bounds for any input
ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
	"$build/tests/fuzz/report" -max_total_time="$seconds" -max_len=16384 -timeout=10 \
	-rss_limit_mb=1024 -close_fd_mask=3 -print_final_stats=1 -artifact_prefix="$out/" \
	"$out/found" "$out/corpus"
