# SPDX-License-Identifier: GPL-2.0
# To be sourced: the tables of commands and options, as the --help of
# fixbuf-trace in PATH shows them, sorted, on one line.

commands() {
	fixbuf-trace --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' | sort | xargs
}

# options COMMAND
options() {
	fixbuf-trace "$1" --help | sed -nE 's/^  (    |-., )(--[a-z0-9-]+).*/\2/p' | sort | xargs
}
