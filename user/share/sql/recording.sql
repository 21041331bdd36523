-- SPDX-License-Identifier: GPL-2.0
-- What report --sqlite writes. SQLite keeps of a comment what lies within a statement, for .schema.

CREATE TABLE recordings(
	-- Times are nanoseconds since 1970 (UTC), durations nanoseconds, sizes bytes; NULL is what is not
	-- known. Every row begins with the machine that was recorded and the begin of the recording, so
	-- that recordings of a fleet are in one file: given at once, or ATTACH each, INSERT ... SELECT.
	--
	-- Files that are given together are recordings of their own, but for segments of one run of the
	-- flight recorder.
	-- A part of a recording, from a look at all rings to an end: a file that was appended to has several,
	-- and so has what the flight recorder saved, a part per segment, of one run (parts of report --json
	-- are runs). uses_lost: uses of buffers found no room to be counted. no_cause: I/Os that failed, were
	-- not cancelled, and are in no row of failures. left_out: events that waited when it ended
	-- at --max-size; later ones were not recorded. skipped_slots, unsteady_rings: slots, and rings, of
	-- which the tables were not read: buffers in them are in no row.
	machine TEXT, recording INTEGER, part INTEGER, kernel TEXT, arch TEXT,
	tier TEXT, command TEXT, cpus INTEGER, page_bytes INTEGER, begin_ns INTEGER, end_ns INTEGER,
	events INTEGER, lost INTEGER, clean_end INTEGER, uses_lost INTEGER,
	no_cause INTEGER, left_out INTEGER, skipped_slots INTEGER, unsteady_rings INTEGER);

CREATE TABLE rings(
	-- end_ns NULL: it was open at the end, or its end was not recorded. Older rings have the time at which they were first seen.
	machine TEXT, recording INTEGER, ring INTEGER, pid INTEGER, ns_pid INTEGER,
	uid INTEGER, comm TEXT, fd INTEGER, begin_ns INTEGER, end_ns INTEGER);

CREATE TABLE buffers(
	-- A buffer in a slot; one that several slots hold has a row for each. older: it was registered before the recording began. ops: those in operations.
	machine TEXT, recording INTEGER, buffer INTEGER, ring INTEGER, slot INTEGER,
	address INTEGER, bytes INTEGER, segments INTEGER, folio_bytes INTEGER, charged_bytes INTEGER,
	begin_ns INTEGER, end_ns INTEGER, begin_call INTEGER, end_call INTEGER, older INTEGER, ops INTEGER);

CREATE TABLE calls(
	-- Register, update, clone, unregister, and rings that could not be made. result: as returned.
	machine TEXT, recording INTEGER, call INTEGER, ring INTEGER, pid INTEGER,
	ns_pid INTEGER, tid INTEGER, uid INTEGER, comm TEXT, kind TEXT, end_ns INTEGER,
	duration_ns INTEGER, entries INTEGER, fd INTEGER, result INTEGER, errno TEXT, cause TEXT);

CREATE TABLE pins(
	-- pin and unpin. derived: concluded from what the call did, as its own moment was not seen.
	machine TEXT, recording INTEGER, t_ns INTEGER, ring INTEGER, call INTEGER,
	pid INTEGER, kind TEXT, address INTEGER, bytes INTEGER, derived INTEGER);

CREATE TABLE charges(
	-- charge and uncharge, with the level of the user's account after it.
	machine TEXT, recording INTEGER, t_ns INTEGER, ring INTEGER, call INTEGER,
	pid INTEGER, kind TEXT, bytes INTEGER, user_after_bytes INTEGER, limit_bytes INTEGER,
	derived INTEGER);

CREATE TABLE levels(
	-- Levels of accounts, where they changed. kind: user, or process (its pinned_vm).
	machine TEXT, recording INTEGER, t_ns INTEGER, account INTEGER, kind TEXT,
	uid INTEGER, pid INTEGER, comm TEXT, charged_bytes INTEGER, pinned_bytes INTEGER,
	limit_bytes INTEGER);

CREATE TABLE failures(
	-- Calls and I/O that failed, equal causes of a process as one; of I/O also what was cancelled
	-- (ECANCELED), and not what has no cause: recordings.no_cause.
	machine TEXT, recording INTEGER, what TEXT, pid INTEGER, comm TEXT,
	operation TEXT, errno TEXT, count INTEGER, first_ns INTEGER, last_ns INTEGER, cause TEXT);

CREATE TABLE io(
	-- The counters of I/O by interval, process, ring and operation. An interval ends when they are
	-- read, and the next begins; they are read last just after the recording's end. notified: zero-copy sends of which
	-- a notification said that their memory is free; notified_ns: from their submission on, in all.
	-- bytes: as done; operations.bytes are as asked for.
	-- coarse: of those timed, latencies known to a power of two only, as the histogram table had no more room.
	machine TEXT, recording INTEGER, begin_ns INTEGER, end_ns INTEGER, ring INTEGER,
	pid INTEGER, uid INTEGER, comm TEXT, operation TEXT, fixed INTEGER, ops INTEGER, bytes INTEGER,
	errors INTEGER, cancelled INTEGER, shorts INTEGER, punts INTEGER, timed INTEGER,
	coarse INTEGER, latency_ns INTEGER, max_ns INTEGER, p50_ns INTEGER, p99_ns INTEGER, notified INTEGER,
	notified_ns INTEGER, notified_max_ns INTEGER);

CREATE TABLE histograms(
	-- Latencies of a whole part: count operations took from_ns or more, and less than to_ns. Those that
	-- are coarse, see io, are spread over their power of two.
	machine TEXT, recording INTEGER, part INTEGER, ring INTEGER, pid INTEGER,
	operation TEXT, fixed INTEGER, from_ns INTEGER, to_ns INTEGER, count INTEGER);

CREATE TABLE uses(
	-- I/O as counted over each registered buffer, a row for each ring, slot and address of a part; one without ops: what was to go over it failed.
	-- One without a row saw none, unless the recording's uses_lost is set.
	machine TEXT, recording INTEGER, part INTEGER, ring INTEGER, slot INTEGER,
	address INTEGER, ops INTEGER, bytes INTEGER, last_ns INTEGER);

CREATE TABLE operations(
	-- Each I/O over a registered buffer, of record --io; with --sample one in so many.
	-- bytes: as asked for; what was done, as io.bytes counts it, is in result.
	-- user_data: as 0x1f, what the program calls it.
	machine TEXT, recording INTEGER, t_ns INTEGER, ring INTEGER, buffer INTEGER,
	pid INTEGER, operation TEXT, result INTEGER, offset_bytes INTEGER, bytes INTEGER,
	latency_ns INTEGER, user_data TEXT);

CREATE TABLE findings(
	-- What report --verify finds.
	machine TEXT, recording INTEGER, tag TEXT, severity TEXT, first_ns INTEGER,
	pid INTEGER, uid INTEGER, comm TEXT, slot INTEGER, address INTEGER, pages INTEGER, detail TEXT,
	remedy TEXT);

CREATE TABLE memory(
	-- What rings have besides buffers, as it was read once a second: queues, sqes (the ring lies in the
	-- program's memory), region, provided (a ring of provided buffers, of that group). pinned: pages of
	-- a program; else the kernel's own. begin_ns: it was read first; end_ns: no more (NULL: it was there at the end).
	machine TEXT, recording INTEGER, ring INTEGER, what TEXT, buffer_group INTEGER,
	bytes INTEGER, pinned INTEGER, begin_ns INTEGER, end_ns INTEGER);

CREATE TABLE lost(
	-- Nothing is known of between the two. events NULL: that time was not recorded, it lies between parts.
	machine TEXT, recording INTEGER, begin_ns INTEGER, end_ns INTEGER, events INTEGER);

CREATE VIEW top_pinners AS
	-- Who pinned most at once.
	SELECT machine, recording, pid, comm, max(pinned_bytes) AS peak_pinned_bytes,
		max(charged_bytes) AS peak_charged_bytes
	FROM levels WHERE kind = 'process' GROUP BY machine, recording, pid, comm
	ORDER BY peak_pinned_bytes DESC;

CREATE VIEW failed_calls AS
	-- Why calls failed.
	SELECT machine, recording, end_ns, pid, comm, kind, errno, cause
	FROM calls WHERE result < 0 ORDER BY end_ns;

CREATE VIEW unused_buffers AS
	-- Buffers over which no I/O was counted; none of a recording that counts in part. A buffer that is
	-- registered again, as the same slot and address, is one more; used is then each of them. As in
	-- report --json (buffers.unused) the older ones are among them.
	SELECT b.machine, b.recording, r.pid, r.comm, b.ring, b.slot, b.address, b.bytes,
		b.begin_ns, b.end_ns, b.older
	FROM buffers b JOIN rings r ON r.machine IS b.machine AND r.recording = b.recording
		AND r.ring = b.ring
	WHERE NOT EXISTS (SELECT 1 FROM recordings p WHERE p.machine IS b.machine
		AND p.recording = b.recording AND p.uses_lost)
	AND NOT EXISTS (SELECT 1 FROM uses u WHERE u.machine IS b.machine
		AND u.recording = b.recording AND u.ring = b.ring AND u.slot = b.slot
		AND u.address = b.address)
	ORDER BY b.bytes DESC;

CREATE VIEW latency_fixed_vs_plain AS
	-- ops: those timed. Percentiles as in report --json: the middle of the histogram's bucket, within 1/32
	-- of the latency. coarse: so many of ops are known to a power of two only; with them percentiles
	-- are no better.
	WITH buckets AS (SELECT machine, fixed, from_ns, ifnull((from_ns + to_ns - 1) / 2, from_ns) AS ns,
			sum(count) AS n FROM histograms GROUP BY machine, fixed, from_ns, to_ns),
		ranks AS (SELECT machine, fixed, ns,
			sum(n) OVER (PARTITION BY machine, fixed ORDER BY from_ns) AS upto,
			sum(n) OVER (PARTITION BY machine, fixed) AS total FROM buckets),
		found AS (SELECT machine, fixed, max(total) AS ops,
			min(CASE WHEN 2 * upto >= total THEN ns END) AS p50_ns,
			min(CASE WHEN 100 * upto >= 99 * total THEN ns END) AS p99_ns
			FROM ranks GROUP BY machine, fixed),
		sums AS (SELECT machine, fixed, sum(coarse) AS coarse, max(max_ns) AS max_ns
			FROM io GROUP BY machine, fixed)
	SELECT f.machine, CASE f.fixed WHEN 1 THEN 'fixed' ELSE 'plain' END AS how, f.ops,
		min(f.p50_ns, s.max_ns) AS p50_ns, min(f.p99_ns, s.max_ns) AS p99_ns, s.coarse
	FROM found f JOIN sums s ON s.machine IS f.machine AND s.fixed = f.fixed;

CREATE INDEX uses_of_buffers ON uses(
	-- For unused_buffers: without it each buffer is compared with each use.
	machine, recording, ring, slot, address);

CREATE INDEX parts_of_recordings ON recordings(
	-- The same, of recordings that have many parts.
	machine, recording);
