#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# check-kernel-debug.sh BUILD_DIR: check-kernel.sh under KASAN, UBSAN, lockdep,
# kmemleak and DEBUG_VM, with the stress program before fixbuf-trace's tests.
#   STRESS_SECONDS  default 300
set -eu
export FLAVOUR=debug VARIANTS="${VARIANTS:-off on}" STRESS_SECONDS="${STRESS_SECONDS:-300}"
exec sh "$(dirname "$0")/check-kernel.sh" "$@"
