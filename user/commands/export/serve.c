// SPDX-License-Identifier: GPL-2.0
/*
 * GET /metrics and GET /healthz, nothing else. One thread, and another one for
 * passwords; what was collected a moment ago is good for everybody, and a collector
 * that takes long does not keep anybody waiting. Each connection is good for one
 * request and a bounded time, and there is a bounded number of them.
 */
#include "base/clock.h"
#include "commands/export/serve.h"

#ifndef NO_HTTP

#include <errno.h>
#include <microhttpd.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/err.h"
#include "base/library.h"
#include "base/privilege.h"
#include "commands/export/calls.h"
#include "commands/export/login.h"
#include "commands/export/request.h"

#define MAX_CONNECTIONS	64
#define MAX_ACCEPTED	(MAX_CONNECTIONS + 16)	/* with those that are being closed */
#define MEMORY_BYTES	(16 << 10)	/* of one connection: request line and headers */
#define LIFE_NS		(5000 * NS_PER_MS)	/* of a connection, however busy */
#define FRESH_NS	(200 * NS_PER_MS)	/* collected not longer ago: not collected anew */
#define PATIENCE_NS	(12 * NS_PER_MS)	/* then what was collected last has to do */
#define STALE_WAIT_NS	(2000 * NS_PER_MS)	/* the same when what there is is too old to be told */
#define HEALTHY_NS	(10000 * NS_PER_MS)	/* a collector that does not answer by then is ill */

const bool export_can_serve = true;

#define FUNCTIONS(of)	of(MHD_add_response_header) of(MHD_basic_auth_get_username_password)	\
	of(MHD_create_response_from_buffer)	\
	of(MHD_destroy_response) of(MHD_free) of(MHD_get_connection_info) of(MHD_get_daemon_info)	\
	of(MHD_get_timeout) of(MHD_lookup_connection_value) of(MHD_queue_response)	\
	of(MHD_resume_connection) of(MHD_run) of(MHD_start_daemon) of(MHD_suspend_connection)

static const char *const function_names[] = { FUNCTIONS(LIBRARY_NAME) };
static struct { FUNCTIONS(LIBRARY_MEMBER) } mhd;

struct client {
	struct MHD_Connection *connection; /* NULL = free place */
	__u64 since_ns;
	bool waits;		/* suspended until there is an answer, or no patience left */
	bool checked;		/* suspended until its password was looked at */
	enum login login;	/* what came of that */
	bool served;
	bool evicted;		/* its place is given to another one */
	enum metrics_format format;
};

struct body {
	struct MHD_Response *response;	/* NULL = never collected */
	__u64 at_ns;
	__u64 asked_ns;		/* 0 = not asked for */
};

struct server {
	struct MHD_Daemon *daemon;
	const struct serve_how *how;
	struct login_state *login;	/* NULL = everybody may ask */
	int diag;		/* says which user of this machine asks, -1 = cannot */
	int collector;
	struct client clients[MAX_ACCEPTED];
	struct body bodies[METRICS_TEXT + 1];
	struct serve_answer head;
	char *text;		/* owned; of the answer that is coming in */
	size_t nr;		/* of .head and .text */
	int steps;		/* to be made without waiting */
	bool gone;
};

static const char *const types[] = {
	[METRICS_OPENMETRICS] = "application/openmetrics-text; version=1.0.0; charset=utf-8",
	[METRICS_TEXT] = "text/plain; version=0.0.4; charset=utf-8",
};

/* ---- answers ---------------------------------------------------------------------- */

static enum MHD_Result queue_text(struct MHD_Connection *c, unsigned int status, const char *text)
{
	struct MHD_Response *r = mhd.MHD_create_response_from_buffer(strlen(text), (void *)text,
								 MHD_RESPMEM_PERSISTENT);
	enum MHD_Result queued = MHD_NO;

	if (r) {
		mhd.MHD_add_response_header(r, "Content-Type", "text/plain; charset=utf-8");
		mhd.MHD_add_response_header(r, "Connection", "close");
		if (status == MHD_HTTP_UNAUTHORIZED)
			mhd.MHD_add_response_header(r, "WWW-Authenticate", "Basic realm=\"fixbuf-trace\"");
		if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
			mhd.MHD_add_response_header(r, "Allow", "GET");
		queued = mhd.MHD_queue_response(c, status, r);
		mhd.MHD_destroy_response(r);
	}
	return queued;
}

static void ask(struct server *s, enum metrics_format format)
{
	char c = format == METRICS_TEXT ? SERVE_ASK_TEXT : SERVE_ASK_OPENMETRICS;

	if (s->bodies[format].asked_ns)
		return;
	s->bodies[format].asked_ns = clock_now_ns();
	s->gone |= write(s->collector, &c, 1) != 1;
}

static bool is_fresh(const struct body *b)
{
	return b->response && clock_now_ns() - b->at_ns < FRESH_NS;
}

static bool is_stale(const struct server *s, const struct body *b)
{
	return b->response && clock_now_ns() - b->at_ns > s->how->stale_ns;
}

static struct client *find_client(struct server *s, const struct MHD_Connection *c)
{
	for (size_t i = 0; i < MAX_ACCEPTED; i++)
		if (s->clients[i].connection == c)
			return &s->clients[i];
	return NULL;
}

static enum MHD_Result serve_metrics(struct server *s, struct MHD_Connection *c,
				     enum metrics_format format)
{
	struct client *client = find_client(s, c);
	struct body *b = &s->bodies[format];

	if (client && !client->served && !is_fresh(b)) {
		client->served = client->waits = true;
		client->format = format;
		ask(s, format);
		mhd.MHD_suspend_connection(c);
		return MHD_YES;
	}
	if (!b->response)
		return queue_text(c, MHD_HTTP_SERVICE_UNAVAILABLE, "nothing has been collected yet\n");
	if (is_stale(s, b))
		return queue_text(c, MHD_HTTP_SERVICE_UNAVAILABLE,
				  "the collector does not answer, and its last sample is too old\n");
	return mhd.MHD_queue_response(c, MHD_HTTP_OK, b->response);
}

static enum MHD_Result serve_health(struct server *s, struct MHD_Connection *c)
{
	for (size_t i = 0; i <= METRICS_TEXT; i++)
		if (s->bodies[i].asked_ns && clock_now_ns() - s->bodies[i].asked_ns > HEALTHY_NS)
			return queue_text(c, MHD_HTTP_SERVICE_UNAVAILABLE,
					  "the collector does not answer\n");
	/* so that silence is noticed even when nobody asks for metrics */
	if (!is_fresh(&s->bodies[METRICS_TEXT]))
		ask(s, METRICS_TEXT);
	return queue_text(c, MHD_HTTP_OK, "ok\n");
}

static int descriptor_of(const struct client *c)
{
	return mhd.MHD_get_connection_info(c->connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
}

static enum login who_asks(struct server *s, struct MHD_Connection *c)
{
	struct client *client = find_client(s, c);
	char *password = NULL, *name;

	if (!s->login)
		return LOGIN_OK;
	if (!client || client->login)
		return client ? client->login : LOGIN_LATER;
	name = mhd.MHD_basic_auth_get_username_password(c, &password);
	client->login = login_check(s->login, name, password, peer_of(s->diag, descriptor_of(client)),
				    client - s->clients);
	mhd.MHD_free(name);
	mhd.MHD_free(password);
	return client->login;
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *c, const char *url,
				  const char *method, const char *version, const char *data,
				  size_t *data_size, void **request)
{
	const struct request r = {
		.method = method, .url = url,
		.host = mhd.MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Host"),
		.accept = mhd.MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Accept"),
	};
	struct server *s = arg;
	const struct request_answer a = export_request(&r, s->how->hosts);

	(void)version;
	(void)data;
	(void)data_size;
	(void)request;
	switch (who_asks(s, c)) {
	case LOGIN_OK:
		break;
	case LOGIN_WAITS:
		find_client(s, c)->checked = true;
		mhd.MHD_suspend_connection(c);
		return MHD_YES;
	case LOGIN_LATER:
		return queue_text(c, MHD_HTTP_SERVICE_UNAVAILABLE,
				  "too many passwords are tried from where you are; try again\n");
	default:
		return queue_text(c, MHD_HTTP_UNAUTHORIZED, "give a user's name and password\n");
	}
	switch (a.kind) {
	case REQUEST_METRICS:
		return serve_metrics(s, c, a.format);
	case REQUEST_HEALTH:
		return serve_health(s, c);
	default:
		return queue_text(c, a.status, a.text);
	}
}

/* ---- connections ------------------------------------------------------------------- */

/* The library sees it end and cleans up. */
static void end_connection(struct client *c)
{
	shutdown(descriptor_of(c), SHUT_RDWR);
}

/* One more than there may be: the oldest that has not asked for anything gives its place away. */
static void make_room(struct server *s)
{
	struct client *oldest = NULL;
	size_t nr = 0;

	for (size_t i = 0; i < MAX_ACCEPTED; i++) {
		struct client *c = &s->clients[i];

		if (!c->connection || c->evicted)
			continue;
		nr++;
		if (!c->waits && !c->served && !c->checked && (!oldest || c->since_ns < oldest->since_ns))
			oldest = c;
	}
	if (nr <= MAX_CONNECTIONS || !oldest)
		return;
	end_connection(oldest);
	oldest->evicted = true;
}

static void on_connection(void *arg, struct MHD_Connection *c, void **socket_context,
			  enum MHD_ConnectionNotificationCode code)
{
	struct server *s = arg;
	struct client *client = find_client(s, code == MHD_CONNECTION_NOTIFY_STARTED ? NULL : c);

	(void)socket_context;
	if (!client)
		return;
	memset(client, 0, sizeof(*client));
	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		client->connection = c;
		client->since_ns = clock_now_ns();
		make_room(s);
	}
}

/* The library makes one step with it a run, and does not say that more can be made. */
static void resume(struct server *s, struct client *client)
{
	client->waits = client->checked = false;
	mhd.MHD_resume_connection(client->connection);
	s->steps = 4;
}

/* Ends connections that have had their time, answers those that waited enough. ms until the next. */
static int look_after(struct server *s)
{
	__u64 now = clock_now_ns(), next = now + LIFE_NS;

	for (size_t i = 0; i < MAX_ACCEPTED; i++) {
		struct client *c = &s->clients[i];
		__u64 until = c->since_ns + LIFE_NS;

		/* whose password waits for its turn waits as long as that takes */
		if (!c->connection || c->checked)
			continue;
		if (c->waits) {
			const struct body *b = &s->bodies[c->format];

			/* the first one has to wait for what there is not yet */
			if (b->response)
				until = b->asked_ns +
					(is_stale(s, b) ? STALE_WAIT_NS : PATIENCE_NS);
			if (is_fresh(b) || now >= until) {
				resume(s, c);
				continue;
			}
		} else if (now >= until) {
			end_connection(c);
			until = now + LIFE_NS;
		}
		next = until < next ? until : next;
	}
	return (next - now) / NS_PER_MS + 1;
}

static void take_logins(struct server *s)
{
	unsigned int client;
	enum login is;

	while ((is = login_next(s->login, &client)) != LOGIN_UNKNOWN) {
		s->clients[client].login = is;
		s->clients[client].since_ns = clock_now_ns();
		resume(s, &s->clients[client]);
	}
}

/* ---- who collects -------------------------------------------------------------------- */

static void take_answer(struct server *s)
{
	struct body *b = &s->bodies[s->head.format == METRICS_TEXT ? METRICS_TEXT :
				    METRICS_OPENMETRICS];
	struct MHD_Response *r = mhd.MHD_create_response_from_buffer(s->head.len, s->text,
								 MHD_RESPMEM_MUST_FREE);

	if (!r)
		exit(cannot("out of memory"));
	mhd.MHD_add_response_header(r, "Content-Type", types[s->head.format]);
	mhd.MHD_add_response_header(r, "Connection", "close");
	if (b->response)
		mhd.MHD_destroy_response(b->response);
	b->response = r;
	b->at_ns = clock_now_ns();
	b->asked_ns = 0;
	s->text = NULL;
	s->nr = 0;
}

static void read_answer(struct server *s)
{
	size_t head = sizeof(s->head);
	ssize_t n = s->nr < head ?
		recv(s->collector, (char *)&s->head + s->nr, head - s->nr, MSG_DONTWAIT) :
		recv(s->collector, s->text + s->nr - head, head + s->head.len - s->nr, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		s->gone = true;
		return;
	}
	s->nr += n;
	if (s->nr == head)
		s->text = must_alloc(s->head.len, 1);
	if (s->nr >= head && s->nr == head + s->head.len)
		take_answer(s);
}

static int run(struct server *s)
{
	struct pollfd fds[] = {
		{ .fd = mhd.MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd,
		  .events = POLLIN },
		{ .fd = s->collector, .events = POLLIN },
		{ .fd = s->login ? login_fd(s->login) : -1, .events = POLLIN },
	};

	while (!s->gone) {
		MHD_UNSIGNED_LONG_LONG library;
		int ms;

		mhd.MHD_run(s->daemon);
		ms = look_after(s);
		if (s->steps && s->steps--)
			ms = 0;
		if (mhd.MHD_get_timeout(s->daemon, &library) == MHD_YES && (int)library < ms)
			ms = library;
		poll(fds, 3, ms);
		if (fds[1].revents)
			read_answer(s);
		if (fds[2].revents)
			take_logins(s);
	}
	return EXIT_DONE;
}

/* ---- the process ------------------------------------------------------------------------ */

static int give_up_privileges(pid_t parent)
{
	const struct privileges none = { 0 };
	const struct rlimit files = { MAX_ACCEPTED + 16, MAX_ACCEPTED + 16 };

	return privilege_become_own(&none) || privilege_end_with(parent) || setrlimit(RLIMIT_NOFILE, &files);
}

/* What TLS takes; nothing without. */
static void set_tls(const struct web_config *web, struct MHD_OptionItem *o)
{
	if (web && web->cert) {
		*o++ = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_CERT, 0, web->cert };
		*o++ = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_KEY, 0, web->key };
		*o++ = (struct MHD_OptionItem){
			MHD_OPTION_HTTPS_PRIORITIES, 0,
			web->only_tls13 ? "NORMAL:-VERS-ALL:+VERS-TLS1.3" :
					  "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2",
		};
	}
	*o = (struct MHD_OptionItem){ MHD_OPTION_END, 0, NULL };
}

int export_serve(const struct serve_how *how)
{
	struct server *s = must_alloc(1, sizeof(*s));
	bool tls = how->web && how->web->cert;
	struct MHD_OptionItem more[4];

	if (library_load(LIBMICROHTTPD, function_names, sizeof(mhd) / sizeof(void *), (void **)&mhd))
		return cannot("%s", err_text());
	privilege_keep_open(how->listener, how->collector);
	close(STDOUT_FILENO);
	if (give_up_privileges(how->parent))
		return cannot("%s", err_text());
	s->how = how;
	s->collector = how->collector;
	if (how->web && how->web->nr_users) {
		s->login = login_new(how->web);
		if (!s->login)
			return cannot("%s", err_text());
		s->diag = peer_open();
	}
	set_tls(how->web, more);
	s->daemon = mhd.MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME |
				     (tls ? MHD_USE_TLS : 0), 0, NULL, NULL,
				     on_request, s, MHD_OPTION_LISTEN_SOCKET, how->listener,
				     MHD_OPTION_CONNECTION_LIMIT, (unsigned int)MAX_ACCEPTED,
				     MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY_BYTES,
				     MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)(LIFE_NS / NS_PER_MS / 1000),
				     MHD_OPTION_NOTIFY_CONNECTION, on_connection, s,
				     MHD_OPTION_ARRAY, more, MHD_OPTION_END);
	if (!s->daemon && tls)
		return cannot("TLS does not start: the files of cert_file and key_file are no certificate and its key, or libmicrohttpd has no TLS");
	if (!s->daemon)
		return cannot("the HTTP server does not start: %s", strerror(errno));
	/* the time zone is read now, for the date in answers */
	tzset();
	if (export_calls_serve())
		return cannot("%s", err_text());
	return run(s);
}

#else

const bool export_can_serve;

int export_serve(const struct serve_how *how)
{
	(void)how;
	return 3;
}

#endif
