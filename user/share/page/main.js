// SPDX-License-Identifier: GPL-2.0

function drawAbout() {
	const a = data.about;
	const begin = new Date(a.begin_unix_s * 1000);

	document.title = "Registered buffers: " + a.what;
	byId("about").textContent = `${a.what}, from ${begin.toISOString()} for ${ns(a.duration_ns)}; ` +
		`kernel ${a.kernel}, tier ${a.tier}; ${count(a.events)} events` +
		(a.lost ? `, ${count(a.lost)} lost: nothing is known of the shaded times.` : ", none lost.") +
		(a.left_out ? ` The recording ended at --max-size: ${count(a.left_out)} later events left out.` : "") +
		(a.clean_end ? "" : " The recording was cut off.");
	byId("footer").textContent = `Made by fixbuf-trace ${a.version}.`;
}

/* What matters, before any chart. */
function drawVerdict() {
	const ios = data.io_failures.reduce((n, f) => n + (f.errno === "ECANCELED" ? 0 : f.count), 0);
	const said = [];

	if (data.totals.calls_failed)
		said.push(`${count(data.totals.calls_failed)} call${data.totals.calls_failed === 1 ? "" : "s"} failed`);
	if (ios)
		said.push(`${count(ios)} I/O${ios === 1 ? "" : "s"} failed`);
	if (said.length)
		byId("verdict").append(`${said.join("; ")}: see `, make("a", {href: "#failures"}, "what failed, and why"), ".");
}

function drawFindings() {
	const list = byId("findings-list");

	if (!data.findings.length)
		none("findings-list", data.totals.calls_failed || data.io_failures.length ?
			"Besides the failures below, nothing was found." :
			data.about.left_out || !data.about.clean_end ?
			"Nothing was found in what was recorded." : "Nothing was found.");
	for (const f of data.findings)
		list.append(make("div", {class: `finding ${f.severity}`},
			make("p", {}, make("strong", {}, `${f.severity}: ${f.tag}`),
			     ` ${f.detail} (first seen after ${ns(f.since_ns)})`),
			make("p", {class: "note"}, f.remedy || "")));
}

function drawTotals() {
	const t = data.totals;
	const figures = [
		["rings", count(t.rings)],
		["buffers registered", count(t.buffers)],
		["calls", count(t.calls)],
		["calls that failed", count(t.calls_failed)],
		["most charged at once", bytes(t.peak_charged_pages * PAGE)],
		["most registered at once", bytes(t.peak_registered_bytes)],
	];

	if (t.io_ops !== null && data.about.fixed_only)
		figures.push(["I/O over registered buffers", count(t.fixed_ops)]);
	else if (t.io_ops !== null)
		figures.push(["I/O", count(t.io_ops)],
			["over registered buffers", t.io_ops ? (100 * t.fixed_ops / t.io_ops).toFixed(1) + " %" : "-"]);
	for (const [name, value] of figures)
		byId("totals").append(make("div", {}, make("dt", {}, name), make("dd", {}, value)));
}

drawAbout();
drawVerdict();
drawFindings();
drawTotals();
drawMemory();
drawLives();
drawOffsets();
drawLatency();
drawCost();
drawFailures();
document.documentElement.dataset.drawn = "true";
