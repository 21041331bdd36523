#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A tarball of the last commit: the same commit gives the same bytes.
# usage: dist.sh BUILD_DIR VERSION
set -eu

build=$(cd "${1:?usage: dist.sh BUILD_DIR VERSION}" && pwd)
name=fixbuf-$2
cd "$(dirname "$0")/../../.."
git -c tar.umask=022 archive --format=tar --prefix="$name/" --mtime="@$(git log -1 --format=%ct)" HEAD \
	> "$build/$name.tar" 2> /dev/null ||
	git -c tar.umask=022 archive --format=tar --prefix="$name/" HEAD > "$build/$name.tar"
xz -9e -T1 -f "$build/$name.tar"
echo "$build/$name.tar.xz"
