// SPDX-License-Identifier: GPL-2.0
/*
 * trace --stacks by root beside a user's program that was made to harm it: what its files say is
 * read by a process that has nothing, nothing else is opened, and no other file is taken for
 * one of them. The attacker is a copy of tests/load/attacker, run by a user without privileges.
 * Independent of the kernel: not run in guests.
 * Not under ASan: memory is measured, and system calls are not filtered there.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include "hostile_elf.h"
#include "load.h"
#include "memory.h"
#include "tool.h"
#include "witness.h"

#define BOMB_BYTES	(1600UL << 20)
#define MAX_RSS_KB	(100L << 10)
#define MAX_SECONDS	20		/* ten times what it may wait for one user's files */
#define LINE_MS		4000	/* the longest wait for a line, which mostly comes at once */
#define HEAP_WORD	0x10011UL
#define OWN_NAME	"hostile_register"
#define OTHERS_NAME	"othersx_register"	/* as long */

static char dir[] = "/tmp/fixbuf-hostile-XXXXXX";

static const char *in_dir(const char *name)
{
	static char path[2][4096];
	static int turn;

	turn = !turn;
	snprintf(path[turn], sizeof(path[turn]), "%s/%s", dir, name);
	return path[turn];
}

/* ---- files that it brings --------------------------------------------------------- */

static void plain_program(const char *name, bool others)
{
	size_t len;
	char *bytes = hostile_copy("attacker", &len), *at = bytes;

	while (others && (at = memmem(at, len - (at - bytes), OWN_NAME, strlen(OWN_NAME))))
		memcpy(at, OTHERS_NAME, strlen(OTHERS_NAME));
	hostile_write(in_dir(name), bytes, len);
	free(bytes);
}

/* Zeros, compressed once and repeated: each part is whole for itself. */
static unsigned char *bomb(size_t *size)
{
	static unsigned char zeros[1 << 20], part[8192];
	const size_t nr = BOMB_BYTES / sizeof(zeros);
	Elf64_Chdr head = { ELFCOMPRESS_ZLIB, 0, BOMB_BYTES, 1 };
	z_stream z = { .next_in = zeros, .avail_in = sizeof(zeros), .next_out = part,
		       .avail_out = sizeof(part) };
	uLong sum = adler32(1, zeros, sizeof(zeros)), all = 1;
	unsigned char *out, *at;

	if (deflateInit2(&z, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY) ||
	    deflate(&z, Z_FULL_FLUSH))
		bail("zlib");
	at = out = calloc(1, sizeof(head) + nr * z.total_out + 64);
	if (!out)
		bail("out of memory");
	at = mempcpy(at, &head, sizeof(head));
	at = mempcpy(at, "\x78\x9c", 2);
	for (size_t i = 0; i < nr; i++) {
		at = mempcpy(at, part, z.total_out);
		all = adler32_combine(all, sum, sizeof(zeros));
	}
	/* an empty last block */
	at = mempcpy(at, "\x03\x00", 2);
	at = mempcpy(at, (unsigned char[]){ all >> 24, all >> 16, all >> 8, all }, 4);
	*size = at - out;
	deflateEnd(&z);
	return out;
}

static void bomb_program(void)
{
	size_t len, size;
	char *elf = hostile_copy("attacker", &len);
	unsigned char *bytes = bomb(&size);

	/* what libdw unpacks first */
	elf = hostile_with_section(elf, &len, ".debug_info", NULL, bytes, size, true);
	hostile_write(in_dir("program"), elf, len);
	free(bytes);
	free(elf);
}

/* Without names of its own, but with the name of a file that has them. */
static void link_program(const char *debug_file)
{
	char content[256] = "";
	size_t len, size = (strlen(debug_file) + 4) & ~3UL;
	char *elf = hostile_copy("attacker", &len);

	strcpy(content, debug_file);
	elf = hostile_with_section(elf, &len, ".debug_aranges", ".gnu_debuglink", content, size + 4, false);
	hostile_section(elf, ".debug_info")->sh_type = SHT_NULL;
	hostile_section(elf, ".symtab")->sh_type = SHT_PROGBITS;
	hostile_write(in_dir("program"), elf, len);
	free(elf);
}

/* The folder that it was compiled in has its name in a file that .gnu_debugaltlink names. */
static void alt_link_program(const char *alt_file)
{
	char content[256] = "", *at;
	size_t len, size = strlen(alt_file) + 1 + 20;	/* and a build id */
	char *elf = hostile_copy("attacker", &len);
	Elf64_Shdr *s = hostile_section(elf, ".debug_abbrev");

	/* DW_AT_comp_dir: DW_FORM_line_strp becomes DW_FORM_strp_sup, as long */
	for (at = elf + s->sh_offset; (at = memmem(at, elf + s->sh_offset + s->sh_size - at, "\x1b\x1f", 2)); at++)
		at[1] = 0x1d;
	strcpy(content, alt_file);
	elf = hostile_with_section(elf, &len, ".debug_aranges", ".gnu_debugaltlink", content, size, false);
	hostile_write(in_dir("program"), elf, len);
	free(elf);
}

/* Its debug information is in two other files, it says. */
static void split_program(const char *dwo, const char *last_dwo)
{
	size_t len;
	char *elf = hostile_with_dwo(hostile_copy("attacker", &len), &len, dwo, last_dwo);

	hostile_write(in_dir("program"), elf, len);
	free(elf);
}

/* More symbols than anybody can look through, in a file with a hole. */
static void endless_program(void)
{
	const size_t most = 900UL << 20;
	size_t len;
	char *elf = hostile_copy("attacker", &len);
	Elf64_Shdr *s = hostile_section(elf, ".symtab");

	s->sh_offset = (len + PAGE) & ~(PAGE - 1);
	s->sh_size = most;
	hostile_write(in_dir("program"), elf, len);
	if (truncate(in_dir("program"), s->sh_offset + most))
		bail("a file with a hole: %s", strerror(errno));
	free(elf);
}

/* ---- the tool beside it ----------------------------------------------------------- */

struct seen {
	char *text;		/* its lines */
	double seconds;
};

/* The program stays until let_go(). */
static void start(struct tool_run *a, const char *how)
{
	const char *tier = tool_tier();
	struct tool_how tool = { 0 };

	unlink(in_dir("seen"));
	unlink(in_dir("lines"));
	tool_start(a, &tool, "trace", "--json", "-q", "--stacks", "-o", in_dir("lines"), "--tier",
		   tier ? tier : "tracepoints", "--", load_path("attacker"), "become", dir, how, NULL);
}

static void let_go(void)
{
	close(open(in_dir("seen"), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
}

/* A line is told whole, with its stack. */
static void await_line(const char *part)
{
	bool told = false;

	for (int ms = 0; ms < LINE_MS && !told; ms += 10) {
		char *text = file_text(in_dir("lines"));

		told = strstr(text, part) && strchr(strstr(text, part), '\n');
		free(text);
		usleep(10000);
	}
}

static struct seen attack(const char *how)
{
	struct tool_how tool = { .timeout_s = 2 * MAX_SECONDS };
	struct seen seen = { .seconds = now_s() };
	struct tool_run a;

	start(&a, how);
	await_line("\"register\"");
	let_go();
	tool_wait(&a, &tool);
	seen.seconds = now_s() - seen.seconds;
	seen.text = file_text(in_dir("lines"));
	if (!is(a.status, 0, "%s: trace ends with the program", how))
		note("%s%s", a.out, a.err);
	has_text(seen.text, "\"register\"", "%s: and has told of its call", how);
	ok(seen.seconds < MAX_SECONDS, "%s: in time (%.1f s)", how, seen.seconds);
	tool_free(&a);
	return seen;
}

static void names_of_an_honest_one(void)
{
	struct seen s;

	plain_program("program", false);
	s = attack("honest");
	has_text(s.text, OWN_NAME, "an honest program's functions have names");
	has_text(s.text, "hostile::up::register(int)", "names of C++ as people write them");
	has_text(s.text, "::rust::register", "names of Rust, too");
	has_text(s.text, "hostile::legacy::register", "and those of its older compilers");
	ok(s.text && !strstr(s.text, "h0123456789abcdef"), "without their hash");
	has_text(s.text, "attacker.c", "and lines");
	free(s.text);
}

static void bombs(void)
{
	struct seen s;

	bomb_program();
	s = attack("bomb");
	free(s.text);
	endless_program();
	s = attack("endless");
	has_text(s.text, "/program\"", "without symbols: the file");
	has_text(s.text, "module_offset", "and where in it");
	has_text(s.text, "could not be read within bounds", "and why");
	free(s.text);
	ok(children_most_kb() < MAX_RSS_KB, "no process took more than %ld MiB (%ld)", MAX_RSS_KB >> 10,
	   children_most_kb() >> 10);
}

/* As /dev/ptmx, which tells no watch that it is opened, but makes a terminal: of an instance of our own. */
static const char terminals[] = "pts/ptmx";

static bool make_terminals(void)
{
	return !mkdir(in_dir("pts"), 0755) && !mount("devpts", in_dir("pts"), "devpts", 0, "ptmxmode=0666");
}

static void end_terminals(void)
{
	umount2(in_dir("pts"), MNT_DETACH);
	rmdir(in_dir("pts"));
}

/* The program's file names that one in each of the ways there are. */
static void link_all(const char *file, const char *how)
{
	char name[3][64];
	struct seen s;

	for (int i = 0; i < 3; i++)
		snprintf(name[i], sizeof(name[i]), "%s to a %s", ((const char *[]){ "link", "alt-link", "split" })[i], how);
	link_program(file);
	s = attack(name[0]);
	ok(!strstr(s.text, OTHERS_NAME), "no name is from the file that a file names");
	free(s.text);
	alt_link_program(in_dir(file));
	s = attack(name[1]);
	has_text(s.text, OWN_NAME, "what needs no other file is told");
	free(s.text);
	split_program(in_dir(file), in_dir(file));
	s = attack(name[2]);
	has_text(s.text, OWN_NAME, "nor what has the debug information");
	free(s.text);
}

/* .gnu_debuglink, .gnu_debugaltlink and split DWARF name a pipe, a device or a file: none is opened. */
static void links(void)
{
	int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC), pipe;
	bool has_terminals = make_terminals();
	char events[4096];

	plain_program("canary", true);
	if (mkfifo(in_dir("pipe"), 0666))
		bail("mkfifo: %s", strerror(errno));
	/* or inotify would not see one that waits */
	pipe = open(in_dir("pipe"), O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (pipe < 0 || inotify_add_watch(watch, in_dir("pipe"), IN_OPEN) < 0 ||
	    inotify_add_watch(watch, in_dir("canary"), IN_OPEN) < 0 ||
	    (has_terminals && inotify_add_watch(watch, in_dir("pts"), IN_CREATE) < 0))
		bail("inotify: %s", strerror(errno));
	link_all("pipe", "pipe");
	link_all("canary", "file");
	if (has_terminals)
		link_all(terminals, "device");
	else
		skip("links to a device", "no file system for terminals");
	is(read(watch, events, sizeof(events)), -1, "what a file names is not opened");
	close(open(in_dir(has_terminals ? terminals : "canary"), O_RDONLY | O_NOCTTY | O_CLOEXEC));
	ok(read(watch, events, sizeof(events)) > 0, "that would have been seen");
	close(pipe);
	close(watch);
	end_terminals();
}

static void replaced(void)
{
	struct seen s;

	plain_program("program", false);
	plain_program("other", true);
	s = attack("replace");
	ok(!strstr(s.text, OTHERS_NAME), "no name is from the file that took the place of the mapped one");
	has_text(s.text, "was replaced or removed since", "and it is said");
	free(s.text);
}

/* A file system of its own has its program where everybody else's has another one. */
static void namesakes(void)
{
	struct seen s;

	plain_program("program", false);
	plain_program("other", true);
	s = attack("elsewhere");
	ok(!strstr(s.text, OTHERS_NAME), "another's file of the same name is not taken for it");
	has_text(s.text, OWN_NAME, "its own is found");
	free(s.text);
	for (int i = 0; i < 5; i++) {
		s = attack("die");
		ok(!strstr(s.text, OTHERS_NAME), "also not when the program has ended");
		free(s.text);
	}
}

/* There a file system may be the user's own program, which never answers who opens a file. */
static void own_mounts(void)
{
	struct tool_run a;
	char *text;

	plain_program("program", false);
	start(&a, "own-mounts");
	await_line("\"register\"");
	let_go();
	tool_wait(&a, &(struct tool_how){ .timeout_s = MAX_SECONDS });
	text = file_text(in_dir("lines"));
	if (a.status == 77) {
		skip("mounts of its own", "users may make no namespaces");
	} else {
		is(a.status, 0, "trace beside one who mounts what it wants ends with it");
		ok(!strstr(text, OWN_NAME), "nothing is opened from there");
		has_text(text, "has file systems of its own", "and it is said");
	}
	free(text);
	tool_free(&a);
}

static void words(void)
{
#ifdef __x86_64__
	char word[32];
	struct seen s;

	plain_program("program", false);
	snprintf(word, sizeof(word), "\"0x%lx\"", HEAP_WORD);
	s = attack("word");
	ok(!strstr(s.text, word), "an address where there is no code is no caller");
	has_text(s.text, "callers are missing", "what is left out is said");
	free(s.text);
	s = attack("map");
	has_text(s.text, "compiled method", "compiled code is named by /tmp/perf-PID.map");
	free(s.text);
	free(attack("mappipe").text);
	free(attack("mapzeros").text);
#endif
}

/* ---- who reads -------------------------------------------------------------------- */

static bool is_reader(pid_t pid)
{
	char path[64], *text;
	bool is;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	text = file_text(path);
	is = !strcmp(text, "fixbuf-symbols\n");
	free(text);
	return is;
}

static bool find_reader(pid_t tool, pid_t *nursery, pid_t *reader)
{
	pid_t list[8];
	size_t nr = witness_children(tool, list, 8);

	for (size_t i = 0; i < nr; i++)
		if (is_reader(list[i]) && witness_children(list[i], reader, 1) == 1) {
			*nursery = list[i];
			return true;
		}
	return false;
}

static void has_nothing(const char *who, pid_t pid, unsigned long long filter)
{
	unsigned long long uid = witness_status(pid, "Uid", 10);
	static const char *const sets[] = { "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb" };

	note("%s: uid %llu, CapEff %llx, CapBnd %llx, NoNewPrivs %llu, Seccomp %llu, fds %d", who,
	     uid, witness_status(pid, "CapEff", 16), witness_status(pid, "CapBnd", 16),
	     witness_status(pid, "NoNewPrivs", 10), witness_status(pid, "Seccomp", 10),
	     witness_nr_fds(pid));
	ok(uid > 65534, "%s is a user that nobody else is", who);
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		is(witness_status(pid, sets[i], 16), 0, "%s: %s is empty", who, sets[i]);
	is(witness_status(pid, "NoNewPrivs", 10), 1, "%s: no new privileges", who);
	is(witness_status(pid, "Seccomp", 10), filter, "%s: its system calls", who);
}

static void readers(void)
{
	pid_t nursery = 0, reader = 0;
	struct tool_how tool = { 0 };
	struct tool_run a;
	bool found = false;

	plain_program("program", false);
	start(&a, "stay");
	for (int i = 0; i < 200 && !found; i++) {
		usleep(20000);
		found = find_reader(a.pid, &nursery, &reader);
	}
	if (ok(found, "a process of its own reads symbols")) {
		usleep(100000);
		has_nothing("who starts readers", nursery, 0);
		has_nothing("a reader", reader, 2);
	}
	let_go();
	tool_wait(&a, &tool);
	ok(!found || kill(reader, 0), "it ends with the tool");
	tool_free(&a);
}

static void clean(void)
{
	static const char *const names[] = { "program", "other", "canary", "pipe", "lines", "seen" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(in_dir(names[i]));
	rmdir(dir);
}

int main(void)
{
	if (!mkdtemp(dir) || chmod(dir, 0777))
		bail("no temporary folder");
	names_of_an_honest_one();
	readers();
	links();
	replaced();
	namesakes();
	own_mounts();
	words();
	bombs();
	clean();
	return tap_end();
}
