#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What bash, zsh and fish offer for lines of fixbuf-trace, by the scripts that
# it prints, demanded word by word. Prints TAP.
# usage: completion.sh BUILD_DIR

build=$(cd "${1:?usage: completion.sh BUILD_DIR}" && pwd) || exit 2
cd "$(dirname "$0")" || exit 2	# a folder with a file to complete
. ./tables.sh
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
PATH=$build:$PATH
tests=0

ok() {
	tests=$((tests + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $tests - $1"
	else
		echo "not ok $tests - $1"
		echo "# got  '$2'"
		echo "# want '$3'"
	fi
}

# Each is given the words of the line, the last one to be completed; a candidate a line.
bash_offers() {
	# shellcheck disable=SC2016 # for bash to expand
	bash --norc -c '. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
		$(complete -p fixbuf-trace | sed "s/.*-F \([^ ]*\).*/\1/")
		printf "%s\n" "${COMPREPLY[@]}"' "$work/bash" "$@"
}

fish_offers() {
	# shellcheck disable=SC2016 # for fish to expand
	fish --no-config -c 'source $argv[1]; complete -C "$argv[2]"' "$work/fish" "$*" | cut -f 1
}

# It completes only in a terminal: one of its own, where what it would add is written down.
zsh_offers() {
	rm -f "$work/offered"
	# shellcheck disable=SC2016 # for zsh to expand
	zsh -f -c 'zmodload zsh/zpty
		zpty shell zsh -f -i
		zpty -w shell "source $1"
		zpty -r shell said "*ready*"
		zpty -n -w shell "$2"$'"'\\t'"'
		while zpty -r shell said; do :; done' - "$work/terminal" "$*" > "$work/log" 2>&1
	cat "$work/offered" 2> "$work/log"
}

cat > "$work/terminal" << END
fpath=($work \$fpath)
autoload -Uz compinit
compinit -u -D
[ ! -e $work/source ] || source $work/zsh
zstyle ':completion:*' verbose no
compadd() {
	local -a offered
	if [[ \${@[1,(i)(-|--)]} != *-(O|A|D)\ * ]]; then
		builtin compadd -O offered "\$@"
		(( \$#offered )) && print -rl -- \$offered >> $work/offered
	fi
	builtin compadd "\$@"
}
finish() {
	zle list-choices
	exit
}
zle -N finish
bindkey '^I' finish
print ready
END

# offers 'what it is' 'candidates, sorted' WORD...: in each shell
offers() {
	what=$1 want=$2
	shift 2
	for shell in bash zsh fish; do
		ok "$shell: $what" "$(${shell}_offers "$@" | sed 's/^--.*=//; s/ *$//' | sort -u | xargs)" "$want"
	done
}

for shell in bash zsh fish; do
	fixbuf-trace --completion $shell > "$work/$shell"
	ok "$shell: the script is printed" $? 0
	$shell -n "$work/$shell"
	ok "$shell: it is well-formed" $? 0
done

# where make install puts it, zsh reads it by its name
mv "$work/zsh" "$work/_fixbuf-trace"
offers "all commands" "$(commands)" fixbuf-trace ''
offers "a command by its beginning" verify fixbuf-trace ver
offers "an option without a command" --usage fixbuf-trace --us
offers "none of a command before it" '' fixbuf-trace --ti
offers "an option of a command" --write fixbuf-trace bench --wr
offers "none that it does not take" '' fixbuf-trace list --wr
offers "tiers" 'functions kprobes patched tracepoints' fixbuf-trace doctor --tier ''
offers "severities" 'error info warning' fixbuf-trace verify --fail-on ''
offers "durations" '10s 1m 1s 500ms' fixbuf-trace trace -d ''
offers "shells" 'bash fish zsh' fixbuf-trace --completion ''
offers "weights of report" 'charged count pinned time' fixbuf-trace report --by ''
offers "labels of export" 'cgroup process ring' fixbuf-trace export --by ''
offers "a process" $$ fixbuf-trace list --pid $$
offers "a file of an option" completion.sh fixbuf-trace list -o completion.s
offers "a file" completion.sh fixbuf-trace bench completion.s
offers "no file where none goes" '' fixbuf-trace list completion.s
offers "a program" uptime fixbuf-trace stat -- uptim
offers "its arguments" completion.sh fixbuf-trace trace -- cat completion.s

for command in $(commands); do
	offers "every option of $command, no other" "$(options "$command")" fixbuf-trace "$command" --
done
mv "$work/_fixbuf-trace" "$work/zsh"
: > "$work/source"
ok "zsh: the same when it is sourced" "$(zsh_offers fixbuf-trace ver)" verify
echo "1..$tests"
