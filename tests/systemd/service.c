// SPDX-License-Identifier: GPL-2.0
/*
 * The unit under a real systemd, in a guest that has booted with it and has the
 * package installed (guest.sh): its sandbox lets all of export work, its processes
 * have the capabilities that they claim and no more, it comes back when it is
 * killed, and leaves nothing when it is stopped or removed.
 */
#include <dirent.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bpf_objects.h"
#include "command.h"
#include "http.h"
#include "load.h"
#include "memory.h"
#include "metrics.h"
#include "tool.h"
#include "witness.h"

#define UNIT		"fixbuf-trace.service"
#define PORT		9836
#define MAX_PROCESSES	16
#define RESTART_S	60	/* RestartSec= is 10, and the guest is slow */
#define EXPOSURE	2.7
#define SECCOMP_FILTER	2

static const struct exporter x = { .port = PORT };

struct processes {
	pid_t pid[MAX_PROCESSES];
	size_t nr;
};

static char *property(const char *name)
{
	char command[128];

	snprintf(command, sizeof(command), "systemctl show -P %s " UNIT, name);
	return command_said(NULL, command);
}

static pid_t main_pid(void)
{
	char *text = property("MainPID");
	pid_t pid = atoi(text);

	free(text);
	return pid;
}

static void is_property(const char *name, const char *want, const char *what)
{
	char *text = property(name);

	is_text(text, want, "%s", what);
	free(text);
}

/* What the service itself printed since its last start; to be freed. */
static char *journal(void)
{
	char command[160], *id = property("InvocationID");

	snprintf(command, sizeof(command),
		 "journalctl --sync; journalctl -q -b -o cat _SYSTEMD_INVOCATION_ID=%s", id);
	free(id);
	return command_said(NULL, command);
}

/* Until it answers, or for so many seconds. */
static bool serves(int seconds)
{
	for (int ms = 0; ms < seconds * 1000; ms += 200) {
		char *a = http_get(PORT, "/healthz", "");
		bool well = http_status(a) == 200;

		free(a);
		if (well)
			return true;
		usleep(200000);
	}
	return false;
}

/* They have a name each, by what they do. */
static void find_processes(struct processes *p)
{
	DIR *d = opendir("/proc");
	struct dirent *e;

	p->nr = 0;
	while (d && (e = readdir(d)) && p->nr < MAX_PROCESSES) {
		char path[300], *comm;

		snprintf(path, sizeof(path), "/proc/%s/comm", e->d_name);
		if (atoi(e->d_name) <= 0)
			continue;
		comm = file_text(path);
		if (!strncmp(comm, "fixbuf-", 7))
			p->pid[p->nr++] = atoi(e->d_name);
		free(comm);
	}
	if (d)
		closedir(d);
}

/* ---- what it tells ------------------------------------------------------------------ */

static void findings(const struct load *twice, const struct load *bypass, const struct load *stale)
{
	char label[64], *text;

	snprintf(label, sizeof(label), "tag=\"overcharged\",uid=\"%llu\"", load_number(twice, "uid"));
	is_metric(&x, load_number(twice, "expect.overcharged") * PAGE, "verify sees another user's pages: overcharged",
		  "fixbuf_finding_bytes", label);
	snprintf(label, sizeof(label), "uid=\"%llu\"", load_number(twice, "uid"));
	is_metric(&x, 7, "its seven buffers are there", "fixbuf_registered_buffers", label);
	is_metric(&x, load_number(stale, "expect.stale-page") * PAGE, "and root's: stale-page",
		  "fixbuf_finding_bytes", "tag=\"stale-page\",uid=\"0\",comm=\"fault_remap\"");
	if (bypass->pid && load_text(bypass, "expect.uncharged-pin")) {
		snprintf(label, sizeof(label), "tag=\"uncharged-pin\",uid=\"%llu\"",
			 load_number(bypass, "uid"));
		is_metric(&x, load_number(bypass, "expect.uncharged-pin") * PAGE, "uncharged-pin",
			  "fixbuf_finding_bytes", label);
	} else {
		skip("uncharged-pin", "this kernel or guest does not lose the charge");
	}
	text = exporter_scrape(&x);
	is(metric(text, "fixbuf_verify_up", NULL), 1, "it says that it checks");
	ok(metric(text, "fixbuf_verify_passes_total", NULL) >= 1, "and has");
	free(text);
}

/* By load programs that begin and end while it watches. */
static void counters(void)
{
	struct load io, life;
	char *text;

	if (!load_start(&io, "io_mix", NULL) || !load_start(&life, "lifecycle", NULL))
		bail("a load does not run: %s", io.skip);
	is_metric(&x, load_number(&io, "op.4.ops"), "READ_FIXED is counted", "fixbuf_io_operations_total",
		  "comm=\"io_mix\",opcode=\"READ_FIXED\"");
	is_metric(&x, load_number(&io, "op.4.bytes"), "and its bytes", "fixbuf_io_bytes_total",
		  "comm=\"io_mix\",opcode=\"READ_FIXED\"");
	is_metric(&x, load_number(&life, "count.register.ok"), "calls are counted",
		  "fixbuf_register_calls_total", "comm=\"lifecycle\",op=\"register\",result=\"ok\"");
	is_metric(&x, load_number(&life, "count.register.EBUSY"), "and those that fail",
		  "fixbuf_register_calls_total", "comm=\"lifecycle\",op=\"register\",result=\"EBUSY\"");
	text = exporter_scrape(&x);
	is(metric(text, "fixbuf_events_lost_total", NULL), 0, "no event was lost");
	/* with the library of this Debian, which may be newer than that of the build */
	ok(strstr(text, ",tier=\"functions\"} 1"), "functions are probed");
	ok(metric(text, "fixbuf_register_duration_seconds_count", "op=\"register\"", NULL) > 0,
	   "so calls are timed");
	free(text);
	load_end(&io);
	load_end(&life);
}

/* ---- what its processes are -------------------------------------------------------------- */

/* "WHOSE CAP_A, CAP_B" up to a semicolon or the end of the line, as bits. */
static unsigned long long claimed(const char *text, const char *whose)
{
	static const struct { const char *name; int cap; } names[] = {
		{ "CAP_BPF", 39 }, { "CAP_PERFMON", 38 }, { "CAP_SYS_ADMIN", CAP_SYS_ADMIN },
		{ "CAP_SYS_PTRACE", CAP_SYS_PTRACE }, { "CAP_DAC_READ_SEARCH", CAP_DAC_READ_SEARCH },
		{ "CAP_SETPCAP", CAP_SETPCAP }, { "CAP_SETUID", CAP_SETUID }, { "CAP_SETGID", CAP_SETGID },
	};
	const char *begin = strstr(text, whose);
	unsigned long long bits = 0;
	char part[160];

	if (!begin)
		bail("the journal says nothing of the '%s': %s", whose, text);
	snprintf(part, sizeof(part), "%.*s", (int)strcspn(begin, ";\n"), begin);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strstr(part, names[i].name))
			bits |= 1ULL << names[i].cap;
	return bits;
}

/* Returns whose it is. */
static unsigned long long is_confined(pid_t pid, const char *who, unsigned long long caps)
{
	is(witness_status(pid, "CapEff", 16), caps, "%s: its effective capabilities are those of the journal",
	   who);
	is(witness_status(pid, "CapPrm", 16), caps, "%s: the permitted are the same", who);
	is(witness_status(pid, "CapInh", 16) | witness_status(pid, "CapAmb", 16), 0,
	   "%s: none to hand on", who);
	is(witness_status(pid, "CapBnd", 16), 0, "%s: and none to be had", who);
	is(witness_status(pid, "NoNewPrivs", 10), 1, "%s: can gain none", who);
	is(witness_status(pid, "Seccomp", 10), SECCOMP_FILTER, "%s: its system calls are filtered", who);
	return witness_status(pid, "Uid", 10);
}

static void processes(void)
{
	char *text = journal(), *line = strstr(text, "capabilities:");
	pid_t main = main_pid(), server = 0, verifier = 0, keeper = 0;
	unsigned long long uid, own[3];
	unsigned int lines = 1;
	struct processes p;

	for (const char *s = text; (s = strchr(s, '\n')); s++)
		lines++;
	if (!is(lines, 2, "the journal has two lines of it, no error") || !line)
		note("%s", text);
	has_text(text, "serving http://127.0.0.1:9836/metrics", "where it serves");
	if (!line)
		bail("the journal does not name the capabilities");
	note("%s", line);
	find_processes(&p);
	is(p.nr, 4, "four processes");
	for (size_t i = 0; i < p.nr; i++) {
		if (p.pid[i] == main)
			continue;
		if (!witness_status(p.pid[i], "CapPrm", 16))
			server = p.pid[i];
		else if (witness_status(p.pid[i], "PPid", 10) == (unsigned long long)main)
			keeper = p.pid[i];
		else
			verifier = p.pid[i];
	}
	own[0] = is_confined(main, "the collector", claimed(line, "collector"));
	own[1] = is_confined(verifier, "the page checker", claimed(line, "page checker"));
	own[2] = is_confined(server, "the HTTP server", 0);
	uid = witness_status(keeper, "Uid", 10);
	ok(uid >= 61184 && uid <= 65519, "the keeper: a user of systemd's making (%llu)", uid);
	ok(own[0] != own[1] && own[1] != own[2] && own[2] != own[0] && own[0] != uid && own[1] != uid &&
	   own[2] != uid && own[0] && own[1] && own[2], "each is a user of its own (%llu, %llu, %llu)",
	   own[0], own[1], own[2]);
	/* what the keeper has it may hand on to the page checker */
	is(witness_status(keeper, "CapPrm", 16), claimed(line, "keeper"),
	   "the keeper: its capabilities are those of the journal");
	is(witness_status(keeper, "NoNewPrivs", 10), 1, "the keeper: can gain none");
	free(text);
}

static void exposure(void)
{
	char *text = command_said(NULL, "systemd-analyze security --no-pager " UNIT), *at;

	at = strstr(text, "Overall exposure level");
	at = at ? strchr(at, ':') : NULL;
	ok(at && atof(at + 1) > 0 && atof(at + 1) <= EXPOSURE, "systemd-analyze rates its exposure %.1f or less: %.1f",
	   EXPOSURE, at ? atof(at + 1) : -1);
	free(text);
}

/* ---- how it lives ---------------------------------------------------------------------- */

static void started(void)
{
	int status;
	char *text;

	is(command_run("systemctl start " UNIT), 0, "systemctl start");
	is_property("ActiveState", "active", "it is active");
	ok(serves(RESTART_S), "and serves");
	text = command_said(&status, "systemctl status --no-pager " UNIT);
	is(status, 0, "systemctl status ends with 0");
	has_text(text, "active (running)", "and says so");
	free(text);
}

static void restarted(void)
{
	pid_t before = main_pid();

	ok(command_run("systemctl reload " UNIT " 2>&1") != 0, "there is nothing to reload, and systemctl says so");
	is(main_pid(), before, "it stays as it is");
	is(command_run("systemctl reload-or-restart " UNIT), 0, "systemctl reload-or-restart");
	ok(main_pid() != before && serves(RESTART_S), "it is another process, and serves");
}

/* Restarted by systemd, and all processes of before are gone. */
static void comes_back(pid_t killed, const char *who)
{
	char *restarts = property("NRestarts");
	int nr = atoi(restarts);
	struct processes old, now;
	bool mixed = false;

	free(restarts);
	find_processes(&old);
	kill(killed, SIGKILL);
	for (int s = 0; s < RESTART_S; s++) {
		sleep(1);
		restarts = property("NRestarts");
		if (atoi(restarts) > nr)
			s = RESTART_S;
		free(restarts);
	}
	restarts = property("NRestarts");
	is(atoi(restarts), nr + 1, "kill -9 of %s: systemd starts it once more", who);
	free(restarts);
	ok(serves(RESTART_S), "and it serves");
	/* who looks at pages tries in a child what it can do without */
	for (int s = 0; find_processes(&now), now.nr != 4 && s < RESTART_S; s++)
		sleep(1);
	is(now.nr, 4, "with four processes");
	for (size_t i = 0; i < now.nr; i++)
		for (size_t k = 0; k < old.nr; k++)
			mixed |= now.pid[i] == old.pid[k];
	ok(!mixed, "none of them of before");
}

static void killed(void)
{
	pid_t main = main_pid(), server = 0;
	struct processes p;

	comes_back(main, "who collects");
	main = main_pid();
	find_processes(&p);
	for (size_t i = 0; i < p.nr; i++)
		if (p.pid[i] != main && !witness_status(p.pid[i], "CapPrm", 16))
			server = p.pid[i];
	ok(server > 0, "one serves without any capability");
	comes_back(server, "who serves");
}

static void is_gone(const char *how)
{
	struct processes p;
	char *answer = http_get(PORT, "/healthz", "");

	find_processes(&p);
	is(p.nr, 0, "%s: no process is left", how);
	is_text(answer, "", "nobody answers");
	free(answer);
}

static void stopped(const unsigned int bpf[NR_BPF_KINDS])
{
	is(command_run("systemctl stop " UNIT), 0, "systemctl stop");
	is_property("ActiveState", "inactive", "it is inactive");
	is_property("Result", "success", "and ended well");
	is_gone("stopped");
	bpf_objects_are_gone(bpf);
	ok(access("/sys/fs/cgroup/system.slice/" UNIT, F_OK), "its control group is gone");
	is(command_run("test -z \"$(ls -d /tmp/systemd-private-*" UNIT "* /run/credentials/" UNIT "/* 2> /dev/null)\""), 0,
	   "so are its folders");
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	if (!f || fputs(text, f) < 0 || fclose(f))
		bail("cannot write %s", path);
}

/* A refused call ends the process: a sandbox that is too tight shows even where a refusal is borne. */
static void refused_nothing(void)
{
	static const char folder[] = "/run/systemd/system/" UNIT ".d", file[] =
		"/run/systemd/system/" UNIT ".d/strict.conf";
	struct processes p;

	mkdir(folder, 0755);
	write_file(file, "[Service]\nSystemCallErrorNumber=kill\n");
	command_run("systemctl daemon-reload");
	is(command_run("systemctl start " UNIT), 0, "it starts where a refused call is its end");
	ok(serves(RESTART_S), "and serves");
	is_metric(&x, 2, "and verifies, again and again", "fixbuf_verify_passes_total", "");
	find_processes(&p);
	is(p.nr, 4, "none of its processes made one");
	is_property("NRestarts", "0", "not even before");
	command_run("systemctl stop " UNIT);
	unlink(file);
	rmdir(folder);
	command_run("systemctl daemon-reload");
}

/* With options in /etc/default, which the package does not own. */
static void configured(void)
{
	write_file("/etc/default/fixbuf-trace", "EXPORT_OPTIONS=--by pid --verify-interval 5s\n");
	refused_nothing();
	write_file("/etc/default/fixbuf-trace", "EXPORT_OPTIONS=--by pid --verify-interval 0\n");
	is(command_run("systemctl start " UNIT), 0, "it starts with EXPORT_OPTIONS");
	ok(serves(RESTART_S), "and serves");
	is_metric(&x, 0, "and follows them", "fixbuf_verify_up", "");
	unlink("/etc/default/fixbuf-trace");
}

/* Its user cannot read a key that is root's alone: systemd hands it on. */
static void web_config(void)
{
	static const char folder[] = "/run/systemd/system/" UNIT ".d", file[] =
		"/run/systemd/system/" UNIT ".d/web.conf";
	static const char ask[] =
		"printf 'GET /metrics HTTP/1.0\\r\\nAuthorization: Basic %s\\r\\n\\r\\n' | openssl s_client -quiet "
		"-verify_return_error -CAfile /etc/web/c.pem -connect 127.0.0.1:9836 2>/dev/null | head -n 1";
	char command[512], *text;

	command_run("mkdir -m 700 -p /etc/web; cd /etc/web; openssl req -x509 -newkey rsa:2048 -nodes -days 2 "
	    "-keyout k.pem -out c.pem -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 2>&1; chmod 600 *");
	/* the hash is that of "right" */
	write_file("/etc/web/web.yml", "tls_server_config:\n  cert_file: c.pem\n  key_file: k.pem\nbasic_auth_users:\n"
		   "  alice: $2b$05$abcdefghijklmnopqrstuu8xaCxxL82bnl.UY74PMksDxIJShppPC\n");
	write_file("/etc/default/fixbuf-trace",
		   "EXPORT_OPTIONS=--web-config /run/credentials/" UNIT "/web.yml\n");
	mkdir(folder, 0755);
	write_file(file, "[Service]\nLoadCredential=web.yml:/etc/web/web.yml\n"
		   "LoadCredential=c.pem:/etc/web/c.pem\nLoadCredential=k.pem:/etc/web/k.pem\n");
	command_run("systemctl daemon-reload; chmod 600 /etc/web/web.yml");
	is(command_run("systemctl restart " UNIT), 0, "it starts with TLS and passwords");
	/* nothing answers without TLS, so it is asked until it does with it */
	for (int s = 0; s < RESTART_S; s++) {
		snprintf(command, sizeof(command), ask, "YWxpY2U6cmlnaHQ=");
		text = command_said(NULL, command);
		if (*text)
			break;
		free(text);
		text = NULL;
		sleep(1);
	}
	has_text(text ? text : "", " 200 ", "and serves who has the password");
	free(text);
	snprintf(command, sizeof(command), ask, "YWxpY2U6d3Jvbmc=");
	text = command_said(NULL, command);
	has_text(text, " 401 ", "and nobody else");
	free(text);
	unlink(file);
	rmdir(folder);
	unlink("/etc/default/fixbuf-trace");
	command_run("systemctl daemon-reload");
	is(command_run("systemctl restart " UNIT), 0, "and without them again");
	ok(serves(RESTART_S), "it serves as before");
}

static void package(const unsigned int bpf[NR_BPF_KINDS])
{
	pid_t before = main_pid();

	is(command_run("dpkg -i /fixbuf-trace.deb"), 0, "the package is installed anew");
	ok(main_pid() > 0 && main_pid() != before && serves(RESTART_S), "the new one runs");
	is(command_run("systemctl -q enable " UNIT), 0, "systemctl enable");
	is(command_run("dpkg --purge fixbuf-trace"), 0, "the package is removed");
	is_gone("removed");
	bpf_objects_are_gone(bpf);
	is(command_run("systemctl cat " UNIT " > /dev/null 2>&1"), 1, "systemd does not know the unit any more");
	is(command_run("test -z \"$(find /etc/systemd /run/systemd/system /usr/lib/systemd -name 'fixbuf-trace*')\""), 0,
	   "no file or link of it is left");
}

int main(void)
{
	struct load twice, stale, bypass;
	unsigned int bpf[NR_BPF_KINDS];
	char *text;

	if (access("/run/systemd/system", F_OK))
		skip_all("systemd does not run here");
	setvbuf(stdout, NULL, _IOLBF, 0);
	text = command_said(NULL, "systemctl --version | head -n 1; uname -r");
	note("%s", text);
	free(text);
	is_property("UnitFileState", "disabled", "the package does not enable it");
	bpf_objects_count(bpf);
	if (!load_start(&twice, "fault_double_charge", NULL) || !load_start(&stale, "fault_remap", NULL))
		bail("the faults cannot be made");
	if (!load_start(&bypass, "fault_bypass", NULL)) {
		note("fault_bypass: %s", bypass.skip);
		bypass.pid = 0;
	}
	started();
	findings(&twice, &bypass, &stale);
	counters();
	processes();
	exposure();
	restarted();
	killed();
	stopped(bpf);
	configured();
	web_config();
	package(bpf);
	load_end(&twice);
	load_end(&stale);
	if (bypass.pid)
		load_end(&bypass);
	text = command_said(NULL, "journalctl -q -b -k -o cat --grep 'type=1326|fixbuf-trace\\[|segfault'");
	is_text(text, "", "the kernel's log says nothing of it");
	free(text);
	return tap_end();
}
