// SPDX-License-Identifier: GPL-2.0
// The charts that stand still.

function stepPath(c, points, value) {
	let d = "";

	points.forEach((p, i) => {
		const x = c.x(p[0]).toFixed(1), y = c.y(value(p)).toFixed(1);

		d += i ? `H${x}V${y}` : `M${x},${y}`;
	});
	return d + `H${c.right}`;
}

function memoryChart(account) {
	const c = chart(1100, 210, `${account.name}: pages charged over time`);
	const peak = Math.max(...account.points.map(p => p[1]), 0);
	const limit = account.limit_bytes === null ? null : account.limit_bytes / PAGE;
	// a limit far above what was used would flatten the line: it is said in words then
	const drawn = limit !== null && limit <= peak * 4;
	const top = Math.max(drawn ? limit : 0, peak, 1) * 1.08;

	c.x = linear(0, data.about.duration_ns, c.left, c.right);
	c.y = linear(0, top, c.bottom, c.top);
	c.axes(timeTicks(0, data.about.duration_ns, 8), ns,
	       ticks(0, top * PAGE, 4, 2).map(v => v / PAGE), v => bytes(v * PAGE));
	c.gaps();
	if (account.points.length) {
		const d = stepPath(c, account.points, p => p[1]);

		c.svg.append(make("path", {class: "area",
			d: d + `V${c.bottom}H${c.x(account.points[0][0]).toFixed(1)}Z`}),
			make("path", {class: "one", d}));
	}
	if (drawn)
		c.svg.append(make("path", {class: "limit", d: `M${c.left},${c.y(limit)}H${c.right}`}));
	return make("div", {class: "account"},
		    make("h3", {}, account.name + ": peak " + bytes(peak * PAGE) +
			 (limit === null ? ", no limit" :
			  `, limit ${bytes(account.limit_bytes)} (${(100 * peak / (limit || 1)).toFixed(1)} % used)`)),
		    c.svg);
}

function drawMemory() {
	if (!data.accounts.length)
		none("memory-charts", "No charge was seen.");
	for (const a of data.accounts)
		byId("memory-charts").append(memoryChart(a));
}

function drawOffsets() {
	const box = byId("offsets-map");

	if (!data.offsets.length) {
		none("offsets-map", "No I/O over a registered buffer was recorded; record with --io.");
		return;
	}
	byId("offsets-note").textContent = "One row per buffer, from its first byte to its last; the stronger the " +
		"colour, the more requests touched that part" +
		(data.about.sample > 1 ? `; one request in ${data.about.sample} was recorded.` : ".");
	const row = 16, width = 1100, left = 230;
	const svg = make("svg", {viewBox: `0 0 ${width} ${data.offsets.length * row + 4}`, role: "img",
				 "aria-label": "offsets used in each buffer"});

	data.offsets.forEach((b, i) => {
		const most = Math.max(...b.bins, 1), w = (width - left - 4) / b.bins.length;

		svg.append(make("text", {x: left - 8, y: i * row + 13, "text-anchor": "end"}, b.name),
			   make("rect", {class: "axis", x: left, y: i * row + 2, width: width - left - 4, height: row - 3}));
		b.bins.forEach((n, k) => {
			if (!n)
				return;
			svg.append(make("rect", {x: left + k * w, y: i * row + 2, width: w, height: row - 3,
				style: `fill: ${heat(n / most)}`},
				make("title", {}, `${b.name}: ${count(n)} requests from ` +
				     `${bytes(k * b.len_bytes / b.bins.length)} on`)));
		});
	});
	box.append(svg);
}

function latencyMap(kind, title) {
	const c = chart(1100, 190, `${title}: latency over time`);
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
	c.axes(timeTicks(0, data.about.duration_ns, 8), ns, powers(data.latency.min_ns, data.latency.max_ns, 10), ns);
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
	return make("div", {}, make("h3", {}, title), c.svg);
}

function drawLatency() {
	const rows = data.latency.totals;

	if (!rows.length) {
		none("latency-maps", "No I/O was counted; record with --io.");
		return;
	}
	byId("latency-note").textContent = "From submission to completion. The line is the median, the dashed one the " +
		"99th percentile; the stronger the colour, the more requests.";
	byId("latency-maps").append(table(
		[{title: "requests"}, {title: "number", n: 1}, {title: "p50", n: 1}, {title: "p90", n: 1},
		 {title: "p99", n: 1}, {title: "p99.9", n: 1}, {title: "max", n: 1}],
		rows.map(r => [r.name, count(r.ops), ...["p50_ns", "p90_ns", "p99_ns", "p999_ns", "max_ns"].map(
			k => r[k] === null ? "-" : ns(r[k]))])));
	for (const [kind, title] of [["fixed", "Over registered buffers"], ["plain", "Plain"]])
		if (data.latency.intervals.some(i => i[kind].length))
			byId("latency-maps").append(latencyMap(kind, title));
}

function mark(shape, x, y) {
	const s = 4;

	return [`M${x - s},${y}a${s},${s} 0 1 0 ${2 * s},0a${s},${s} 0 1 0 ${-2 * s},0`,
		`M${x - s},${y - s}l${2 * s},${2 * s}m0,${-2 * s}l${-2 * s},${2 * s}`,
		`M${x - s},${y + s}h${2 * s}l${-s},${-2 * s}z`][shape];
}

function drawCost() {
	const kinds = ["register", "update", "clone"];
	const calls = data.calls.filter(c => c.result >= 0 && c.duration_ns > 0 && c.bytes > 0);

	if (!calls.length) {
		none("cost-chart", "No call that registered anything was seen with its duration.");
		return;
	}
	const c = chart(1100, 260, "duration of calls by the size they registered");
	const size = calls.map(k => k.bytes), time = calls.map(k => k.duration_ns);

	byId("cost-note").textContent = "One mark a call: circle register, cross update, triangle clone.";
	c.x = logarithmic(Math.min(...size) / 2, Math.max(...size) * 2, c.left, c.right);
	c.y = logarithmic(Math.min(...time) / 2, Math.max(...time) * 2, c.bottom, c.top);
	c.axes(powers(Math.min(...size) / 2, Math.max(...size) * 2, 4), bytes,
	       powers(Math.min(...time) / 2, Math.max(...time) * 2, 10), ns);
	for (const k of calls) {
		const shape = Math.max(0, kinds.indexOf(k.kind));

		c.svg.append(make("path", {class: `mark m${shape}`, d: mark(shape, c.x(k.bytes), c.y(k.duration_ns))},
			make("title", {}, `${k.kind} of ${bytes(k.bytes)} in ${ns(k.duration_ns)}, ${k.comm}, pid ${pidOf(k)}`)));
	}
	byId("cost-chart").append(c.svg);
}

// Those that failed, then those that only took a slower way.
function drawIoFailures() {
	const list = data.io_failures.concat(data.io_slower);

	if (!list.length)
		return;
	byId("io-failures-table").append(table(
		[{title: "first after", n: 1}, {title: "last after", n: 1}, {title: "process"}, {title: "I/O"},
		 {title: "times", n: 1}, {title: "error"}, {title: "why"}],
		list.map(f => [ns(f.first_ns), ns(f.last_ns), `${f.comm} (${f.pid})`, f.opcode, count(f.count),
			f.errno || "none", (f.count > 1 && f.addr !== null ? "the first: " : "") + f.explain])));
}

// Equal ones are one, with the first of them.
function failedCalls() {
	const kinds = new Map();

	for (const c of data.calls.filter(c => "explain" in c)) {
		const key = JSON.stringify([c.pid, c.comm, c.kind, c.errno, c.explain]);

		if (kinds.has(key))
			kinds.get(key).times++;
		else
			kinds.set(key, {...c, times: 1});
	}
	return [...kinds.values()];
}

function drawFailures() {
	const failed = failedCalls();

	drawIoFailures();
	if (!failed.length) {
		if (!data.io_failures.length)
			none("failures-table", "None.");
		return;
	}
	byId("failures-table").append(table(
		[{title: "first after", n: 1}, {title: "process"}, {title: "call"}, {title: "times", n: 1},
		 {title: "error"}, {title: "why"}],
		failed.map(f => [ns(f.t), `${f.comm}, pid ${pidOf(f)}`, f.kind, count(f.times), f.errno || "not all done",
			f.explain])));
	if (data.totals.failures_left_out)
		none("failures-table", `${count(data.totals.failures_left_out)} more are left out here; ` +
			"'report --trace' prints all.");
}
