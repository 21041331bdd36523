#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What user/share/container/ gives the program is what the unit gives it, and it runs with no more.
# Prints TAP. usage: container.sh BUILD_DIR. Needs root.
build=${1:?usage: container.sh BUILD_DIR}
here=$(cd "$(dirname "$0")/../.." && pwd)/user/share
n=0

is() {
	n=$((n + 1))
	[ "$1" = "$2" ] && echo "ok $n - $3" || { echo "not ok $n - $3"; echo "# '$1', not '$2'"; }
}

unit=$(sed -n 's/^CapabilityBoundingSet=//p' "$here/package/fixbuf-trace.service" | sed 's/CAP_//g' | tr ' ' '\n' | sort)
is "$(sed -n 's/^ *add: \[\(.*\)\]/\1/p' "$here/container/daemonset.yaml" | tr -d ' ' | tr ',' '\n' | sort)" "$unit" \
	"the DaemonSet adds the capabilities of the unit"
is "$(grep -o 'cap-add [A-Z_]*' "$here/container/Dockerfile" | sed 's/cap-add //' | sort)" "$unit" \
	"and so does the line of the Dockerfile"
if /usr/bin/python3 -c 'import yaml' 2>/dev/null; then
	is "$(/usr/bin/python3 -c 'import sys, yaml; print(yaml.safe_load(open(sys.argv[1]))["kind"])' "$here/container/daemonset.yaml")" \
		DaemonSet "the manifest is YAML"
else
	n=$((n + 1)); echo "ok $n - # SKIP no python3-yaml"
fi
caps=$(echo "$unit" | tr 'A-Z\n' 'a-z,' | sed 's/,$//; s/,/,+/g; s/^/+/')
setpriv --bounding-set "-all,$caps" --inh-caps "-all" --no-new-privs "$build/fixbuf-trace" export --once > "${out:=$(mktemp)}" 2>&1
is $? 0 "export runs with these alone"
is "$(grep -c '^fixbuf_verify_up 1' "$out")" 1 "and checks pages"
rm -f "$out"
echo "1..$n"
