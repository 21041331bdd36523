// SPDX-License-Identifier: GPL-2.0
/*
 * fixbuf-trace export: for Prometheus. Three processes: this one collects and
 * needs next to nothing once attached, one looks at pages now and then and
 * keeps what that takes, one speaks HTTP and has nothing at all.
 */
#include <errno.h>
#include <linux/capability.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/err.h"
#include "base/privilege.h"
#include "base/signals.h"
#include "capture/call_hooks.h"
#include "capture/live.h"
#include "capture/session.h"
#include "commands/env.h"
#include "commands/export/file.h"
#include "commands/export/http.h"
#include "commands/export/serve.h"
#include "commands/export/verify.h"
#include "fixbuf.skel.h"

#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#endif
#ifndef CAP_BPF
#define CAP_BPF 39
#endif

#define ADDRESS		"127.0.0.1:9836"
#define MS		1000000ULL
#define TICK_NS		(500 * MS)	/* how soon a signal between two looks is noticed */
#define FRESH_NS	(50 * MS)	/* collected not longer ago: good for the other format */
#define TEXTFILE_NS	(15000 * MS)
#define WALK_SHARE	20		/* of the time, walks take one part in so many */
#define GONE_NS		(2000 * MS)	/* after that a ring's counters make room */
#define FORGET_AT_ONCE	64		/* rings, for each takes a run on every CPU */

struct exporter {
	struct env *env;
	struct session s;
	struct tracer tracer;
	struct export_model m;
	struct export_verify verify;
	struct export_http http;
	char privileges[PRIVILEGE_TEXT];
	__u64 collected_ns, next_walk_ns, next_file_ns, end_ns;
};

/* ---- collecting ------------------------------------------------------------------- */

static void on_fact(const struct fact *f, void *arg)
{
	struct exporter *x = arg;

	if (f->kind == FACT_CALL)
		export_call(&x->m, (const void *)f);
	tracer_fact(f, &x->tracer);
}

static void on_lost(const struct lost_events *lost, void *arg)
{
	struct exporter *x = arg;

	tracer_lost(lost, &x->tracer);
}

/* Facts keep the ledger right; a walk adds what no fact tells: who else locks memory, who left. */
static int look_anew(struct exporter *x)
{
	__u64 now = clock_now_ns();

	if (now < x->next_walk_ns)
		return 0;
	if (tracer_look_anew(&x->tracer))
		return -1;
	x->m.walk_ns = clock_now_ns() - now;
	x->next_walk_ns = now + x->m.walk_ns * WALK_SHARE;
	return 0;
}

/* Counters of rings that are gone make room for those that come. */
static int forget_io(struct exporter *x)
{
	for (int i = 0; i < FORGET_AT_ONCE; i++) {
		__u64 ring = export_io_gone(&x->m, x->tracer.ledger, clock_now_ns(), GONE_NS), ops;

		if (!ring)
			break;
		if (io_stat_forget(x->s.io, ring, &ops))
			return -1;
		export_io_forgotten(&x->m, ring, ops);
	}
	return 0;
}

/* All as it is now, into the model. 0, or -1 with a sentence. */
static int collect(struct exporter *x)
{
	__u64 begun = clock_now_ns();
	struct io_model io = { 0 };
	int err;

	if (x->collected_ns && begun - x->collected_ns < FRESH_NS)
		return 0;
	/* no more than waits now: who calls faster than we read would keep us here */
	facts_read(x->s.facts);
	tracer_drained(&x->tracer);
	facts_settle(x->s.facts);
	err = look_anew(x);
	if (!err)
		err = io_stat_read(x->s.io, &io);
	if (!err) {
		export_io(&x->m, &io, begun);
		export_rings(&x->m, x->tracer.ledger, begun);
		err = forget_io(x);
	}
	io_model_free(&io);
	x->m.realtime_ns = clock_today_ns();
	x->collected_ns = clock_now_ns();
	x->m.collect_ns = x->collected_ns - begun;
	return err;
}

static void render(struct exporter *x, FILE *out, enum metrics_format format)
{
	view_openmetrics(out, &x->m, format, attach_tier(x->s.attach));
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
	__u64 interval = x->env->interval_ns ? x->env->interval_ns : TEXTFILE_NS;
	size_t len;
	char *text;
	int err = -1;

	x->next_file_ns = clock_now_ns() + interval;
	if (collect(x))
		return -1;
	text = render_text(x, METRICS_TEXT, &len);
	if (text)
		err = export_file_replace(x->env->textfile, text, len);
	free(text);
	return err;
}

/* A signal that ends us ends it, too. */
static int server_ended(void)
{
	return interrupted ? EXIT_DONE : cannot("the HTTP server has ended; start export again");
}

/* 0, or the exit status after a sentence. */
static int answer(struct exporter *x, enum metrics_format format)
{
	size_t len;
	char *text;
	int gone;

	if (collect(x))
		return cannot("%s", err_text());
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

static void take_pass(struct exporter *x)
{
	if (!export_verify_read(&x->verify, &x->m, clock_now_ns()))
		return;
	if (!interrupted)
		fprintf(stderr, PROGRAM_NAME ": the background check of pages has ended; findings are no longer told\n");
	export_verify_stop(&x->verify);
	export_no_passes(&x->m);
}

static unsigned int pause_ms(const struct exporter *x)
{
	__u64 now = clock_now_ns(), until = now + TICK_NS;

	if (x->env->textfile && x->next_file_ns < until)
		until = x->next_file_ns;
	if (x->end_ns && x->end_ns < until)
		until = x->end_ns;
	return until > now ? (until - now) / MS + 1 : 0;
}

static int serve(struct exporter *x)
{
	struct pollfd fds[] = {
		{ .fd = facts_fd(x->s.facts), .events = POLLIN },
		{ .fd = x->http.asked, .events = POLLIN },
		{ .events = POLLIN },
	};
	int status = x->http.asked >= 0 ? answer_first(x) : EXIT_DONE;

	while (!status && !interrupted && (!x->end_ns || clock_now_ns() < x->end_ns)) {
		fds[2].fd = export_verify_fd(&x->verify);
		if (poll(fds, 3, pause_ms(x)) < 0)
			fds[0].revents = fds[1].revents = fds[2].revents = 0;
		if (fds[0].revents && !facts_read(x->s.facts))
			tracer_drained(&x->tracer);
		if (fds[2].revents)
			take_pass(x);
		if (fds[1].revents)
			status = answer_next(x);
		if (!status && x->env->textfile && clock_now_ns() >= x->next_file_ns &&
		    write_file(x))
			status = misuse("%s", err_text());
	}
	return status;
}

static int once(struct exporter *x)
{
	__u64 left;

	while (!interrupted && x->end_ns && (left = x->end_ns - clock_now_ns()) <= x->env->duration_ns) {
		session_wait(&x->s, left / MS < 100 ? left / MS + 1 : 100);
		facts_read(x->s.facts);
	}
	if (x->verify.pid)
		take_pass(x);
	if (collect(x))
		return cannot("%s", err_text());
	render(x, x->env->output.out, METRICS_OPENMETRICS);
	return EXIT_DONE;
}

/* ---- privileges ------------------------------------------------------------------------ */

/* What this process does from now on. */
static bool can_collect(void *exporter)
{
	struct exporter *x = exporter;
	struct ledger *l = ledger_new();
	struct io_model io = { 0 };
	__u64 ops;
	int err = walk_rings(x->s.walk, l) || io_stat_read(x->s.io, &io) ||
		  io_stat_forget(x->s.io, 0, &ops);

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
	const struct privileges *least;

	least = privilege_least(sets, sizeof(sets) / sizeof(sets[0]), can_collect, x);
	privilege_text(x->privileges, least);
	return privilege_keep(least) || privilege_no_new();
}

/* ---- from begin to end -------------------------------------------------------------------- */

static int check_build(const struct env *env)
{
	if (!export_can_serve && !env->once && !env->textfile)
		return misuse("this build has no HTTP server (it is linked statically); use --textfile or --once");
	if (!export_can_serve && env->listen)
		return misuse("this build has no HTTP server (it is linked statically); leave --listen out");
	return 0;
}

static void announce(const struct exporter *x)
{
	const struct env *env = x->env;
	const char *tier = tier_name(attach_tier(x->s.attach));

	if (x->http.asked >= 0 && !x->http.loopback)
		fprintf(stderr, PROGRAM_NAME ": %s can be reached from other machines, and anybody there may read who registers what; put a firewall or a proxy with TLS and passwords before it, or listen at 127.0.0.1\n",
			x->http.address);
	if (env->output.quiet)
		return;
	if (x->http.asked >= 0)
		fprintf(stderr, "serving http://%s/metrics (tier: %s)\n", x->http.address, tier);
	if (env->textfile)
		fprintf(stderr, "writing %s (tier: %s)\n", env->textfile, tier);
	fprintf(stderr, "capabilities kept: %s to collect, ", x->privileges);
	if (x->verify.pid)
		fprintf(stderr, "%s to verify, ", x->verify.privileges);
	fprintf(stderr, "none to serve\n");
}

/* Before this process has anything that the others could inherit. */
static int start_others(struct exporter *x)
{
	const struct env *env = x->env;
	bool serves = !env->once && (env->listen || !env->textfile);
	int status = 0;

	if (serves)
		status = export_http_listen(&x->http, env->listen ? env->listen : ADDRESS);
	if (!status && serves)
		status = export_http_start(&x->http);
	if (status || !env->verify_interval_ns)
		return status;
	if (!export_verify_start(&x->verify, env))
		x->m.verifying = true;
	else
		fprintf(stderr, PROGRAM_NAME ": pages are not checked in the background, and no findings told; --verify-interval 0 asks for that\n");
	return 0;
}

static int run(struct exporter *x)
{
	static const struct io_how how = { .latency = true, .forgets = true, .only_ended = true };
	const struct facts_handler handler = { on_fact, on_lost, x };
	int status;

	x->s.io_how = &how;
	status = session_open(&x->s, x->env, &handler, false);
	if (status)
		return status;
	x->m.own_pids[0] = x->s.skel->bss->own_tgid;
	x->m.own_pids[1] = x->verify.own_tgid;
	if (tracer_start(&x->tracer, &x->env->select, x->s.walk, x->s.attach, NULL) || drop_privileges(x))
		return cannot("%s", err_text());
	x->end_ns = x->env->duration_ns ? clock_now_ns() + x->env->duration_ns : 0;
	if (!x->env->once)
		announce(x);
	return x->env->once ? once(x) : serve(x);
}

int cmd_export(struct env *env)
{
	struct exporter x = {
		.env = env,
		.verify.from = -1, .http.listener = -1, .http.asked = -1,
	};
	int status = check_build(env);

	if (status)
		return status;
	export_model_init(&x.m, env->by, env->max_series);
	status = start_others(&x);
	if (!status)
		status = run(&x);
	export_http_stop(&x.http);
	export_verify_stop(&x.verify);
	tracer_free(&x.tracer);
	session_close(&x.s);
	export_model_free(&x.m);
	return status;
}
