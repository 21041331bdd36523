// SPDX-License-Identifier: GPL-2.0
/*
 * fixbuf-trace export: for Prometheus. This process collects and needs next to
 * nothing once attached; one looks at pages now and then and keeps what that takes
 * (keeper.c starts it again); one speaks HTTP and has nothing at all.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include "base/alloc.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/privilege.h"
#include "base/signals.h"
#include "capture/call_hooks.h"
#include "capture/cgroup.h"
#include "capture/kernel.h"
#include "capture/live.h"
#include "checks/failure_setup.h"
#include "commands/export/calls.h"
#include "commands/export/file.h"
#include "commands/export/http.h"
#include "commands/export/keeper.h"
#include "commands/export/serve.h"
#include "commands/export/verify.h"
#include "commands/run.h"

#define ADDRESS		"127.0.0.1:9836"
#define TICK_NS		(500 * NS_PER_MS)	/* how soon a signal between two looks is noticed */
#define FIRST_PASS_MS	60000		/* of --once */
#define FRESH_NS	(50 * NS_PER_MS)	/* collected not longer ago: good for the other format */
#define INTERVAL_NS	(15000 * NS_PER_MS)	/* unless told */
#define STALE_INTERVALS	3		/* what is older is not told */
#define WALK_SHARE	20		/* of the time, walks take one part in so many */

struct exporter {
	struct export_options *o;
	struct run run;
	struct live *live;
	struct export_model m;
	struct export_verify verify;
	struct export_http http;
	struct export_file file;
	bool tls, asks_for_passwords;
	char privileges[PRIVILEGE_TEXT], keeper_privileges[PRIVILEGE_TEXT];
	__u64 collected_ns, next_walk_ns, next_file_ns, end_ns;
};

static __u64 interval_ns(const struct export_options *o)
{
	return o->interval_ns ? o->interval_ns : INTERVAL_NS;
}

/* ---- collecting ------------------------------------------------------------------- */

/* What the system shows beside it is not looked at: this process may open nothing. */
static void add_call(struct exporter *x, const struct fact_call *c)
{
	struct evidence_room seen;
	char text[EXPLAIN_LEN];

	if (c->result < 0) {
		live_told(x->live, c, &seen);
		explain_call(text, c, &seen.e);
	}
	export_call(&x->m, c, c->result < 0 ? text : NULL);
}

static void add_setup(struct exporter *x, const struct fact_setup *s)
{
	static const struct evidence none;
	char text[EXPLAIN_LEN];

	explain_setup(text, s, &none);
	export_setup(&x->m, s, text);
}

static void on_fact(const struct fact *f, void *arg)
{
	struct exporter *x = arg;

	if (f->kind == FACT_CALL)
		add_call(x, (const void *)f);
	else if (f->kind == FACT_SETUP)
		add_setup(x, (const void *)f);
	live_fact(x->live, f);
}

static void on_lost(const struct lost_events *lost, void *arg)
{
	struct exporter *x = arg;

	live_lost(x->live, lost);
}

/* Facts keep the ledger right; a walk adds what no fact tells: who else locks memory, who left. */
static int look_anew(struct exporter *x)
{
	__u64 now = clock_now_ns();

	if (now < x->next_walk_ns)
		return 0;
	if (live_look_anew(x->live))
		return -1;
	x->m.walk_ns = clock_now_ns() - now;
	x->next_walk_ns = now + x->m.walk_ns * WALK_SHARE;
	return 0;
}

/* All as it is now, into the model. 0, or -1 with a sentence. */
static int collect(struct exporter *x)
{
	__u64 begun = clock_now_ns();
	struct io_model all = { 0 }, since = { 0 };
	int err;

	if (x->collected_ns && begun - x->collected_ns < FRESH_NS)
		return 0;
	cgroups_begin(&x->m.cgroups, begun);
	/* no more than waits now: who calls faster than we read would keep us here */
	facts_read(x->run.capture.facts);
	live_complete(x->live);
	facts_settle(x->run.capture.facts);
	err = look_anew(x);
	if (!err)
		err = io_stat_read(x->run.capture.io, &all, &since);
	if (!err) {
		export_losses(&x->m, &x->run.capture);
		export_io(&x->m, &all, &since, begun);
		export_rings(&x->m, live_ledger(x->live), begun);
		err = io_stat_tidy(x->run.capture.io, live_ledger(x->live));
	}
	io_model_free(&all);
	io_model_free(&since);
	x->m.realtime_ns = clock_today_ns();
	x->collected_ns = clock_now_ns();
	x->m.collect_ns = x->collected_ns - begun;
	return err;
}

static void render(struct exporter *x, FILE *out, enum metrics_format format)
{
	view_openmetrics(out, &x->m, format, attach_tier(x->run.capture.attach));
	export_told(&x->m);
}

/* To be freed; NULL with a sentence. */
static char *render_text(struct exporter *x, enum metrics_format format, size_t *len)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, len);

	if (!f) {
		err_set(ENOMEM, "out of memory");
		return NULL;
	}
	render(x, f, format);
	fclose(f);
	return text;
}

/* ---- telling ------------------------------------------------------------------------ */

static int write_file(struct exporter *x)
{
	size_t len;
	char *text;
	int err = -1;

	x->next_file_ns = clock_now_ns() + interval_ns(x->o);
	if (collect(x))
		return -1;
	text = render_text(x, METRICS_TEXT, &len);
	if (text)
		err = export_file_replace(&x->file, x->o->textfile, text, len);
	free(text);
	return err;
}

/* A signal that ends us ends it, too. */
static int server_ended(void)
{
	return interrupted ? EXIT_DONE : cannot("the HTTP server has ended; start export again");
}

/* 0, or the exit status after a sentence; a signal that ended the walk ends us as it should. */
static int answer(struct exporter *x, enum metrics_format format)
{
	size_t len;
	char *text;
	int gone;

	if (collect(x))
		return interrupted ? EXIT_DONE : cannot("%s", err_text());
	text = render_text(x, format, &len);
	if (!text)
		return cannot("%s", err_text());
	gone = export_http_answer(&x->http, format, text, len);
	free(text);
	return gone ? server_ended() : 0;
}

static int answer_next(struct exporter *x)
{
	enum metrics_format format;

	return export_http_wants(&x->http, &format) ? server_ended() : answer(x, format);
}

/* Unasked, so that the first one to scrape need not wait either. */
static int answer_first(struct exporter *x)
{
	return answer(x, METRICS_OPENMETRICS) ? : answer(x, METRICS_TEXT);
}

static enum verify_news take_pass(struct exporter *x)
{
	enum verify_news news = export_verify_read(&x->verify, &x->m, clock_now_ns());

	switch (news) {
	case VERIFY_WORKS:
		x->m.verifying = true;
		x->m.own_pids[1] = x->verify.own_tgid;
		break;
	case VERIFY_ENDED:
		if (!interrupted)
			fprintf(stderr, PROGRAM_NAME ": the background check of pages has ended and is started again; findings are not updated until then\n");
		export_no_passes(&x->m);
		break;
	case VERIFY_SPEAKS:
	case VERIFY_WAITS:
		break;
	}
	return news;
}

/* What it found would be told on for ever. */
static void watch_verifier(struct exporter *x)
{
	if (!x->m.verifying ||
	    !export_verify_is_late(&x->verify, x->o->verify_interval_ns, clock_now_ns()))
		return;
	fprintf(stderr, PROGRAM_NAME ": the background check of pages has been silent for long: it is stopped, or hangs; its findings are not told until it goes on\n");
	export_no_passes(&x->m);
}

static void take_verifier(struct exporter *x)
{
	if (export_verify_next(&x->verify) && !interrupted)
		fprintf(stderr, PROGRAM_NAME ": the process that starts the background check of pages has ended; findings are no longer updated: start export again\n");
}

static unsigned int pause_ms(const struct exporter *x)
{
	unsigned int ms = facts_pause_ms(x->run.capture.facts);
	__u64 now = clock_now_ns(), until = now + (ms < TICK_NS / NS_PER_MS ? ms * NS_PER_MS : TICK_NS);

	if (x->o->textfile && x->next_file_ns < until)
		until = x->next_file_ns;
	if (x->end_ns && x->end_ns < until)
		until = x->end_ns;
	return until > now ? (until - now) / NS_PER_MS + 1 : 0;
}

static int serve(struct exporter *x)
{
	struct pollfd fds[] = {
		{ .fd = facts_fd(x->run.capture.facts), .events = POLLIN },
		{ .fd = x->http.asked, .events = POLLIN },
		{ .events = POLLIN },
		{ .events = POLLIN },
	};
	int status = x->http.asked >= 0 ? answer_first(x) : EXIT_DONE;

	while (!status && !interrupted && (!x->end_ns || clock_now_ns() < x->end_ns)) {
		fds[2].fd = x->verify.from;
		fds[3].fd = x->verify.control;
		if (poll(fds, 4, pause_ms(x)) < 0)
			fds[0].revents = fds[1].revents = fds[2].revents = fds[3].revents = 0;
		if (!facts_read(x->run.capture.facts))
			live_complete(x->live);
		ended_tell(&x->run.ended, &x->run.capture, false);
		if (fds[2].revents)
			take_pass(x);
		if (fds[3].revents)
			take_verifier(x);
		watch_verifier(x);
		if (fds[1].revents)
			status = answer_next(x);
		if (!status && x->o->textfile && clock_now_ns() >= x->next_file_ns &&
		    write_file(x) && !interrupted)
			status = misuse("%s", err_text());
	}
	return status;
}

static bool read_some(void *arg)
{
	facts_read(((struct exporter *)arg)->run.capture.facts);
	return false;
}

static int once(struct exporter *x)
{
	const struct run_steps steps = { .step = read_some, .arg = x };
	enum verify_news news = x->verify.pid ? VERIFY_SPEAKS : VERIFY_WORKS;

	if (x->o->duration_ns && !run_begin(&x->run))
		run_until(&x->run, &steps);
	while (news == VERIFY_SPEAKS && export_verify_await(&x->verify, FIRST_PASS_MS))
		news = take_pass(x);
	if (collect(x))
		return interrupted ? 128 + interrupted : cannot("%s", err_text());
	render(x, x->o->output.out, METRICS_OPENMETRICS);
	if (news != VERIFY_WORKS && !interrupted)
		fprintf(stderr, PROGRAM_NAME ": the look at pages did not end: what it would have found is not in this\n");
	return news == VERIFY_WORKS || interrupted ? EXIT_DONE : EXIT_UNSETTLED;
}

/* ---- privileges ------------------------------------------------------------------------ */

/* What this process does from now on. */
static bool can_collect(void *exporter)
{
	struct exporter *x = exporter;
	struct ledger *l = ledger_new();
	struct io_model io = { 0 };
	int err = walk_rings(x->run.capture.walk, l) ||
		  io_stat_read(x->run.capture.io, &io, NULL) ||
		  io_stat_tidy(x->run.capture.io, l);

	io_model_free(&io);
	ledger_free(l);
	return !err;
}

/* Kernels before 5.19 ask for CAP_BPF at each use of a program or map. */
static int drop_privileges(struct exporter *x)
{
	static const unsigned int bpf[] = { CAP_BPF }, both[] = { CAP_BPF, CAP_PERFMON },
				  all[] = { CAP_BPF, CAP_PERFMON, CAP_SYS_ADMIN };
	static const struct privileges sets[] = { { NULL, 0 }, { bpf, 1 }, { both, 2 }, { all, 3 } };
	bool reads = x->o->by == EXPORT_BY_CGROUP;
	const struct privileges *least;

	capture_learn_cpus();
	least = privilege_least(sets, sizeof(sets) / sizeof(sets[0]), can_collect, x);
	privilege_text(x->privileges, least);
	privilege_text(x->keeper_privileges, &export_keeper_keeps);
	/* who writes the file has to stay who may write it */
	if (x->o->textfile)
		return privilege_keep(least) || privilege_no_new() || export_calls_collect(true, reads);
	return privilege_become_own(least) || export_calls_collect(false, reads);
}

/* ---- from begin to end -------------------------------------------------------------------- */

static int check_build(const struct export_options *o)
{
	if (!export_can_serve && !o->once && !o->textfile)
		return misuse("this build has no HTTP server (it is linked statically); use --textfile or --once");
	if (!export_can_serve && (o->listen || o->web_config))
		return misuse("this build has no HTTP server (it is linked statically); leave --%s out",
			      o->listen ? "listen" : "web-config");
	if (o->web_config && o->textfile && !o->listen)
		return misuse("--web-config is for a server; give --listen, too, or leave it out");
	return 0;
}

static void announce(const struct exporter *x)
{
	const struct export_options *o = x->o;
	const char *tier = tier_name(attach_tier(x->run.capture.attach));

	if (x->http.asked >= 0 && !x->http.loopback && !(x->tls && x->asks_for_passwords))
		fprintf(stderr, PROGRAM_NAME ": %s can be reached from other machines, and anybody there can read who registers what; give it TLS and passwords (--web-config), put a firewall in front of it, or listen at 127.0.0.1\n",
			x->http.address);
	if (o->output.quiet)
		return;
	if (x->http.asked >= 0 && x->http.local.pid)
		fprintf(stderr, "serving /metrics at %s (tier: %s)\n", o->listen, tier);
	else if (x->http.asked >= 0)
		fprintf(stderr, "serving http%s://%s/metrics (tier: %s)\n", x->tls ? "s" : "",
			x->http.address, tier);
	if (o->textfile)
		fprintf(stderr, "writing %s (tier: %s)\n", o->textfile, tier);
	fprintf(stderr, "capabilities: collector %s", x->privileges);
	if (x->verify.pid)
		fprintf(stderr, "; page checker %s; its keeper %s", x->verify.privileges,
			x->keeper_privileges);
	fprintf(stderr, "%s%s\n", x->http.asked >= 0 ? "; HTTP server none" : "",
		x->http.local.pid ? "; remover of the socket none" : "");
}

/* Before this process has anything that the others could inherit. */
static int start_others(struct exporter *x)
{
	struct export_options *o = x->o;
	bool serves = !o->once && (o->listen || !o->textfile);
	struct web_config web = { 0 };
	int status = 0;

	alloc_give_back();
	/* said once, not by each of them */
	if (kern_may_begin())
		return cannot("%s", err_text());
	if (serves)
		status = export_http_listen(&x->http, o->listen ? o->listen : ADDRESS);
	if (!status && serves && o->web_config)
		status = web_config_read(&web, o->web_config);
	x->tls = web.cert;
	x->asks_for_passwords = web.nr_users;
	if (!status && serves)
		status = export_http_start(&x->http, &web, o->allow_hosts,
					   STALE_INTERVALS * interval_ns(o));
	/* the key is nothing to any other process */
	web_config_free(&web);
	if (status || !o->verify_interval_ns)
		return status;
	if (!export_verify_start(&x->verify, o))
		x->m.verifying = true;
	else
		fprintf(stderr, PROGRAM_NAME ": pages are not checked in the background, so there are no findings; --verify-interval 0 asks for that\n");
	return 0;
}

/* Processes are known by the ids that they have outside. */
static int check_cgroups(struct exporter *x)
{
	struct origin origin;

	capture_origin(&x->run.capture, &origin);
	if (origin.pid_ns)
		return cannot("--by cgroup needs to see the processes of the machine in /proc, and this one is in a pid namespace; run it outside (docker and podman: --pid=host), or leave --by cgroup out");
	if (cgroup_may_group("leave --by cgroup out"))
		return cannot("%s", err_text());
	cgroups_init(&x->m.cgroups, cgroup_of_process);
	return 0;
}

static int run(struct exporter *x)
{
	static const struct io_how io = { .latency = true, .only_ended = true };
	const struct facts_handler on = { on_fact, on_lost, x };
	const struct capture_wants wants = {
		.how = &x->o->how, .select = &x->o->select, .on = &on, .io = &io,
	};
	int status = run_open(&x->run, &wants);

	if (!status && x->o->by == EXPORT_BY_CGROUP)
		status = check_cgroups(x);
	if (status)
		return status;
	x->m.own_pids[0] = capture_own_tgid(&x->run.capture);
	x->m.own_pids[1] = x->verify.own_tgid;
	if (live_start(&x->live, &x->run.capture, &x->o->select, NULL, NULL, NULL) ||
	    drop_privileges(x))
		return run_cannot();
	x->end_ns = x->o->duration_ns ? clock_now_ns() + x->o->duration_ns : 0;
	if (!x->o->once)
		announce(x);
	return x->o->once ? once(x) : serve(x);
}

int export_run(void *options)
{
	struct export_options *o = options;
	struct exporter x = {
		.o = o, .run = { .to = &o->output, .duration_ns = o->duration_ns },
		.verify.from = -1, .verify.control = -1, .http.listener = -1, .http.asked = -1,
	};
	/* the page checker, when it is started again, is not to be refused who has ended since */
	int status = check_build(o) ? : run_find(&o->select);

	if (status)
		return status;
	/* what our caller left open is nothing to who serves or collects */
	if (!o->once)
		privilege_keep_open(-1, -1);
	export_model_init(&x.m, o->by, o->max_series, &o->select);
	if (!o->raw_addresses) {
		address_key_new(&x.m.own_key);
		x.m.key = &x.m.own_key;
	}
	status = start_others(&x);
	if (!status)
		status = run(&x);
	/* who is asked to end while it starts ends as well as later */
	if (interrupted && !o->once && status == 128 + interrupted)
		status = EXIT_DONE;
	export_http_stop(&x.http);
	export_verify_stop(&x.verify);
	live_free(x.live);
	run_close(&x.run);
	export_model_free(&x.m);
	return status;
}
