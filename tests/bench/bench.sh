#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The budgets of this tool, measured on this machine; no test asserts a time.
set -eu
build=$1
echo "kernel $(uname -r), $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | sed -n 1p), $(nproc) cores"
"$build/tests/bench/budgets"
echo
echo "What watching I/O costs:"
"$build/tests/bench/io_cost"
