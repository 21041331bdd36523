#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The man page against the tables of commands and options: each is there under
# its command, nothing else is; and groff and man have nothing to say about it.
# Prints TAP.
# usage: man.sh BUILD_DIR

build=$(cd "${1:?usage: man.sh BUILD_DIR}" && pwd) || exit 2
cd "$(dirname "$0")" || exit 2
. ./tables.sh
PATH=$build:$PATH
page=../../user/share/fixbuf-trace.8
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
tests=0

ok() {
	tests=$((tests + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $tests - $1"
	else
		echo "not ok $tests - $1"
		echo "$2" > "$work/page"
		echo "$3" > "$work/table"
		diff "$work/page" "$work/table" | sed -n 's/^</# only in the man page:/p; s/^>/# not in the man page:/p'
	fi
}

# section 'SH' ['SS']: its lines
section() {
	awk -v sh="$1" -v ss="$2" '
		/^\.SH/ { in_sh = $0 == ".SH " sh; in_ss = ss == "" }
		/^\.SS/ { in_ss = ss == "" || $0 == ".SS " ss; next }
		in_sh && in_ss' "$page" | sed 's/\\-/-/g'
}

# What --help says, a line an option: "-p --pid PID[,PID]", sorted
table() {
	fixbuf-trace "$1" --help |
		sed -nE 's/^  (-.,|   ) (--[a-z0-9-]+)(=([^ ]+))?( .*)?$/\1 \2 \4/p' |
		sed -E 's/^ +//; s/,//; s/ +$//' | sort
}

# An option as a synopsis has it: by its letter, if there is one
in_short() {
	sed -E 's/^(-.) --[^ ]+/\1/' | sort
}

# The options that a synopsis shows
synopsis() {
	section COMMANDS "$1" | sed -n '/^\.SY/,/^\.YS/s/^\.OP //p' | sort
}

# The options that a list of paragraphs explains: the tag without its fonts
explained() {
	section OPTIONS "$1" | grep -A 1 '^\.TP' | grep -E '^\.B' |
		sed -E 's/^\.(B[IR]?) //; s/\\f.//g; s/[",]//g; s/\[PID\]/[,PID]/; s/ +/ /g; s/ $//' | sort
}

ok "every command, no other" "$(sed -n '/^\.SH COMMANDS/,/^\.SH OPTIONS/s/^\.SS //p' $page | sort)" \
	"$(commands | tr ' ' '\n')"

for command in $(commands); do
	table "$command" > "$work/$command"
done
cat "$work"/* | sort -u > "$work/all"
explained 'Every command' > "$work/every"

for command in $(commands); do
	ok "$command takes what every command takes" "$(comm -23 "$work/every" "$work/$command")" ""
	ok "$command: the rest of its options, no other" "$(synopsis "$command")" \
		"$(comm -13 "$work/every" "$work/$command" | in_short)"
	ok "$command: its synopsis names it" "$(section COMMANDS "$command" | grep -c "^\.SY .*$command\"$")" 1
done
ok "every option is explained, once, no other" "$(explained 'Some commands' | sort - "$work/every")" \
	"$(cat "$work/all")"

tags=$(fixbuf-trace verify --json-schema | sed -n '/"finding_tag": {/,/\]/s/^ *"\([a-z-]*\)",*$/\1/p' | sort)
ok "every tag of a finding, no other" \
	"$(section FINDINGS | sed -n 's/^\.BR \([a-z-]*\) .*/\1/p' | sort)" "$tags"

for name in NAME SYNOPSIS DESCRIPTION COMMANDS OPTIONS TIERS FINDINGS "EXIT STATUS" FILES "FILE FORMAT" \
	PRIVILEGES OVERHEAD LOSS EXAMPLES "SEE ALSO"; do
	ok "there is a section $name" "$(grep -c "^\.SH $name$" $page)" 1
done

# an-ext and tables as man does it; -ww are all warnings
ok "groff says nothing" "$(groff -ww -t -man -Tutf8 $page 2>&1 > "$work/text")" ""
ok "man says nothing" "$(man --warnings -E UTF-8 -l $page 2>&1 > "$work/text")" ""
# as lintian asks, and at other widths: what lies at the end of a page depends on them
ok "nor at any width" "$(for width in 80 90 100 110 120 130 140 150; do
	MANROFFSEQ='' MANWIDTH=$width LC_ALL=C.UTF-8 man --warnings -E UTF-8 -l -Tutf8 -Z $page 2>&1 > "$work/text"
done)" ""
ok "and prints it" "$(man -l $page 2> /dev/null | grep -c 'show what the kernel does')" 1
echo "1..$tests"
