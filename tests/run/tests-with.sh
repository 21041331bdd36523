#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The live tests whose source says WORDS (and does not say OTHER), on one line.
# usage: tests-with.sh WORDS [OTHER]
words=${1:?usage: tests-with.sh WORDS [OTHER]}
cd "$(dirname "$0")/../live" || exit 2
for source in *.c; do
	grep -q "$words" "$source" || continue
	[ $# -lt 2 ] || ! grep -q "$2" "$source" || continue
	printf '%s ' "${source%.c}"
done
