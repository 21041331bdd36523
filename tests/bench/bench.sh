#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The budgets of this tool, measured on this machine; no test asserts a time.
set -eu
build=$1
echo "kernel $(uname -r), $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | sed -n 1p), $(nproc) cores"
"$build/tests/bench/budgets"
"$build/tests/bench/scrapes"
"$build/tests/bench/register_cost"
"$build/tests/bench/others_cost"
"$build/tests/bench/io_cost"
echo
echo "What recordings cost:"
"$build/tests/bench/recording" "$build/fixbuf-trace"
file=$(mktemp)
echo "each of 4,000,006 I/Os of two processes at full speed, recorded beside them:"
# shellcheck disable=SC2016 # the inner shell's
"$build/fixbuf-trace" record --io -o "$file" -- sh -c \
	'"$0" --no-wait 2000003 > /dev/null & "$0" --no-wait 2000003 > /dev/null; wait' \
	"$build/tests/load/io_late"
"$build/fixbuf-trace" report "$file" | sed -n '1p;3p;/over registered/p'
rm -f "$file"
