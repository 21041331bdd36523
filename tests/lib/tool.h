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
	pid_t pid;	/* while it runs */
	int out_fd, err_fd;
	char *logged_command, *logged_file; /* see json_log.h: the command, the file of -o */
};

/* How it is run, other than plainly; zero means the plain way. */
struct tool_how {
	int timeout_s;	/* 0 = 60 */
	int stdout_fd;	/* where its output goes, 0 = kept in .out */
	bool close_stdout;
	uid_t uid;	/* 0 = as we are */
	unsigned long long caps; /* with .uid: bits of the capabilities that it has all the same;
				  * and no RLIMIT_MEMLOCK, which before 5.11 bounds programs */
	unsigned long memory_bytes; /* RLIMIT_AS, 0 = as we are */
};

/* fixbuf-trace itself: FIXBUF, or the build folder's. */
const char *tool_path(void);

/* Runs it with these arguments and waits. */
void tool(struct tool_run *a, ...) __attribute__((sentinel));
void tool_as(struct tool_run *a, const struct tool_how *how, ...) __attribute__((sentinel));
/* In two steps, to do something meanwhile. */
void tool_start(struct tool_run *a, const struct tool_how *how, ...) __attribute__((sentinel));
void tool_wait(struct tool_run *a, const struct tool_how *how);
/* Waits until its output so far holds the text; false after the time. */
bool tool_says(struct tool_run *a, const char *text, int ms);
/* Its output so far; to be freed. */
char *tool_said(const struct tool_run *a);
void tool_free(struct tool_run *a);

/* Seconds of the monotonic clock. */
double now_s(void);

/* All that comes, up to a NUL; "" where there is none; to be freed. */
char *stream_text(FILE *f);
/* All of a file, "" when there is none; to be freed. */
char *file_text(const char *path);

/* Value for trace's --tier: FIXBUF_TIER, or NULL. */
const char *tool_tier(void);

/*
 * FIXBUF_KERNEL_ONLY: in an emulated guest, where time is dear. What another kernel cannot
 * change is left to make check, and numbers that prove no more by being large are small.
 */
bool kernel_only(void);

/* Exit status of a child, 128 + signal, or -1 when it was killed after that time. */
int await_exit(pid_t pid, int seconds);
void set_cloexec(int fd);

#endif
