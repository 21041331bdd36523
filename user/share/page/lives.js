// SPDX-License-Identifier: GPL-2.0
// Lifetimes of buffers: only what is in sight is drawn, however many there are.

const ROW = 18;

function slotRows() {
	const rows = new Map();

	// by ring, then slot; in a slot as they followed one another
	const lives = [...data.lives].sort((a, b) => a.ring - b.ring || a.slot - b.slot || a.from - b.from);

	for (const life of lives) {
		const key = life.ring + "/" + life.slot, ring = data.rings[life.ring].name;

		// a row of its own says whose the slots below are: their labels are short on any screen
		if (!rows.has(life.ring))
			rows.set(life.ring, {label: ring, heads: true, lives: []});
		if (!rows.has(key))
			rows.set(key, {name: `${ring} slot ${life.slot}`, label: `slot ${life.slot}`, lives: []});
		rows.get(key).lives.push(life);
	}
	return [...rows.values()];
}

function lifeText(row, life) {
	const end = life.to === null ? "still registered at the end" : `dropped after ${ns(life.to - life.from)}`;

	return `${row.name}: ${bytes(life.len_bytes)} at ${life.addr}, folios of ${bytes(life.folio_bytes)}, ` +
		(life.charged_pages === null ? "" : `${count(life.charged_pages)} pages charged, `) +
		`${life.older ? "registered before it was first seen at" : "registered at"} ${ns(life.from)}, ${end}` +
		(life.ops === null ? "." : `, ${count(life.ops)} requests${life.ops ? "" : ": never used"}.`);
}

class Lives {
	constructor(rows) {
		this.rows = rows;
		this.order = rows.flatMap((row, i) => row.lives.map(life => ({row: i, life})));
		this.picked = -1;
		this.box = byId("lives-box");
		this.canvas = this.box.querySelector("canvas");
		this.from = 0;
		this.to = data.about.duration_ns;
		this.waiting = false;
		this.box.style.height = Math.min(rows.length * ROW + 30, 420) + "px";
		byId("lives-space").style.height = Math.max(0, (rows.length * ROW + 24) - this.box.clientHeight) + "px";
		this.box.addEventListener("scroll", () => this.soon());
		this.box.addEventListener("wheel", e => this.onWheel(e), {passive: false});
		this.box.addEventListener("keydown", e => this.onKey(e));
		this.canvas.addEventListener("pointerdown", e => this.onDrag(e));
		this.canvas.addEventListener("pointermove", e => this.onHover(e));
		window.addEventListener("resize", () => this.soon());
		matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.soon());
		// paper is white, whatever the screen is
		for (const [event, print] of [["beforeprint", true], ["afterprint", false]])
			window.addEventListener(event, () => {
				document.documentElement.classList.toggle("print", print);
				this.draw(print ? PRINT_WIDTH : 0);
			});
		this.draw();
	}

	soon() {
		if (this.waiting)
			return;
		this.waiting = true;
		requestAnimationFrame(() => {
			this.waiting = false;
			this.draw();
		});
	}

	x(t) {
		return this.left + (t - this.from) / (this.to - this.from) * (this.width - this.left);
	}

	draw(width) {
		const dots = window.devicePixelRatio || 1;
		const css = getComputedStyle(document.documentElement);
		const color = name => css.getPropertyValue(name).trim();
		const g = this.canvas.getContext("2d");

		this.width = width || this.box.clientWidth;
		this.height = this.box.clientHeight;
		this.left = 76;
		this.canvas.width = this.width * dots;
		this.canvas.height = this.height * dots;
		this.canvas.style.width = this.width + "px";
		this.canvas.style.height = this.height + "px";
		g.scale(dots, dots);
		g.fillStyle = color("--paper");
		g.fillRect(0, 0, this.width, this.height);
		g.font = "11px system-ui, sans-serif";
		g.textBaseline = "middle";

		const first = Math.floor(this.box.scrollTop / ROW);
		const last = Math.min(this.rows.length, first + Math.ceil(this.height / ROW) + 1);
		const y0 = -this.box.scrollTop;

		g.strokeStyle = color("--line");
		g.fillStyle = color("--soft");

		const times = timeTicks(this.from, this.to, Math.max(2, (this.width - this.left) / 110));
		const text = inTime(times);

		for (const t of times) {
			g.beginPath();
			g.moveTo(this.x(t), 0);
			g.lineTo(this.x(t), this.height - 20);
			g.stroke();
			if (this.x(t) + 2 + g.measureText(text(t)).width < this.width)
				g.fillText(text(t), this.x(t) + 2, this.height - 9);
		}
		g.save();
		g.beginPath();
		g.rect(0, 0, this.width, this.height - 20);
		g.clip();
		for (let i = first; i < last; i++)
			this.drawRow(g, this.rows[i], y0 + i * ROW, color);
		g.restore();
		this.tellInSight();
	}

	// On paper nothing can be scrolled: what is missing there is at least said.
	tellInSight() {
		const top = this.box.scrollTop, nr = this.rows.length;
		const first = Math.ceil(top / ROW), end = Math.min(nr, Math.floor((top + this.height - 20) / ROW));
		const rings = plural(this.rows.filter(row => row.heads).length, "ring", "rings");

		byId("lives-shown").replaceChildren(...end - first >= nr ? [] :
			[`Rows ${count(first + 1)} to ${count(end)} of ${count(nr)} (${rings}) are shown.`,
			 make("span", {class: "screen"}, " Scroll for the others.")]);
	}

	drawRow(g, row, y, color) {
		const picked = this.picked >= 0 ? this.order[this.picked].life : null;
		let n = firstEndingAfter(row.lives, this.from);

		let drawn = -Infinity;

		g.fillStyle = color(row.heads ? "--ink" : "--soft");
		g.fillText(row.label, row.heads ? 6 : 16, y + ROW / 2);
		for (; n < row.lives.length && row.lives[n].from <= this.to; n++) {
			const life = row.lives[n];
			const a = Math.max(this.left, this.x(life.from));
			const b = Math.min(this.width, this.x(life.to === null ? data.about.duration_ns : life.to));
			const w = Math.max(1.5, b - a);

			// many in one dot are drawn once, however many they are
			if (b < drawn + 0.5 && life !== picked)
				continue;
			drawn = a + w;
			g.fillStyle = color(life.ops === 0 ? "--two" : "--one");
			g.globalAlpha = life.ops === 0 ? 0.55 : 0.85;
			g.fillRect(a, y + 3, w, ROW - 6);
			g.globalAlpha = 1;
			// never used: also told by its stripe, not by colour alone
			if (life.ops === 0) {
				g.fillStyle = color("--paper");
				g.fillRect(a, y + ROW / 2 - 1, w, 2);
			}
			if (life === picked) {
				g.strokeStyle = color("--ink");
				g.lineWidth = 2;
				g.strokeRect(a, y + 2, w, ROW - 4);
				g.lineWidth = 1;
			}
		}
	}

	zoom(factor, at) {
		const span = Math.min(data.about.duration_ns, Math.max(1000, (this.to - this.from) * factor));

		this.from = Math.max(0, at - (at - this.from) * span / (this.to - this.from));
		this.to = Math.min(data.about.duration_ns, this.from + span);
		this.from = Math.max(0, this.to - span);
		this.soon();
	}

	move(share) {
		const span = this.to - this.from;
		const by = Math.max(-this.from, Math.min(data.about.duration_ns - this.to, span * share));

		this.from += by;
		this.to += by;
		this.soon();
	}

	timeAt(x) {
		return this.from + (x - this.left) / (this.width - this.left) * (this.to - this.from);
	}

	onWheel(e) {
		// plain scrolling stays the page's; over the bars the wheel zooms
		if (e.offsetX < this.left || e.shiftKey)
			return;
		e.preventDefault();
		this.zoom(e.deltaY > 0 ? 1.25 : 0.8, this.timeAt(e.offsetX));
	}

	pick(n) {
		if (!this.order.length)
			return;
		this.picked = Math.max(0, Math.min(this.order.length - 1, n));

		const {row, life} = this.order[this.picked];
		const y = row * ROW;

		if (y < this.box.scrollTop)
			this.box.scrollTop = y;
		else if (y + ROW > this.box.scrollTop + this.height - 24)
			this.box.scrollTop = y + ROW - this.height + 24;
		byId("lives-detail").textContent = lifeText(this.rows[row], life);
		this.soon();
	}

	onKey(e) {
		const keys = {
			"+": () => this.zoom(0.5, (this.from + this.to) / 2),
			"-": () => this.zoom(2, (this.from + this.to) / 2),
			"0": () => this.zoom(Infinity, 0),
			ArrowLeft: () => this.move(-0.2),
			ArrowRight: () => this.move(0.2),
			ArrowUp: () => this.pick(this.picked - 1),
			ArrowDown: () => this.pick(this.picked + 1),
			Home: () => this.pick(0),
			End: () => this.pick(this.order.length - 1),
		};

		if (keys[e.key] && !e.ctrlKey && !e.metaKey && !e.altKey) {
			keys[e.key]();
			e.preventDefault();
		}
	}

	onDrag(e) {
		let x = e.clientX;
		const move = m => {
			this.move((x - m.clientX) / (this.width - this.left));
			x = m.clientX;
		};

		this.canvas.setPointerCapture(e.pointerId);
		this.canvas.addEventListener("pointermove", move);
		this.canvas.addEventListener("pointerup", () => this.canvas.removeEventListener("pointermove", move),
					     {once: true});
	}

	onHover(e) {
		const i = Math.floor((e.offsetY + this.box.scrollTop) / ROW);
		const t = this.timeAt(e.offsetX), row = this.rows[i];
		const near = (this.to - this.from) / (this.width - this.left) * 3;
		const life = row && row.lives.find(l => l.from - near <= t &&
			(l.to === null || l.to + near >= t));

		this.canvas.title = life ? lifeText(row, life) : "";
		if (life)
			byId("lives-detail").textContent = this.canvas.title;
	}
}

// A slot's buffers follow one another.
function firstEndingAfter(lives, t) {
	let low = 0, high = lives.length;

	while (low < high) {
		const mid = (low + high) >> 1;

		if (lives[mid].to !== null && lives[mid].to < t)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

const TABLE_ROWS = 1000;

function drawLives() {
	const rows = slotRows();
	const details = byId("lives-table").parentElement;

	if (!rows.length) {
		none("lives-table", "No buffer was registered.");
		byId("lives-box").hidden = true;
		byId("lives-help").textContent = "No buffer was registered.";
		details.hidden = true;
		return;
	}
	if (data.lives.some(l => l.ops !== null))
		byId("lives-note").append("Blue was used by I/O, orange with a stripe never. ");
	if (data.totals.lives_left_out)
		byId("lives-note").append(`${count(data.totals.lives_left_out)} more buffers are left out.`);
	new Lives(rows);
	details.addEventListener("toggle", () => {
		if (!details.open || byId("lives-table").firstChild)
			return;
		const all = rows.flatMap(r => r.lives.map(l => [r.name, l.addr, bytes(l.len_bytes), bytes(l.folio_bytes),
			l.charged_pages === null ? "-" : count(l.charged_pages), ns(l.from),
			l.to === null ? "-" : ns(l.to), l.ops === null ? "-" : count(l.ops)]));

		byId("lives-table").append(table(
			[{title: "slot"}, {title: "address"}, {title: "size", n: 1}, {title: "folio", n: 1},
			 {title: "charged pages", n: 1}, {title: "from", n: 1}, {title: "until", n: 1},
			 {title: "requests", n: 1}], all.slice(0, TABLE_ROWS)));
		if (all.length > TABLE_ROWS)
			none("lives-table", `The first ${count(TABLE_ROWS)} of ${count(all.length)}; ` +
				"'report --trace' prints all.");
	});
}
