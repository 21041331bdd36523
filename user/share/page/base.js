// SPDX-License-Identifier: GPL-2.0
// What the charts share: elements, numbers as people read them, scales and axes.
"use strict";

const machines = onOneAxis(JSON.parse(document.getElementById("data").textContent));
// one machine is shown at a time: the address says which
const shownMachine = Number((/^#machine-(\d+)$/.exec(location.hash) || [0, 1])[1]) - 1;
const data = machines[shownMachine] || machines[0];
const PAGE = data.about.page_bytes;
const SVG = "http://www.w3.org/2000/svg";

// Recordings of one time count all from the first begin to the last end; others each from its own.
function onOneAxis(list) {
	const begins = list.map(m => m.about.begin_unix_s);
	const ends = list.map(m => m.about.begin_unix_s + m.about.duration_ns / 1e9);
	const begin = Math.min(...begins), end = Math.max(...ends);
	const together = Math.max(...begins) < Math.min(...ends);

	for (const m of list) {
		const later = Math.round((m.about.begin_unix_s - begin) * 1e9);

		m.about.axis_unix_s = together ? begin : m.about.begin_unix_s;
		m.about.on_one_axis = list.length > 1 && together;
		if (!m.about.on_one_axis)
			continue;
		m.about.duration_ns = Math.round((end - begin) * 1e9);
		for (const p of [...m.accounts.flatMap(a => a.points), ...m.gaps])
			p[0] += later;
		for (const g of m.gaps)
			g[1] += later;
		for (const [many, names] of [[m.lives, ["from", "to"]], [m.latency.intervals, ["from", "to"]], [m.calls, ["t"]],
				[m.findings, ["since_ns"]], [m.failures, ["since_ns", "last_ns"]],
				[m.io_failures.concat(m.io_slower), ["first_ns", "last_ns"]]])
			for (const one of many)
				for (const name of names)
					one[name] = one[name] === null ? null : one[name] + later;
	}
	return list;
}

function byId(id) {
	return document.getElementById(id);
}

// make("td", {class: "n"}, "text", child...)
function make(name, attributes, ...children) {
	const drawn = ["svg", "g", "path", "line", "rect", "text", "circle", "title"].includes(name);
	const e = drawn ? document.createElementNS(SVG, name) : document.createElement(name);

	for (const [key, value] of Object.entries(attributes || {}))
		if (key === "style")
			e.style.cssText = value; // as an attribute the page's policy refuses it
		else
			e.setAttribute(key, value);
	e.append(...children);
	return e;
}

function count(n) {
	return n.toLocaleString("en");
}

function plural(n, one, several) {
	return `${count(n)} ${n === 1 ? one : several}`;
}

// As in the other outputs: "7 (812 outside)" of a process of another pid namespace.
function pidOf(p) {
	if (!("ns_pid" in p))
		return String(p.pid);
	return p.ns_pid === null ? `${p.pid} outside` : `${p.ns_pid} (${p.pid} outside)`;
}

// In the first unit in which it is below .step; zeros that say nothing are left out.
function scaled(n, step, from, units, digits) {
	let i = 0;

	while (n >= from && i < units.length - 1) {
		n /= step;
		i++;
	}
	return String(Number(n.toFixed(i ? digits(n) : 0))) + " " + units[i];
}

function bytes(n) {
	return scaled(n, 1024, 1024, ["B", "KiB", "MiB", "GiB", "TiB"], v => v < 100 ? 1 : 0);
}

// With three digits, as in the other outputs.
function ns(n) {
	const seconds = Math.round(n / 1e9);

	if (seconds >= 60)
		return Math.floor(seconds / 60) + " min" + (seconds % 60 ? ` ${seconds % 60} s` : "");
	return scaled(n, 1000, 999.5, ["ns", "us", "ms", "s"], v => v < 10 ? 2 : v < 100 ? 1 : 0);
}

function table(titles, rows) {
	const head = make("tr");
	const body = make("tbody");

	for (const t of titles)
		head.append(make("th", {scope: "col", class: t.n ? "n" : ""}, t.title));
	for (const row of rows) {
		const tr = make("tr");

		row.forEach((cell, i) => tr.append(make("td", {class: titles[i].n ? "n" : ""}, cell instanceof Node ? cell : String(cell))));
		body.append(tr);
	}
	return make("table", {}, make("thead", {}, head), body);
}

function linear(from, to, low, high) {
	const span = to - from || 1;

	return v => low + (v - from) / span * (high - low);
}

function logarithmic(from, to, low, high) {
	const a = Math.log(from), span = Math.log(to) - a || 1;

	return v => low + (Math.log(Math.max(v, from)) - a) / span * (high - low);
}

// Multiples of .step between the two. Not summed up: small steps far from 0 would drift.
function multiples(from, to, step) {
	const out = [];

	for (let i = Math.ceil(from / step); i * step <= to; i++)
		out.push(i * step);
	return out;
}

// Round values, about so many, between the two.
function ticks(from, to, about, base) {
	const raw = (to - from || 1) / about;

	if (base === 2)
		return multiples(from, to, 2 ** Math.ceil(Math.log2(raw)));

	const power = 10 ** Math.floor(Math.log10(raw));

	return multiples(from, to, [1, 2, 5, 10].find(m => m * power >= raw) * power);
}

// Whole seconds and minutes where the span is long enough for them.
function timeTicks(from, to, about) {
	const step = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400]
		.find(s => s * 1e9 >= (to - from) / about);

	return !step || to - from < 2e9 ? ticks(from, to, about) : multiples(from, to, step * 1e9);
}

// How the values of an axis are written: all in one unit, with equally many digits.
function inOneUnit(values, units) {
	const most = Math.max(...values, 0);
	const step = values.length > 1 ? values[1] - values[0] : most;
	// minutes and hours only where there are no parts of one
	const fits = units.filter(u => u.size <= most && (!u.whole || values.every(v => v % u.size === 0)));
	const unit = fits.length ? fits[fits.length - 1] : units[0];
	let digits = 0;

	while (digits < 9 && Math.abs(step / unit.size * 10 ** digits % 1) > 1e-6 &&
	       Math.abs(step / unit.size * 10 ** digits % 1 - 1) > 1e-6)
		digits++;
	return v => (v / unit.size).toFixed(digits) + " " + unit.name;
}

function inTime(values) {
	return inOneUnit(values, [{name: "ns", size: 1}, {name: "us", size: 1e3}, {name: "ms", size: 1e6},
		{name: "s", size: 1e9}, {name: "min", size: 60e9, whole: true}, {name: "h", size: 3600e9, whole: true}]);
}

function inBytes(values) {
	return inOneUnit(values, ["B", "KiB", "MiB", "GiB", "TiB"].map((name, i) => ({name, size: 1024 ** i})));
}

// Of a logarithmic axis: powers, where two of them are in sight, else round values between.
function powers(from, to, base) {
	const out = [];

	for (let v = base ** Math.floor(Math.log(from) / Math.log(base)); v <= to * 1.0001; v *= base)
		for (const m of base === 10 ? [1, 2, 5] : [1, 2])
			out.push({v: v * m, whole: m === 1});

	const seen = out.filter(t => t.v >= from && t.v <= to * 1.0001);
	const whole = seen.filter(t => t.whole);

	// of values that are all alike too little is in sight for two of those
	if (seen.length < 2)
		return ticks(from, to, 5);
	return (whole.length > 1 ? whole : seen).map(t => t.v);
}

const frame = {left: 74, right: 14, top: 10, bottom: 26};

// Charts are drawn for the width that they get, and anew when that changes: text keeps its size.
const placed = [];
const PRINT_WIDTH = 720;	// paper

// .draw(width) makes what .box shows; in what is folded that waits until it is opened.
function place(box, draw) {
	placed.push({box, draw, width: 0});
	fit(placed[placed.length - 1]);
}

function fit(one, width) {
	const now = width || one.box.clientWidth;

	if (!now || now === one.width)
		return;
	one.box.replaceChildren(one.draw(now));
	one.width = now;
}

function fitAll(width) {
	for (const one of placed)
		fit(one, width);
}

// What would push the rest out of sight.
function folded(summary, ...children) {
	const d = make("details", {}, make("summary", {}, summary), ...children);

	d.addEventListener("toggle", () => fitAll());
	return d;
}

// An empty chart; .x and .y are to be set before .axes().
function chart(width, height, label) {
	const svg = make("svg", {viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label});

	return {
		svg, width, height,
		left: frame.left, right: width - frame.right, top: frame.top, bottom: height - frame.bottom,
		// the recording from left to right
		overTime(ys, yText) {
			const xs = timeTicks(0, data.about.duration_ns, Math.max(2, (this.right - this.left) / 110));

			this.axes(xs, inTime(xs), ys, yText);
		},
		axes(xs, xText, ys, yText) {
			for (const v of xs) {
				const x = this.x(v);

				svg.append(make("line", {class: "tick", x1: x, x2: x, y1: this.top, y2: this.bottom}),
					   make("text", {x, y: height - 8, "text-anchor": "middle"}, xText(v)));
			}
			for (const v of ys) {
				const y = this.y(v);

				svg.append(make("line", {class: "tick", x1: this.left, x2: this.right, y1: y, y2: y}),
					   make("text", {x: this.left - 6, y: y + 4, "text-anchor": "end"}, yText(v)));
			}
			svg.append(make("path", {class: "axis",
				d: `M${this.left},${this.top}V${this.bottom}H${this.right}`}));
		},
		// of these times nothing, or not all, is known
		gaps() {
			for (const [from, to, lost] of data.gaps) {
				const x = this.x(from);

				svg.append(make("rect", {class: "gap", x, y: this.top, height: this.bottom - this.top,
					width: Math.max(2, this.x(to) - x)},
					make("title", {}, lost ? `${count(lost)} events lost here` : "not recorded")));
			}
		},
	};
}

// A colour of the sequence from nothing to much; both schemes run from paper to one hue.
function heat(share) {
	return `rgba(var(--heat), ${share <= 0 ? 0 : (0.08 + 0.92 * Math.sqrt(share)).toFixed(3)})`;
}

function none(id, text) {
	byId(id).append(make("p", {}, text));
}
