// SPDX-License-Identifier: GPL-2.0
// What failed, what was used, what it cost.

// What was registered again as it was is one buffer.
function useName(b) {
	return b.name + (b.times > 1 ? ` \u00d7${count(b.times)}` : "");
}

function offsetsMap(width) {
	// a name beside its row takes too much of a narrow screen: there it is above
	const longest = Math.max(...data.offsets.map(b => useName(b).length));
	const above = width < 600, row = above ? 30 : 16;
	const left = above ? 0 : Math.min(width / 2, Math.max(230, 12 + 6.2 * longest));
	const svg = make("svg", {viewBox: `0 0 ${width} ${data.offsets.length * row + 4}`, role: "img",
				 "aria-label": "offsets used in each buffer"});

	data.offsets.forEach((b, i) => {
		const most = Math.max(...b.bins, 1), w = (width - left - 4) / b.bins.length;
		const y = i * row + (above ? 16 : 2), h = above ? 10 : row - 3;

		svg.append(make("text", above ? {x: 0, y: i * row + 12} :
				{x: left - 8, y: i * row + 13, "text-anchor": "end"}, useName(b)),
			   make("rect", {class: "axis", x: left, y, width: width - left - 4, height: h}));
		b.bins.forEach((n, k) => {
			if (!n)
				return;
			svg.append(make("rect", {x: left + k * w, y, width: w, height: h, style: `fill: ${heat(n / most)}`},
				make("title", {}, `${useName(b)}: ${count(n)} requests from ` +
				     `${bytes(k * b.len_bytes / b.bins.length)} on`)));
		});
	});
	return svg;
}

function drawOffsets() {
	const box = byId("offsets-map");

	if (!data.offsets.length) {
		none("offsets-map", data.totals.fixed_ops && !data.about.sample ?
			`${plural(data.totals.fixed_ops, "I/O", "I/Os")} over registered buffers were counted, not written one by one: ` +
			"with record --io this shows which parts they were over." :
			"No I/O over a registered buffer ended while it was recorded.");
		return;
	}
	byId("offsets-note").textContent = "One row per buffer, from its first byte to its last; the stronger the " +
		"colour, the more requests touched that part" +
		(data.about.sample > 1 ? `; one request in ${data.about.sample} was recorded.` : ".") +
		(data.offsets.some(b => b.times > 1) ? " \u00d7: registered so many times, in this slot and at one address." : "") +
		(data.offsets_left_out ? ` ${plural(data.offsets_left_out, "buffer", "buffers")} that fewer requests touched ` +
			"are left out." : "");
	place(box, offsetsMap);
}

function mark(shape, x, y) {
	const s = 4;

	return [`M${x - s},${y}a${s},${s} 0 1 0 ${2 * s},0a${s},${s} 0 1 0 ${-2 * s},0`,
		`M${x - s},${y - s}l${2 * s},${2 * s}m0,${-2 * s}l${-2 * s},${2 * s}`,
		`M${x - s},${y + s}h${2 * s}l${-s},${-2 * s}z`][shape];
}

function costChart(calls, width) {
	const kinds = ["register", "update", "clone"];
	const c = chart(width, 260, "duration of calls by the size they registered");
	const size = calls.map(k => k.bytes), time = calls.map(k => k.duration_ns);

	c.x = logarithmic(Math.min(...size) / 3, Math.max(...size) * 3, c.left, c.right);
	c.y = logarithmic(Math.min(...time) / 3, Math.max(...time) * 3, c.bottom, c.top);

	const xs = powers(Math.min(...size) / 3, Math.max(...size) * 3, 4);
	const every = Math.ceil(xs.length / Math.max(2, (c.right - c.left) / 60));

	c.axes(xs.filter((x, i) => i % every === 0), bytes,
	       powers(Math.min(...time) / 3, Math.max(...time) * 3, 10), ns);
	for (const k of calls) {
		const shape = Math.max(0, kinds.indexOf(k.kind));

		c.svg.append(make("path", {class: `mark m${shape}`, d: mark(shape, c.x(k.bytes), c.y(k.duration_ns))},
			make("title", {}, `${k.kind} of ${bytes(k.bytes)} in ${ns(k.duration_ns)}, ${k.comm}, pid ${pidOf(k)}`)));
	}
	return c.svg;
}

function drawCost() {
	const calls = data.calls.filter(c => c.duration_ns > 0 && c.bytes > 0);

	if (!calls.length) {
		none("cost-chart", "No call that registered anything was seen with its duration.");
		return;
	}
	byId("cost-note").textContent = "One mark per call: circle register, cross update, triangle clone." +
		(data.totals.calls_left_out ? ` ${plural(data.totals.calls_left_out, "later call is", "later calls are")} left out.` : "");
	place(byId("cost-chart"), width => costChart(calls, width));
}

// Before so many are told, the rest of the page would be out of sight.
const FAILURES = 5;

function drawSome(id, titles, rows, more) {
	const into = byId(id);
	const shown = rows.length > FAILURES + 1 ? FAILURES : rows.length;

	into.append(table(titles, rows.slice(0, shown)));
	if (rows.length > shown)
		into.append(folded(`${count(rows.length - shown)} ${more}`, table(titles, rows.slice(shown))));
}

// .error: has one, or only took a slower way.
function drawIos(id, list, error, more) {
	if (list.length)
		drawSome(id,
			[{title: "first after", n: 1}, {title: "process"}, {title: "I/O"}, {title: "times", n: 1},
			 ...error ? [{title: "error"}] : [], {title: "why"}],
			list.map(f => [ns(f.first_ns), `${f.comm}, pid ${f.pid}`, f.opcode, count(f.count),
				...error ? [f.errno] : [], (f.count > 1 && f.addr !== null ? "the first: " : "") + f.explain]),
			more);
}

// As in the text: what was counted as failed, and is in no row.
function drawNoCause() {
	const n = data.totals.io_no_cause, full = "the table of causes had no more room";
	const known = data.totals.causes_lost >= n;

	if (n)
		none("io-failures-table", (data.io_failures.length ? `${count(n)} more` : plural(n, "I/O that failed", "I/Os that failed")) +
			`${n === 1 ? " has" : " have"} no cause` +
			(known ? `: ${full}.` : data.totals.causes_lost ? ` that is known; ${full}.` : " that is known."));
}

function drawFailures() {
	const failed = data.failures;

	byId("failures").hidden = !(failed.length || data.io_failures.length || data.totals.io_no_cause);
	byId("slower").hidden = !data.io_slower.length;
	drawIos("io-failures-table", data.io_failures, true, "more kinds of I/O that failed");
	drawNoCause();
	drawIos("slower-table", data.io_slower, false, "more kinds of I/O that took a slower way");
	if (failed.length)
		drawSome("failures-table",
			[{title: "first after", n: 1}, {title: "process"}, {title: "call"}, {title: "times", n: 1},
			 {title: "error"}, {title: "why"}],
			failed.map(f => [ns(Math.max(0, f.since_ns)), `${f.comm}, pid ${pidOf(f)}`, f.call, count(f.count),
				f.errno || "not all done", (f.differ ? "the first: " : "") + (f.explain || "")]),
			"more kinds of calls that failed");
	if (data.failures_left_out)
		none("failures-table", `${plural(data.failures_left_out, "call", "calls")} of further kinds ` +
			"failed, too; 'report --all' tells more of them.");
}
