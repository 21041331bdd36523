// SPDX-License-Identifier: GPL-2.0
// What the charts share: elements, numbers as people read them, scales and axes.
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const PAGE = data.about.page_bytes;
const SVG = "http://www.w3.org/2000/svg";

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

// As in the other outputs: "7 (812 outside)" of a process of another pid namespace.
function pidOf(p) {
	if (!("ns_pid" in p))
		return String(p.pid);
	return p.ns_pid === null ? `${p.pid} outside` : `${p.ns_pid} (${p.pid} outside)`;
}

function scaled(n, step, units, digits) {
	let i = 0;

	while (Math.abs(n) >= step && i < units.length - 1) {
		n /= step;
		i++;
	}
	return (i && n < 100 ? n.toFixed(digits).replace(/\.?0+$/, "") : String(Math.round(n))) + " " + units[i];
}

function bytes(n) {
	return scaled(n, 1024, ["B", "KiB", "MiB", "GiB", "TiB"], 1);
}

function ns(n) {
	const seconds = Math.round(n / 1e9);

	if (seconds >= 60)
		return Math.floor(seconds / 60) + " min" + (seconds % 60 ? ` ${seconds % 60} s` : "");
	return scaled(n, 1000, ["ns", "us", "ms", "s"], 2);
}

function table(titles, rows) {
	const head = make("tr");
	const body = make("tbody");

	for (const t of titles)
		head.append(make("th", {scope: "col", class: t.n ? "n" : ""}, t.title));
	for (const row of rows) {
		const tr = make("tr");

		row.forEach((cell, i) => tr.append(make("td", {class: titles[i].n ? "n" : ""}, String(cell))));
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

// Round values, about so many, between the two.
function ticks(from, to, about, base) {
	const span = to - from || 1;
	const raw = span / about;
	let step;

	if (base === 2) {
		step = 2 ** Math.ceil(Math.log2(raw));
	} else {
		const power = 10 ** Math.floor(Math.log10(raw));

		step = [1, 2, 5, 10].find(m => m * power >= raw) * power;
	}
	const out = [];

	for (let v = Math.ceil(from / step) * step; v <= to; v += step)
		out.push(v);
	return out;
}

// Whole seconds and minutes where the span is long enough for them.
function timeTicks(from, to, about) {
	const step = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400]
		.find(s => s * 1e9 >= (to - from) / about);

	if (!step || to - from < 2e9)
		return ticks(from, to, about);
	const out = [];

	for (let v = Math.ceil(from / (step * 1e9)) * step * 1e9; v <= to; v += step * 1e9)
		out.push(v);
	return out;
}

function powers(from, to, base) {
	const out = [];

	for (let v = base ** Math.floor(Math.log(from) / Math.log(base)); v <= to * 1.0001; v *= base)
		if (v >= from)
			out.push(v);
	return out;
}

const frame = {left: 74, right: 14, top: 10, bottom: 26};

// An empty chart; .x and .y are to be set before .axes().
function chart(width, height, label) {
	const svg = make("svg", {viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label});

	return {
		svg, width, height,
		left: frame.left, right: width - frame.right, top: frame.top, bottom: height - frame.bottom,
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
		// where events were lost, nothing is known
		gaps() {
			for (const [from, to, lost] of data.gaps) {
				const x = this.x(from);

				svg.append(make("rect", {class: "gap", x, y: this.top, height: this.bottom - this.top,
					width: Math.max(2, this.x(to) - x)},
					make("title", {}, `${count(lost)} events lost here`)));
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
