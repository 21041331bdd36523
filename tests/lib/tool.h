/* SPDX-License-Identifier: GPL-2.0 */
/* Runs fixbuf-trace and keeps what it said. */
#ifndef FIXBUF_TOOL_H
#define FIXBUF_TOOL_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>
#include "tap.h"

struct json_object;

struct tool_run {
	int status;	/* exit status, 128 + signal, -1 when it had to be killed */
	char *out, *err;
	struct json_object *json; /* of .out when all of it is one object, else NULL */
	pid_t pid;	/* of the running tool */
	int out_fd, err_fd;
	char *logged_command, *logged_file; /* see json_log.h: the command, the file of -o */
};

/* Bits for .caps below; of <linux/capability.h>. */
#define CAP_BIT(cap)	(1ULL << (cap))
#define CAPS_BPF	(CAP_BIT(CAP_BPF) | CAP_BIT(CAP_PERFMON))

/* How to run the tool; a zero means the default. */
struct tool_how {
	int timeout_s;	/* 0 = 60 */
	int stdout_fd;	/* standard output goes there; 0 = it is kept in .out */
	bool close_stdout;
	uid_t uid;	/* 0 = as we are */
	unsigned long long caps; /* with .uid: bits of the capabilities that it has all the same;
				  * and no RLIMIT_MEMLOCK, which before 5.11 bounds programs */
	unsigned long memory_bytes; /* RLIMIT_AS, 0 = as we are */
	unsigned int open_files; /* RLIMIT_NOFILE, 0 = as we are */
	unsigned long file_bytes; /* RLIMIT_FSIZE, that of what it says, too; 0 = as we are */
};

/* The path of fixbuf-trace: FIXBUF, or that of the build folder. */
const char *tool_path(void);

/* Runs the tool with these arguments (up to NULL) and waits for its end. */
void tool(struct tool_run *a, ...) __attribute__((sentinel));
void tool_as(struct tool_run *a, const struct tool_how *how, ...) __attribute__((sentinel));
/* The same in two steps, so that the test can do something while the tool runs. */
void tool_start(struct tool_run *a, const struct tool_how *how, ...) __attribute__((sentinel));
void tool_wait(struct tool_run *a, const struct tool_how *how);
/* Waits until its output or its errors so far hold the text; false after the time. */
bool tool_says(struct tool_run *a, const char *text, int ms);
/* What the tool has printed so far; to be freed. */
char *tool_said(const struct tool_run *a);
void tool_free(struct tool_run *a);

/* Whether the program after -- skipped: counts .what as skipped then, for its reason. */
bool tool_skipped(const struct tool_run *a, const char *what);

/* Seconds of the monotonic clock. */
double now_s(void);
/* Seconds of CPU that the children waited for have taken so far, and the most memory of one. */
double children_cpu_s(void);
long children_faults(void);	/* minor ones */
long children_most_kb(void);
/* Minor faults of a process so far; -1 = it is gone. */
long process_faults(pid_t pid);

/* Reads a stream to its end: the text up to a NUL, "" of NULL; to be freed. */
char *stream_text(FILE *f);
/* How often the text has the part. */
size_t text_count(const char *text, const char *part);
/* Whether our child has ended; it is still to be waited for. */
bool child_has_ended(pid_t pid);
/* A child that has done .begin, and waits to be killed, at the latest with us; 0 where that failed. */
pid_t child_waits(bool (*begin)(const void *arg), const void *arg);
/*
 * The number of a child that does nothing and ends with us: who selects it selects nobody else, while
 * -p of an ancestor, as 1 is, follows to us.
 */
const char *bystander_pid(void);
/*
 * Records what the load does, on a machine of that name (in a namespace of its own), with options more;
 * false with a skip where none can be made.
 */
bool record_elsewhere(const char *host, const char *options, const char *file, const char *load);
/* Reads all of a file: the text, "" when there is no such file; to be freed. */
char *file_text(const char *path);

/* Value for trace's --tier: FIXBUF_TIER, or NULL. */
const char *tool_tier(void);

/*
 * True when FIXBUF_KERNEL_ONLY is set, in an emulated guest, where time is dear. Tests then leave
 * to make check what another kernel cannot change, and use small numbers where large prove no more.
 */
bool kernel_only(void);

/* Waits for a child: its exit status, 128 + signal, or -1 when it was killed after that time. */
int await_exit(pid_t pid, int seconds);
void set_cloexec(int fd);

#endif
