# SPDX-License-Identifier: GPL-2.0
#
# awk -f explanations.awk explanations.txt LOG: judges each "kernel-explain:" line of a guest, which
# has program, operation, errno and the explanation, by the first line of the list that fits it:
#   kernel-judged: ok true|vague ...    kernel-judged: not-ok ...
# The list has the verdict (true, vague or false), program, operation, errno, the explanation without
# numbers, names in quotes and remarks in parentheses, and why the verdict is so; "*" stands for any.
BEGIN { FS = "\t" }

# As cause_text() does
function common(s) {
	gsub(/'[^']*'/, "", s)
	while (match(s, / ?\([^()]*\)/))
		s = substr(s, 1, RSTART - 1) substr(s, RSTART + RLENGTH)
	gsub(/[0-9][0-9A-Za-z]*(\.[0-9][0-9A-Za-z]*)?( (bytes?|KiB|MiB|GiB|TiB))?/, "N", s)
	return s
}

function fits(wanted, is) { return wanted == "*" || wanted == is }

FNR == NR {
	if (/^#/ || !NF)
		next
	verdict[++n] = $1; program[n] = $2; op[n] = $3; error[n] = $4; says[n] = $5
	next
}

/^kernel-explain: / {
	sub(/^kernel-explain: /, "")
	text = common($4)
	found = 0
	for (i = 1; i <= n && !found; i++)
		if (fits(program[i], $1) && fits(op[i], $2) && fits(error[i], $3) && says[i] == text)
			found = i
	told = $1 " " $2 " " $3 ": " text
	if (!found)
		result = "not-ok not in the list: " told
	else if (verdict[found] == "true" || verdict[found] == "vague")
		result = "ok " verdict[found] " " told
	else
		result = "not-ok false: " told
	if (!(result in seen))
		print "kernel-judged: " result
	seen[result] = 1
}
