// SPDX-License-Identifier: GPL-2.0
// Fixed against plain: of one program, in one way, on one axis.

const KINDS = [["fixed", "over registered buffers"], ["plain", "plain"]];
const PROGRAMS = 12;	// so many are not folded

// With both kinds first, as they alone compare; then those with most I/O.
function programsByUse() {
	const ops = p => KINDS.reduce((n, [kind]) => n + (p[kind] ? p[kind].ops : 0), 0);
	const both = p => Number("fixed" in p && "plain" in p);
	const timed = data.latency.programs.filter(p => KINDS.some(([kind]) => p[kind] && p[kind].p50_ns !== null));

	return timed.sort((a, b) => both(b) - both(a) || ops(b) - ops(a));
}

function programName(p) {
	return `${p.comm || "processes that ended"}, ${p.op}`;
}

// A bar from the median to the 99th percentile for each kind, on the axis of all.
function programsChart(programs, width) {
	const above = width < 600, row = above ? 48 : 34;
	const c = chart(width, programs.length * row + 36, "latency of each program, fixed against plain");
	const ends = programs.flatMap(p => KINDS.flatMap(([kind]) => p[kind] ? [p[kind].p50_ns, p[kind].p99_ns] : []))
		.filter(v => v !== null).map(v => Math.max(1, v));
	const from = Math.min(...ends) / 1.5, to = Math.max(...ends) * 1.5;

	c.left = above ? 4 : 190;
	c.x = logarithmic(from, to, c.left, c.right);
	c.axes(powers(from, to, 10), ns, [], ns);
	programs.forEach((p, i) => {
		const y = c.top + i * row + (above ? 14 : 0);

		c.svg.append(make("text", above ? {x: c.left + 2, y: y - 3} : {x: c.left - 8, y: y + 19, "text-anchor": "end"},
				  programName(p)));
		KINDS.forEach(([kind, name], k) => {
			const io = p[kind];

			if (!io || io.p50_ns === null)
				return;

			const at = y + 9 + k * 14, a = c.x(Math.max(1, io.p50_ns)), b = c.x(Math.max(1, io.p99_ns));

			c.svg.append(make("path", {class: k ? "two" : "one", d: `M${a},${at}H${Math.max(b, a + 1)}`}),
				make("path", {class: `mark m${k}`, d: mark(k, a, at)}, make("title", {},
					`${programName(p)}, ${name}: median ${ns(io.p50_ns)}, 99 % within ${ns(io.p99_ns)}, ` +
					`${count(io.ops)} requests`)));
		});
	});
	return c.svg;
}

function latencyTable(programs) {
	const rows = [];

	for (const p of [{name: "all", ...data.latency.all}, ...programs])
		for (const [kind, name] of KINDS)
			if (p[kind])
				rows.push([p.name || programName(p), name, count(p[kind].ops),
					...["p50_ns", "p90_ns", "p99_ns", "p999_ns", "max_ns"].map(
						k => p[kind][k] === null ? "-" :
							(p[kind].coarse && k !== "max_ns" ? "~" : "") + ns(p[kind][k]))]);
	return table([{title: "program"}, {title: "requests"}, {title: "number", n: 1}, {title: "p50", n: 1},
		{title: "p90", n: 1}, {title: "p99", n: 1}, {title: "p99.9", n: 1}, {title: "max", n: 1}], rows);
}

function latencyMap(kind, title, width) {
	const c = chart(width, 190, `${title}: latency over time`);
	const edges = data.latency.edges_ns;
	const cells = data.latency.intervals;
	const most = Math.max(1, ...cells.flatMap(i => i[kind].map(b => b[1])));

	c.x = linear(0, data.about.duration_ns, c.left, c.right);
	c.y = logarithmic(data.latency.min_ns, data.latency.max_ns, c.bottom, c.top);
	for (const i of cells) {
		for (const [bucket, n] of i[kind]) {
			const x = c.x(i.from), high = c.y(edges[bucket + 1]), low = c.y(edges[bucket]);

			c.svg.append(make("rect", {x, y: high, width: Math.max(1, c.x(i.to) - x), height: low - high,
				style: `fill: ${heat(n / most)}`},
				make("title", {}, `${count(n)} requests, ${ns(edges[bucket])} to ` +
				     `${ns(edges[bucket + 1])}`)));
		}
	}
	c.overTime(powers(data.latency.min_ns, data.latency.max_ns, 10), ns);
	c.gaps();
	for (const [q, style] of [["p50", "one"], ["p99", "two"]]) {
		let d = "";

		for (const i of cells)
			if (i[kind].length)
				d += `${d ? "L" : "M"}${c.x(i.from).toFixed(1)},` +
				     `${c.y(i[kind + "_" + q + "_ns"]).toFixed(1)}H${c.x(i.to).toFixed(1)}`;
		if (d)
			c.svg.append(make("path", {class: "halo", d}), make("path", {class: style, d}));
	}
	return c.svg;
}

function drawLatency() {
	const into = byId("latency-maps");
	const programs = programsByUse();
	const over = folded("Over time, of all programs");
	const coarse = KINDS.reduce((n, [kind]) => n + (data.latency.all[kind] ? data.latency.all[kind].coarse : 0), 0);

	if (!KINDS.some(([kind]) => kind in data.latency.all)) {
		none("latency-maps", data.totals.io_ops === null ? "I/O was not counted." :
			`No I/O ${data.about.fixed_only ? "over a registered buffer " : ""}ended while it was counted.`);
		return;
	}
	byId("latency-note").textContent = "From submission to completion. Each program is compared with itself: the line " +
		"begins at the median and ends where 99 % are done; circle and solid over registered buffers, cross and dashed " +
		"plain.";
	if (coarse)
		byId("latency-note").append(` ~: ${count(coarse)} latencies are known to a power of two only, because the ` +
			"histogram table had no more room; percentiles with them are no better.");
	if (programs.length) {
		const box = make("div", {});

		into.append(box);
		place(box, width => programsChart(programs.slice(0, PROGRAMS), width));
	}
	into.append(make("div", {class: "wide"}, latencyTable(programs.slice(0, PROGRAMS))));
	if (programs.length > PROGRAMS)
		into.append(folded(plural(programs.length - PROGRAMS, "more program", "more programs"),
				   make("div", {class: "wide"}, latencyTable(programs.slice(PROGRAMS)))));
	if (data.latency.programs_left_out)
		none("latency-maps", "Some programs found no place here; 'report --stat' prints all.");
	into.append(over);
	over.append(make("p", {class: "note"}, "The line is the median, the dashed one the 99th percentile; the stronger " +
			 "the colour, the more requests."));
	for (const [kind, title] of [["fixed", "Over registered buffers"], ["plain", "Plain"]]) {
		if (!data.latency.intervals.some(i => i[kind].length))
			continue;

		const box = make("div", {});

		over.append(make("h3", {}, title), box);
		place(box, width => latencyMap(kind, title, width));
	}
}
