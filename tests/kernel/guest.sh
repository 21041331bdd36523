# SPDX-License-Identifier: GPL-2.0
#
# In the guest, as /job, behind lines that set VARIANT, SUITES, PARTS and TIERED: runs the
# suites one after the other. Each line that counts begins with "kernel-":
#   kernel-suite: NAME            kernel-result: PROGRAM ok|not-ok|skip TEST
#   kernel-suite-end: NAME        kernel-say: a sentence
echo "kernel-release: $(uname -r) $(uname -v)"
echo 16 >/proc/sys/vm/nr_hugepages
export TMPDIR=/mnt/disk
# an emulated processor is slow, one with sanitizers slower
LIMIT=${LIMIT:-120}

complaints() {
	dmesg | grep -E 'WARNING: |BUG: |kernel BUG|Oops|KASAN|UBSAN|general protection|possible .*deadlock|unreferenced object|refcount_t:|list_(add|del) corruption|blocked for more than|detected stalls'
	# a sanitizer that gave up finds nothing
	dmesg | grep -E 'kmemleak: (Kernel memory leak detector disabled|Cannot)'
	grep -sE 'debug_locks: +0' /proc/lockdep_stats
}

# One program that prints TAP: its output, then its results
tap() {
	name=$1
	shift
	timeout -s KILL "$LIMIT" "$@" >/tmp/tap 2>&1
	status=$?
	grep -vE '^#  (RUN| +OK)|^ok ' /tmp/tap
	sed -n -e "s/^ok [0-9]* \(- \)\{0,1\}\(.*\) # SKIP.*/kernel-result: $name skip \2/p;t" \
		-e "s/^ok [0-9]* \(- \)\{0,1\}\(.*\)/kernel-result: $name ok \2/p;t" \
		-e "s/^not ok [0-9]* \(- \)\{0,1\}\(.*\)/kernel-result: $name not-ok \2/p" /tmp/tap >/tmp/results
	cat /tmp/results
	# one that died before its plan was done, or a result that was not understood
	planned=$(sed -n 's/^1\.\.\([0-9]*\).*/\1/p' /tmp/tap | head -n 1)
	ran=$(grep -c . /tmp/results)
	[ "${planned:-0}" -gt 0 ] && [ "$ran" -eq "$planned" ] ||
		echo "kernel-result: $name not-ok ended-early-status-$status"
}

suite_kselftest() {
	# folios between the sizes, for the tests that take any
	for f in /sys/kernel/mm/transparent_hugepage/hugepages-64kB/enabled; do
		[ ! -w $f ] || echo always >$f
	done
	cd /mnt/disk || return
	for program in /fixbuf/bin/regbuf_*; do
		tap "${program##*/}" "$program"
	done
}

suite_liburing() {
	cd /mnt/disk || return
	for name in $LIBURING; do
		timeout -s KILL "$LIMIT" "/fixbuf/bin/$name" >/tmp/out 2>&1 </dev/null
		status=$?
		case $status in
		0) echo "kernel-result: liburing ok $name" ;;
		77) echo "kernel-result: liburing skip $name" ;;
		*)
			sed 's/^/    /' /tmp/out | tail -n 20
			echo "kernel-result: liburing not-ok $name"
			;;
		esac
	done
}

# What fixbuf-trace says why something failed, of calls by trace and of I/O by stat, while liburing's
# tests run: a line each, which explanations.awk judges by explanations.txt.
suite_explanations() {
	cd /mnt/disk || return
	for name in $LIBURING $MORE; do
		echo "timeout -s KILL 20 /fixbuf/bin/$name >/dev/null 2>&1 </dev/null"
	done >/tmp/foreign
	fixbuf-trace trace --io --failed --json -q -o /tmp/trace.json -- \
		fixbuf-trace stat --json -q -o /tmp/stat.json -- sh /tmp/foreign
	for said in /tmp/trace.json /tmp/stat.json; do
		# an object a line, those of stat's list of failures too
		sed -e 's/"io_[a-z]*":\[{/\n{/g' -e 's/},{/},\n{/g' $said | awk '
			function of(name) {
				if (!match($0, "\"" name "\":\"[^\"]*\""))
					return "-"
				return substr($0, RSTART + length(name) + 4, RLENGTH - length(name) - 5)
			}
			/"explain":"/ {
				op = of("opcode")
				printf "kernel-explain: %s\t%s\t%s\t%s\n", of("comm"), op == "-" ? of("event") : op, of("errno"), of("explain")
			}'
	done | sort -u
}

suite_fixbuf() {
	cd /fixbuf || return
	sh tests/vm/suite.sh
}

suite_seeded() {
	tap seeded /fixbuf/build/tests/live/seeded
}

# Everything that the series' events tell is computed, too, while they are on
events() {
	for event in /sys/kernel/tracing/events/io_uring/io_uring_buf_*/enable; do
		[ ! -w "$event" ] || echo "$1" >"$event"
	done
}

suite_stress() {
	cd /mnt/disk || return
	: "${STRESS_SECONDS:=60}"
	events 1
	tap each_failure /fixbuf/bin/each_failure
	LIMIT=$((STRESS_SECONDS + 300))
	tap stress /fixbuf/bin/stress "$STRESS_SECONDS"
	events 0
	case $VARIANT in
	stock*) return ;;
	*-7.3) of_series="register release account" ;;
	*) of_series="pin unpin charge uncharge import register_fail" ;;
	esac
	cat /sys/kernel/tracing/trace >/tmp/events
	for event in $of_series; do
		verdict=not-ok
		! grep -q "io_uring_buf_$event: " /tmp/events || verdict=ok
		echo "kernel-result: stress $verdict the log of events has io_uring_buf_$event"
	done
}

for suite in $SUITES; do
	echo "kernel-suite: $suite"
	began=$(date +%s)
	(suite_"$suite")
	echo "kernel-suite-end: $suite $(($(date +%s) - began))"
done
found=$(complaints)
if [ "$found" ]; then
	echo "$found"
	echo "kernel-say: the log holds a complaint"
fi
