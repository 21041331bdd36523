// SPDX-License-Identifier: GPL-2.0

function beginOf(m) {
	return m.about.begin_unix_s === null ? "not known" : new Date(m.about.begin_unix_s * 1000).toISOString();
}

function drawAbout() {
	const a = data.about;

	document.title = "Registered buffers: " + a.what;
	byId("about").textContent = (a.begin_unix_s === null ? "The begin of the recording is missing; " :
		`${a.what}${a.machine ? ` on ${a.machine}` : ""}, from ${beginOf(data)} for ${ns(a.recorded_ns)}; ` +
		`kernel ${a.kernel}, tier ${a.tier}; `) + `${count(a.events)} events in the file` +
		(a.lost ? `, ${count(a.lost)} lost: nothing is known of the shaded times.` : ", none lost.") +
		(a.unrecorded_ns ? ` ${ns(a.unrecorded_ns)} between its parts was not recorded, and is shaded, too.` : "") +
		(a.left_out ? ` The recording ended at --max-size: ${count(a.left_out)} waiting events left out, later ones not recorded.` : "") +
		(a.clean_end ? "" : " The recording was cut off.");
	byId("footer").textContent = `Made by fixbuf-trace ${a.version}.`;
}

// What matters of a machine, as report prints it: [words, where they are told in full].
function verdictOf(m) {
	const ios = m.totals.io_failed;
	const near = usersOfMemory(m)[0];
	const said = [];

	if (m.totals.calls_failed)
		said.push([plural(m.totals.calls_failed, "call failed", "calls failed"), "failures"]);
	if (ios)
		said.push([plural(ios, "I/O failed", "I/Os failed"), "failures"]);
	if (near && near.share >= m.totals.near_percent / 100)
		said.push([`user ${near.uid} reached ${(100 * near.share).toFixed(0)} % of its limit`, "memory"]);
	for (const severity of ["error", "warning", "info"]) {
		const n = m.findings.filter(f => f.severity === severity).length;
		const noun = severity === "info" ? "note" : severity;

		if (n)
			said.push([plural(n, noun, noun + "s"), "findings"]);
	}
	return said;
}

// It was cut off too early.
function nothingLeft(m) {
	return !m.about.clean_end && !m.about.events && !m.totals.io_ops;
}

// Buffers that are in no number of the page, in words.
function unreadOf(t) {
	return [t.skipped_slots ? `${plural(t.skipped_slots, "slot", "slots")} of tables, as a user has more than are read of one user` : "",
		t.unsteady_rings ? `tables of ${plural(t.unsteady_rings, "ring", "rings")}, which changed too fast` : ""]
		.filter(text => text).join("; ");
}

// What the findings do not speak of, in words.
function uncheckedOf(a) {
	return [a.leaks ? "" : "leaks, for which record needs the functions, kprobes or patched tier",
		a.lost ? "what happened between a loss and the next look at all rings" : "",
		a.left_out || !a.clean_end ? "what came after the last event" : "",
		a.unrecorded_ns ? "what happened between parts" : ""].filter(text => text).join("; ");
}

function drawVerdict() {
	const said = verdictOf(data);

	said.forEach(([text, where], i) => byId("verdict").append(i ? "; " : "", make("a", {href: `#${where}`}, text)));
	byId("verdict").append(said.length ? "." : nothingLeft(data) ? "No event of the recording is left." :
		"Of what was seen no call and no I/O failed, and nothing was found.");
	if (uncheckedOf(data.about))
		byId("verdict").append(make("span", {class: "unchecked"}, ` Not checked: ${uncheckedOf(data.about)}.`));
	if (unreadOf(data.totals))
		byId("verdict").append(` Not read: ${unreadOf(data.totals)}.`);
}

function nameOf(m) {
	return m.about.machine || "a machine without a name";
}

// Of several machines: what matters of each, and the way to it.
function drawMachines() {
	if (machines.length === 1)
		return;
	const all = table([{title: "machine"}, {title: "what was seen"}, {title: "rings", n: true},
			   {title: "calls", n: true}, {title: "recorded from"}, {title: "for", n: true}],
		machines.map((m, i) => {
			return [m === data ? make("strong", {}, nameOf(m)) : make("a", {href: `#machine-${i + 1}`}, nameOf(m)),
				nothingRecorded(m) ? "nothing was recorded" :
				verdictOf(m).map(said => said[0]).join("; ") ||
				(nothingLeft(m) ? "no event is left" : "no call and no I/O failed"),
				count(m.totals.rings), count(m.totals.calls),
				beginOf(m), ns(m.about.recorded_ns)];
		}));

	byId("machines").append(make("div", {class: "wide"}, all));
	if (data.about.on_one_axis)
		byId("machines").append(make("p", {class: "note"}, "All times count from " +
			`${new Date(data.about.axis_unix_s * 1000).toISOString()}, when the first of these recordings began.`));
	window.addEventListener("hashchange", () => {
		if (location.hash.startsWith("#machine-"))
			location.reload();
	});
}

function drawFindings() {
	const list = byId("findings-list");

	byId("findings").hidden = !data.findings.length;
	for (const f of data.findings)
		list.append(make("div", {class: `finding ${f.severity}`},
			make("p", {}, make("strong", {}, `${f.severity}: ${f.tag}`),
			     ` ${f.detail} (first seen after ${ns(f.since_ns)})`),
			make("p", {class: "note"}, f.remedy || "")));
}

function drawTotals() {
	const t = data.totals;
	const living = data.lives.filter(l => l.to === null).length;
	const figures = [
		["rings", count(t.rings), "io_urings that were made, had a call, or were there before"],
		["buffers registered", count(t.buffers), "put into a slot" +
			(t.older_buffers ? `; ${t.older_more ? "at least " : ""}${count(t.older_buffers)} more were there before` : "") +
			(t.lives_left_out ? "" : `; ${t.left_more ? "at least " : ""}${living ? count(living) : "none"} still there at the end`)],
		["calls", count(t.calls), "to register, update, clone or unregister"],
		["calls that failed", count(t.calls_failed), t.calls_failed ? "each with its cause, above" : "of those that were seen"],
		["most charged at once", bytes(t.peak_charged_pages * PAGE), "to one user or process"],
		["most registered at once", (unreadOf(t) ? "at least " : "") + bytes(t.peak_registered_bytes), "sizes of all buffers together, of one that several slots hold once; pages are charged whole"],
	];

	if (t.io_ops !== null && data.about.fixed_only)
		figures.push(["I/O over registered buffers", count(t.fixed_ops), "ended; plain I/O was not counted"]);
	else if (t.io_ops !== null)
		figures.push(["I/O", count(t.io_ops), "requests that ended"],
			...t.io_ops ? [["over registered buffers", (100 * t.fixed_ops / t.io_ops).toFixed(1) + " %",
				 `${count(t.fixed_ops)} of these requests: their pages were pinned already`]] : []);
	for (const [name, value, note] of figures)
		byId("totals").append(make("div", {}, make("dt", {}, name), make("dd", {}, value),
					   make("dd", {class: "note"}, note)));
}

// Not of one that lost something, or ended early: of that more is to be said.
function nothingRecorded(m) {
	const a = m.about, t = m.totals;

	return !(a.lost || a.left_out || t.rings || t.calls || t.io_ops || m.findings.length ||
		 m.io_failures.length || m.io_slower.length) && a.clean_end;
}

function drawAll() {
	drawVerdict();
	drawFailures();
	drawFindings();
	drawTotals();
	drawMemory();
	drawLives();
	drawOffsets();
	drawLatency();
	drawCost();
	let waiting = 0;

	window.addEventListener("resize", () => {
		clearTimeout(waiting);
		waiting = setTimeout(() => fitAll(), 100);
	});
	window.addEventListener("beforeprint", () => fitAll(PRINT_WIDTH));
	window.addEventListener("afterprint", () => fitAll());
}

drawAbout();
drawMachines();
if (nothingRecorded(data)) {
	const a = data.about;

	document.querySelector("main").replaceChildren();
	byId("about").textContent = `Nothing was recorded in ${ns(a.recorded_ns)} from ` +
		`${beginOf(data)} on: no call, no buffer and no I/O of what was selected was seen ` +
		`(kernel ${a.kernel}, tier ${a.tier}).`;
} else {
	drawAll();
}
document.documentElement.dataset.drawn = "true";
