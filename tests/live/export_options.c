// SPDX-License-Identifier: GPL-2.0
/*
 * What the options of export do: one pass, a file instead of a port, labels, what is wrong.
 * Independent of the kernel but for what stat and list are tested for.
 */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "load.h"
#include "metrics.h"
#include "tool.h"
#include "tool_json.h"

static void once(void)
{
	struct tool_run a;
	size_t len;

	tool(&a, "export", "--once", NULL);
	is(a.status, 0, "--once ends with 0");
	is_text(a.err, "", "and has no complaint");
	len = strlen(a.out);
	ok(len > 6 && !strcmp(a.out + len - 6, "# EOF\n"), "and prints OpenMetrics");
	is(metric(a.out, "fixbuf_verify_passes_total", NULL), 1, "with the findings of one pass");
	tool_free(&a);
	tool(&a, "export", "--once", "--verify-interval", "0", NULL);
	is(metric(a.out, "fixbuf_verify_up", NULL), 0, "--verify-interval 0: it says that none checks");
	is(metric(a.out, "fixbuf_findings", NULL), -1, "and claims no findings, nor that there are none");
	tool_free(&a);
}

/* What is accepted is counted apart, and raises no alert. */
static void ignoring(void)
{
	struct load l;
	char rule[64], label[32];
	struct tool_run a;

	if (!load_start(&l, "fault_munmap", NULL)) {
		skip("--ignore", "%s", l.skip);
		return;
	}
	snprintf(label, sizeof(label), "pid=\"%d\"", l.pid);
	for (int ignored = 0; ignored < 2; ignored++) {
		snprintf(rule, sizeof(rule), "unmapped-page:%s", ignored ? "fault_munmap" : "nobody");
		tool(&a, "export", "--once", "--by", "pid", "--ignore", rule, NULL);
		is(a.status, 0, "--ignore %s ends with 0", rule);
		is(metric(a.out, "fixbuf_finding_bytes", "tag=\"unmapped-page\"", label, NULL) > 0,
		   !ignored, "--ignore %s: whether it is told", rule);
		is(metric(a.out, "fixbuf_findings_ignored", NULL) >= 1, ignored,
		   "--ignore %s: whether it is counted as ignored", rule);
		tool_free(&a);
	}
	load_end(&l);
}

/* With one series for owners, later owners are folded into "other", and their counts stay. */
static void folding(void)
{
	struct load first, second;
	char label[32], *text;
	struct exporter x;

	if (!load_start(&first, "fault_munmap", NULL) ||
	    !load_start(&second, "fault_remap", NULL)) {
		skip("folding", "no load to be had");
		return;
	}
	exporter_start(&x, "--max-series", "1", NULL);
	text = exporter_scrape(&x);
	/* other programs of this machine may have rings */
	ok(metric(text, "fixbuf_rings", "comm=\"other\"", NULL) >= 1, "--max-series 1: one is other");
	ok(metric(text, "fixbuf_rings", NULL) >= 2, "none is missing");
	ok(metric(text, "fixbuf_folded_series_total", NULL) >= 1, "and it is counted");
	free(text);
	exporter_end(&x);
	tool_free(&x.a);
	exporter_start(&x, "--by", "ring", NULL);
	text = exporter_scrape(&x);
	snprintf(label, sizeof(label), "pid=\"%d\",ring=\"0x", first.pid);
	is(metric(text, "fixbuf_rings", label, NULL), 1, "--by ring: a ring by its address");
	free(text);
	exporter_end(&x);
	tool_free(&x.a);
	load_end(&first);
	load_end(&second);
}

/* Of two who have rings one was asked for. */
static void selecting(void)
{
	struct load asked, other;
	struct tool_run a;
	char pid[16], both[32], label[32];

	if (!load_start(&asked, "fault_munmap", NULL) || !load_start(&other, "fault_remap", NULL)) {
		skip("a selection", "no load to be had");
		return;
	}
	snprintf(pid, sizeof(pid), "%d", asked.pid);
	snprintf(both, sizeof(both), "%d,%d", asked.pid, other.pid);
	snprintf(label, sizeof(label), "pid=\"%d\"", asked.pid);
	tool(&a, "export", "--once", "--by", "process", "-p", pid, NULL);
	is(a.status, 0, "export -p ends with 0");
	is(metric(a.out, "fixbuf_rings", label, NULL), 1, "and tells the ring of that process");
	is(metric(a.out, "fixbuf_rings", NULL), 1, "and no other");
	ok(metric(a.out, "fixbuf_finding_bytes", "tag=\"unmapped-page\"", label, NULL) > 0, "and its finding");
	is(metric(a.out, "fixbuf_finding_bytes", "tag=\"stale-page\"", NULL), -1, "and no other");
	tool_free(&a);
	tool(&a, "export", "--once", "--comm", "fault_remap", "-u", "root", "-p", both, NULL);
	is(metric(a.out, "fixbuf_rings", "comm=\"fault_remap\"", NULL), 1, "export --comm -u tells that ring");
	is(metric(a.out, "fixbuf_rings", NULL), 1, "and no other");
	tool_free(&a);
	load_end(&asked);
	load_end(&other);
}

static void textfile(void)
{
	const struct tool_how how = { .timeout_s = 20 };
	char folder[] = "/tmp/fixbuf-export-XXXXXX", path[64];
	unsigned int whole = 0, reads = 0, files = 0;
	struct dirent *e;
	struct tool_run a;
	struct stat st;
	double end;
	DIR *d;

	if (!mkdtemp(folder))
		bail("no temporary folder");
	snprintf(path, sizeof(path), "%s/fixbuf.prom", folder);
	tool_start(&a, &how, "export", "--textfile", path, "-i", "7ms", NULL);
	for (end = now_s() + 30; now_s() < end && reads < 401;) {
		char *text = file_text(path);
		size_t len = strlen(text);

		if (len) {
			reads++;
			/* the file must hold its first line and one of the last family */
			whole += !strncmp(text, "# HELP fixbuf_exporter_info", 27) &&
				 strstr(text, "\nfixbuf_walk_duration_seconds ") &&
				 text[len - 1] == '\n';
		}
		free(text);
		usleep(1000);
	}
	kill(a.pid, SIGTERM);
	tool_wait(&a, &how);
	is(a.status, 0, "--textfile ends with 0");
	ok(reads > 11 && whole == reads, "each of %u reads sees a whole file", reads);
	ok(!stat(path, &st) && (st.st_mode & 0777) == 0644, "that others may read");
	d = opendir(folder);
	while (d && (e = readdir(d)))
		files += e->d_name[0] != '.' || strlen(e->d_name) > 2;
	if (d)
		closedir(d);
	is(files, 1, "and is the only one left");
	unlink(path);
	rmdir(folder);
	tool_free(&a);
	tool(&a, "export", "--textfile", "/nonexistent/x.prom", NULL);
	is(a.status, 2, "a folder that is not there ends with 2");
	has_text(a.err, "/nonexistent/x.prom", "and is named");
	tool_free(&a);
}

/* A disk that somebody filled has room again some day; a folder that is away stands for it. */
static void textfile_again(void)
{
	const struct tool_how how = { .timeout_s = 20 };
	char folder[] = "/tmp/fixbuf-export-XXXXXX", path[64], away[64], *text;
	struct tool_run a;
	double end;

	if (!mkdtemp(folder))
		bail("no temporary folder");
	snprintf(path, sizeof(path), "%s/fixbuf.prom", folder);
	snprintf(away, sizeof(away), "%s.away", folder);
	tool_start(&a, &how, "export", "-q", "--textfile", path, "-i", "7ms", NULL);
	for (end = now_s() + 10; access(path, F_OK) && now_s() < end;)
		usleep(1000);
	is(rename(folder, away), 0, "the file was written, and its folder is away");
	ok(tool_says(&a, "; what it has gets old, and it is tried again each interval\n", 10000),
	   "which is told");
	usleep(100000);
	is(rename(away, folder) | unlink(path), 0, "the folder is back, without the file");
	for (end = now_s() + 10; access(path, F_OK) && now_s() < end;)
		usleep(1000);
	is(access(path, F_OK), 0, "and it is written again");
	kill(a.pid, SIGTERM);
	tool_wait(&a, &how);
	is(a.status, 0, "by the same, which ends as ever");
	text = strchr(a.err, '\n');
	ok(text && !text[1], "and has told it once");
	tool_free(&a);
	/* with the new file that was being written when its folder went away */
	snprintf(away, sizeof(away), "rm -r %s", folder);
	is(system(away), 0, "what is left of it is removed");
}

static void wrong_usage(void)
{
	static const struct {
		const char *args[4], *said;
		int status;
	} wrongs[] = {
		{ { "--listen", "9836" }, "'9836' is not an address", 2 },
		{ { "--listen", "localhost:1" }, "'localhost:1' is not an address", 2 },
		{ { "--listen", "::1:9836" }, "'::1:9836' is not an address", 2 },
		{ { "--listen", "192.0.2.1:9836" }, "cannot listen at 192.0.2.1:9836", 3 },
		{ { "--by", "user" }, "'user'", 2 },
		{ { "--max-series", "0" }, "'0'", 2 },
		{ { "--verify-interval", "x" }, "'x'", 2 },
		{ { "--once", "--listen", "127.0.0.1:0" }, "--once", 2 },
		{ { "--once", "-i", "5s" }, "--once", 2 },
		{ { "--allow-host", "a:80" }, "'a:80'", 2 },
		{ { "-o", "/dev/null" }, "--once", 2 },
	};
	struct tool_run a;

	for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
		const char *const *w = wrongs[i].args;

		tool(&a, "export", w[0], w[1], w[2], w[3], NULL);
		is(a.status, wrongs[i].status, "'%s %s' ends with %d", w[0], w[1] ? w[1] : "",
		   wrongs[i].status);
		has_text(a.err, wrongs[i].said, "and says why");
		tool_free(&a);
	}
	tool(&a, "export", "--listen", "0.0.0.0:0", "-d", "1s", NULL);
	is(a.status, 0, "an address that others reach is served");
	has_text(a.err, "can be reached from other machines", "but warned of");
	tool_free(&a);
}

/* What was in the file goes, though the process that prints may do little by then. */
static void to_file(void)
{
	char file[] = "/tmp/fixbuf-metrics-XXXXXX", last[8] = "";
	struct tool_run a;
	int fd = mkstemp(file);

	if (fd < 0 || write(fd, "earlier", 7) != 7)
		bail("no temporary file");
	tool(&a, "export", "--once", "-o", file, NULL);
	is(a.status, 0, "--once -o FILE: %s", a.err);
	is(pread(fd, last, 7, 0), 7, "has something");
	ok(!strncmp(last, "# ", 2), "in place of what was there");
	ok(pread(fd, last, 6, lseek(fd, 0, SEEK_END) - 6) == 6 && !strncmp(last, "# EOF\n", 6), "to the end");
	tool_free(&a);
	close(fd);
	unlink(file);
}

int main(void)
{
	struct tool_run a;

	once();
	to_file();
	selecting();
	textfile();
	textfile_again();
	tool(&a, "export", "--listen", "127.0.0.1:0", "-d", "100ms", NULL);
	if (strstr(a.err, "this build has no HTTP server")) {
		is(a.status, 2, "a static build says that it has no server");
	} else {
		folding();
		ignoring();
		wrong_usage();
	}
	tool_free(&a);
	return tap_end();
}
