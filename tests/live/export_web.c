// SPDX-License-Identifier: GPL-2.0
/*
 * export --web-config: who has no password is told nothing, trying passwords keeps nobody else out,
 * not even who logs in for the first time, and a file that asks for what is not there is refused.
 * Independent of the kernel: not run in guests.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "http.h"
#include "metrics.h"

#define HASH	"$2b$05$abcdefghijklmnopqrstuu8xaCxxL82bnl.UY74PMksDxIJShppPC" /* of "right" */
#define RIGHT	"Authorization: Basic YWxpY2U6cmlnaHQ=\r\n"
#define WRONG	"Authorization: Basic YWxpY2U6d3Jvbmc=\r\n"
#define TRIES	211

static char folder[] = "/tmp/fixbuf-web-XXXXXX", file[64];

static void write_file(const char *text)
{
	FILE *f = fopen(file, "we");

	if (!f || fputs(text, f) < 0 || fclose(f))
		bail("cannot write %s", file);
}

static int ask(const struct exporter *x, const char *path, const char *headers)
{
	char *a = http_get(x->port, path, headers);
	int status = http_status(a);

	free(a);
	return status;
}

static void passwords(void)
{
	static const struct { const char *headers, *what; } refused[] = {
		{ "", "no password" },
		{ WRONG, "a wrong one" },
		{ "Authorization: Basic Ym9iOnJpZ2h0\r\n", "an unknown user" },
		{ "Authorization: Basic Og==\r\n", "an empty one" },
		{ "Authorization: Basic !!!!\r\n", "no base64" },
		{ "Authorization: Bearer right\r\n", "another scheme" },
	};
	struct exporter x;
	int told = 0, served = 0;

	write_file("basic_auth_users:\n  alice: " HASH "\n");
	exporter_start(&x, "--verify-interval", "0", "--web-config", file, NULL);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		is(ask(&x, "/metrics", refused[i].headers), 401, "%s: 401", refused[i].what);
	}
	is(ask(&x, "/healthz", ""), 401, "nor is it told whether it is healthy");
	is(ask(&x, "/metrics", RIGHT), 200, "the right one: 200");
	for (int i = 0; i < TRIES; i++) {
		int status = ask(&x, "/metrics", WRONG);

		told += status != 401;
		served += ask(&x, "/metrics", RIGHT) == 200;
	}
	is(told, 0, "%d wrong ones are told nothing", TRIES);
	is(served, TRIES, "and keep out nobody who had the right one before");
	exporter_end(&x);
	tool_free(&x.a);
}

/* ---- many who try others ------------------------------------------------------------------ */

#define NOBODY		65534
#define FLOODERS	16
#define AT_ONCE_S	2	/* three hashes, of 60 ms where nobody else wants the processor */
#define TURNS_S		5	/* as others who try, another user of its own */

static const struct { const char *name, *hash, *header; } users[] = {
	{ "berta", "$2b$10$abcdefghijklmnopqrstuuWKt98PEXi.1TuBuGXpEvyHLhRisM9Ya",
	  "Authorization: Basic YmVydGE6Zmlyc3Q=\r\n" },
	{ "clara", "$2b$10$abcdefghijklmnopqrstuuuARLn.YtNTuzi37.3JGnO/nXzkDwpkG",
	  "Authorization: Basic Y2xhcmE6c2Vjb25k\r\n" },
	{ "doris", "$2b$10$abcdefghijklmnopqrstuuQGfZWewwL468jALpMoxsEYz3zIMsBk2",
	  "Authorization: Basic ZG9yaXM6dGhpcmQ=\r\n" },
	{ "erika", "$2b$10$abcdefghijklmnopqrstuuOs/Rb4rJUuwMWATnOyYMnIgZ5sVVshC",
	  "Authorization: Basic ZXJpa2E6Zm91cnRo\r\n" },
};

/* Other passwords of berta's without end, none of them twice. */
static void try_passwords(const struct exporter *x, unsigned int flooder, unsigned long *tried)
{
	for (unsigned int i = 0;; i++) {
		char header[64];

		/* behind "berta:" */
		snprintf(header, sizeof(header), "Authorization: Basic YmVydGE6%02u%06u\r\n", flooder, i);
		if (ask(x, "/metrics", header) == 200)
			_exit(1);
		__atomic_add_fetch(tried, 1, __ATOMIC_RELAXED);
	}
}

static double first_login(const struct exporter *x, size_t user)
{
	double start = now_s();

	is(ask(x, "/metrics", users[user].header), 200, "beside them %s's first right login: 200",
	   users[user].name);
	return now_s() - start;
}

static void flood(const struct exporter *x, uid_t uid, size_t nr, size_t from, size_t to,
		  double most_s)
{
	unsigned long *tried = mmap(NULL, sizeof(*tried), PROT_READ | PROT_WRITE,
				    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pids[FLOODERS];

	for (size_t i = 0; i < nr; i++) {
		pids[i] = fork();
		if (pids[i])
			continue;
		if (setresgid(uid, uid, uid) || setresuid(uid, uid, uid))
			_exit(2);
		try_passwords(x, i, tried);
	}
	while (__atomic_load_n(tried, __ATOMIC_RELAXED) < 2 * nr)
		usleep(10000);
	for (size_t user = from; user < to; user++) {
		double took = first_login(x, user);

		ok(took < most_s, "in %.0f seconds (%.2f)", most_s, took);
	}
	for (size_t i = 0; i < nr; i++)
		kill(pids[i], SIGKILL);
	for (size_t i = 0; i < nr; i++) {
		int status;

		waitpid(pids[i], &status, 0);
		ok(WIFSIGNALED(status), "no wrong one was right");
	}
	note("%lu passwords were tried by uid %u in %zu processes", *tried, uid, nr);
	munmap(tried, sizeof(*tried));
}

static void tried_by_many(void)
{
	struct exporter x;
	char text[1024];
	int len = snprintf(text, sizeof(text), "basic_auth_users:\n");

	for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++)
		len += snprintf(text + len, sizeof(text) - len, "  %s: %s\n", users[i].name, users[i].hash);
	write_file(text);
	exporter_start(&x, "--verify-interval", "0", "--web-config", file, NULL);
	flood(&x, NOBODY, FLOODERS, 0, 3, AT_ONCE_S);
	flood(&x, getuid(), 3, 3, 4, TURNS_S);
	exporter_end(&x);
	tool_free(&x.a);
}

static void refused_files(void)
{
	static const struct { const char *text, *said; } all[] = {
		{ "basic_auth_users:\n  alice: right\n", ":2: a password is not hashed with bcrypt" },
		{ "basic_auth_users:\n  alice: $2y$31$abcdefghijklmnopqrstuuhKF09ZYWwH2zP/0fwE1X8e/Q1YNx/hO\n",
		  ":2: a hash takes too long" },
		{ "# a comment\n\ntls_server_config:\n  cert_file: \"a.pem\"  # one\n", "cert_file and key_file go together" },
		{ "tls_server_config:\n  cert_file: a.pem\n  key_file: 'b.pem'\n", "/a.pem, which" },
		{ "tls_server_config:\n  client_auth_type: RequireAndVerifyClientCert\n", ":2: of tls_server_config only" },
		{ "tls_server_config:\n  min_version: TLS10\n", ":2: min_version is TLS12 or TLS13" },
		{ "tls_server_config: {}\n", ":1: this is not \"KEY: VALUE\"" },
		{ "basic_auth_users:\n\talice: x\n", ":2: this section is not known" },
		{ "rate_limit:\n", ":1: this section is not known" },
		{ "  alice: x\n", ":1: this is not known here" },
		{ "basic_auth_users:\n  alice: \"a\\b\"\n", ":2: this is not \"KEY: VALUE\"" },
	};
	struct tool_run a;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		write_file(all[i].text);
		tool(&a, "export", "--listen", "127.0.0.1:0", "-d", "1s", "--web-config", file, NULL);
		is(a.status, 2, "a file that is not understood ends it");
		has_text(a.err, all[i].said, "and it is said why");
		tool_free(&a);
	}
	tool(&a, "export", "--listen", "127.0.0.1:0", "--web-config", "/nonexistent/web.yml", NULL);
	is(a.status, 2, "a file that is not there, too");
	tool_free(&a);
}

/* What curl has for it: the status, 0 without an answer. */
static int curl(const char *scheme, int port, const char *more)
{
	char command[512], text[16] = "";
	FILE *f;

	snprintf(command, sizeof(command),
		 "curl -s -o /dev/null -w '%%{http_code}' --cacert %s/c.pem %s %s://localhost:%d/metrics",
		 folder, more, scheme, port);
	f = popen(command, "re");
	if (!f || !fgets(text, sizeof(text), f))
		note("%s says nothing", command);
	if (f)
		pclose(f);
	return atoi(text);
}

static void tls(void)
{
	struct exporter x;
	char command[512];

	snprintf(command, sizeof(command),
		 "curl --version >/dev/null 2>&1 && openssl req -x509 -newkey rsa:2048 -nodes -days 2 "
		 "-keyout %s/k.pem -out %s/c.pem -subj /CN=localhost -addext subjectAltName=DNS:localhost 2>/dev/null",
		 folder, folder);
	if (system(command)) {
		skip("TLS", "curl or openssl is not installed");
		return;
	}
	write_file("tls_server_config:\n  cert_file: c.pem\n  key_file: k.pem\n"
		   "basic_auth_users:\n  alice: " HASH "\n");
	exporter_start(&x, "--verify-interval", "0", "--web-config", file, NULL);
	is(curl("https", x.port, "-u alice:right"), 200, "TLS and a password");
	is(curl("https", x.port, ""), 401, "TLS without one");
	is(curl("https", x.port, "-u alice:right --tls-max 1.1"), 0, "no TLS older than 1.2");
	is(curl("http", x.port, "-u alice:right"), 0, "nothing without TLS");
	exporter_end(&x);
	tool_free(&x.a);
}

int main(void)
{
	char command[64];

	exporter_needed();
	if (!mkdtemp(folder))
		bail("no folder");
	snprintf(file, sizeof(file), "%s/web.yml", folder);
	passwords();
	tried_by_many();
	refused_files();
	tls();
	snprintf(command, sizeof(command), "rm -r %s", folder);
	if (system(command))
		note("%s is left", folder);
	return tap_end();
}
