// SPDX-License-Identifier: GPL-2.0
// Memory of each user against the limit: processes stacked, one chart per uid.

const LAYERS = 6;	// processes with a layer of their own; the others share one
const CHARTS = 3;	// users whose chart is not folded
const FOLDED_CHARTS = 24;

// [{uid, account, processes, peak, share}], who came nearest to a limit first.
function usersOfMemory(of) {
	const users = new Map();

	for (const a of of.accounts) {
		const key = a.uid === null ? "" : a.uid;

		if (!users.has(key))
			users.set(key, {uid: a.uid, account: null, processes: []});
		if (a.process)
			users.get(key).processes.push(a);
		else
			users.get(key).account = a;
	}
	for (const u of users.values()) {
		u.processes.sort((a, b) => b.peak_pages - a.peak_pages);
		u.layers = u.processes.slice(0, LAYERS).map(layerName);
		if (u.processes.length > LAYERS)
			u.layers.push(plural(u.processes.length - LAYERS, "more process", "more processes"));
		u.limit = u.account && u.account.limit_bytes !== null ? u.account.limit_bytes / PAGE : null;
		u.share = u.limit === null ? 0 : u.account.peak_pages / (u.limit || 1);
		u.peak = Math.max(...u.processes.map(p => p.peak_pages), u.account ? u.account.peak_pages : 0);
	}
	return [...users.values()].sort((a, b) => b.share - a.share || b.peak - a.peak);
}

function layerName(p) {
	return p.pid === null ? "a process without a name" : `${p.comm}, pid ${pidOf(p)}`;
}

/*
 * The layers' levels in each of so many columns, at the moment in it when their sum was highest:
 * a peak stays one, however short it was.
 */
function highest(series, layers, columns) {
	const steps = series.flatMap((s, i) => s.points.map(p => [p[0], i, p[1]])).sort((a, b) => a[0] - b[0]);
	const now = series.map(() => 0), levels = new Array(layers).fill(0), out = [];
	let sum = 0, n = 0;

	for (let c = 1; c <= columns; c++) {
		const end = c === columns ? Infinity : c / columns * data.about.duration_ns;
		let most = sum, then = levels.slice();

		for (; n < steps.length && steps[n][0] < end; n++) {
			const [, i, pages] = steps[n];

			sum += pages - now[i];
			levels[Math.min(i, layers - 1)] += pages - now[i];
			now[i] = pages;
			if (sum > most) {
				most = sum;
				then = levels.slice();
			}
		}
		out.push(then);
	}
	return out;
}

// From column to column; back along .low where it is an area.
function stairs(c, high, low) {
	const x = i => (c.left + i / high.length * (c.right - c.left)).toFixed(1);
	let d = "";

	high.forEach((v, i) => {
		if (!i || v !== high[i - 1])
			d += `${i ? "H" : "M"}${x(i)}${i ? "V" : ","}${c.y(v).toFixed(1)}`;
	});
	d += `H${x(high.length)}`;
	for (let i = high.length - 1; low && i >= 0; i--)
		if (i === high.length - 1 || low[i] !== low[i + 1])
			d += `${i === high.length - 1 ? "" : `H${x(i + 1)}`}V${c.y(low[i]).toFixed(1)}`;
	return low ? d + `H${x(0)}Z` : d;
}

function memoryChart(user, width) {
	const c = chart(width, 210, `${userName(user)}: memory over time`);
	const columns = Math.max(1, Math.round(c.right - c.left));
	const stacked = highest(user.processes, user.layers.length, columns);
	const charged = user.account ? highest([user.account], 1, columns).map(l => l[0]) : [];
	const sums = stacked.map(l => l.reduce((a, b) => a + b, 0));
	const peak = Math.max(...sums, ...charged, 1);
	// a limit far above what was used would flatten the rest: it is said in words then
	const drawn = user.limit !== null && user.limit <= peak * 4;
	const top = Math.max(drawn ? user.limit : 0, peak) * 1.08;
	const ys = ticks(0, top * PAGE, 4, 2);

	c.x = linear(0, data.about.duration_ns, c.left, c.right);
	c.y = linear(0, top, c.bottom, c.top);

	c.overTime(ys.map(v => v / PAGE), v => inBytes(ys)(v * PAGE));

	let low = stacked.map(() => 0);

	user.layers.forEach((name, k) => {
		const high = stacked.map((l, i) => low[i] + l[k]);
		const thickest = stacked.reduce((best, l, i) => l[k] > stacked[best][k] ? i : best, 0);
		const middle = c.y((low[thickest] + high[thickest]) / 2);

		c.svg.append(make("path", {class: `layer k${layerClass(user, k)}`, d: stairs(c, high, low)},
				  make("title", {}, name)));
		// a number, too: colours alone are not enough
		if (c.y(low[thickest]) - c.y(high[thickest]) > 13)
			c.svg.append(make("text", {class: "on-layer", x: c.left + 4 + thickest, y: middle + 4}, String(k + 1)));
		low = high;
	});
	c.gaps();
	if (charged.length) {
		const d = stairs(c, charged);
		const told = c.x(user.account.points[user.account.points.length - 1][0]);
		const solid = charged.slice(0, Math.max(1, Math.ceil(told - c.left)));

		c.svg.append(make("path", {class: "halo", d}),
			     make("path", {class: "charged", d: stairs({...c, right: c.left + solid.length / columns * (c.right - c.left)}, solid)}));
		// nothing told since that it changed
		if (solid.length < columns)
			c.svg.append(make("path", {class: "charged since", d: `M${told.toFixed(1)},${c.y(charged[columns - 1]).toFixed(1)}H${c.right}`}));
	}
	if (drawn)
		c.svg.append(make("path", {class: "limit", d: `M${c.left},${c.y(user.limit)}H${c.right}`}));
	return c.svg;
}

// The layer of all others is grey.
function layerClass(user, k) {
	return k === LAYERS ? "others" : k;
}

function userName(user) {
	return user.uid === null ? "User not known" : `uid ${user.uid}`;
}

function userTitle(user) {
	const a = user.account;

	if (!a)
		return `${userName(user)}: nothing was charged against a limit`;
	return `${userName(user)}: up to ${bytes(a.peak_pages * PAGE)} locked` +
		(user.limit === null ? ", limit not known" :
		 ` of ${bytes(a.limit_bytes)} (${(100 * user.share).toFixed(1)} %)`);
}

function memoryOf(user) {
	const legend = make("ul", {class: "legend"});
	const box = make("div", {});

	user.layers.forEach((name, k) => legend.append(make("li", {},
		make("span", {class: `swatch k${layerClass(user, k)}`}, String(k + 1)), name +
		(k < LAYERS ? `: up to ${bytes(user.processes[k].peak_pages * PAGE)}` : ""))));
	return {box, all: make("div", {class: "account"}, make("h3", {}, userTitle(user)), box, legend)};
}

function drawMemory() {
	const users = usersOfMemory(data);
	const shown = users.length > CHARTS + 1 ? CHARTS : users.length;
	const rest = users.slice(shown);
	const into = byId("memory-charts");

	if (!users.length) {
		none("memory-charts", "No charge was seen.");
		return;
	}
	byId("memory-note").textContent = "One chart per user. Areas: what each process had pinned (VmPin). Line: what the " +
		"kernel counted for the user, by whomever it was locked; dotted since the last event that told it. Dashed: " +
		"RLIMIT_MEMLOCK, where it is within the chart.";
	for (const u of users.slice(0, shown)) {
		const {box, all} = memoryOf(u);

		into.append(all);
		place(box, width => memoryChart(u, width));
	}
	if (!rest.length)
		return;

	const fold = folded(`${plural(rest.length, "more user", "more users")}: ${bytes(Math.max(...rest.map(u => u.peak)) * PAGE)} at most`);

	into.append(fold);
	for (const u of rest.slice(0, FOLDED_CHARTS)) {
		const {box, all} = memoryOf(u);

		fold.append(all);
		place(box, width => memoryChart(u, width));
	}
	if (rest.length > FOLDED_CHARTS)
		fold.append(make("p", {}, `${count(rest.length - FOLDED_CHARTS)} more are left out here; ` +
				 "'report' prints all."));
}
