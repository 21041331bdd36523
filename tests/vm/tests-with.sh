#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# tests-with.sh WORDS: the live tests whose source says so, on one line.
cd "$(dirname "$0")/../live" && grep -l "$1" -- *.c | sed 's/\.c$//' | tr '\n' ' '
