// SPDX-License-Identifier: GPL-2.0
/*
 * A file may be made to keep its reader busy, or to end it. Time is bounded per question and,
 * as we wait meanwhile, per user; a reader that fails is replaced, a file that failed it is not
 * shown to another one, and a user whose files failed too often gets no more names. Memory is bounded
 * for all of them together: those that were asked longest ago end first.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/clock.h"
#include "base/descriptor.h"
#include "base/page_size.h"
#include "base/signals.h"
#include "capture/symbols_readers.h"

#define ANSWER_MS	1000		/* that an answer may take */
#define PATIENCE	4		/* failures by all users together after which it may take */
#define ANSWER_LATE_MS	100		/* only this long: many users may be one */
#define LAST_MS		100		/* once we were told to end */
#define SHARE		10		/* a reader may take a tenth of our time ... */
#define AT_ONCE_MS	2000		/* ... and this at first */
#define MAX_FAILURES	3		/* of one user's files */

#define LOOK_MS		2		/* between two looks at what they take meanwhile */
#define READERS_KB	(28L << 10)	/* resident, of all; programs' own pages, which they share, included */
#define FULL_KB		(22L << 10)	/* with that in one it begins anew */

#define FAILED	"a file's symbols could not be read within bounds of time and memory: its functions have no names"
#define GIVEN_UP "too many files of this user could not be read within bounds of time and memory: no names from files"
#define BUSY "reading this user's files takes too much time: some functions have no names"
#define NO_READER "no process could be started that reads symbols: no names"

struct reader {
	struct readers *all;
	int place;			/* in .all */
	int socket;			/* -1 = not running */
	int statm;			/* of the process; -1 = not known */
	bool in_use;
	__u32 uid;
	__u64 used;			/* the larger the later */
	long taken_ms, since_ms;	/* waited for its answers, less what time gave back */
	int failures;
	struct file_identity files[READER_FILES]; /* that the process has, .ino 0 = none */
	__u64 file_used[READER_FILES];
	struct file_identity failed[MAX_FAILURES];
};

struct readers {
	pid_t pid;			/* -1 = none */
	int socket;
	__u64 clock;			/* of .used */
	int failures;
	struct reader list[READERS];
	struct given_up {
		__u32 uid;
		bool is;
	} given_up[64];			/* by the hash of the user */
};

static long now_ms(void)
{
	return clock_now_ns() / NS_PER_MS;
}

struct readers *readers_start(void)
{
	struct readers *r = must_alloc(1, sizeof(*r));
	pid_t own = getpid();
	int pair[2];

	r->pid = -1;
	r->socket = -1;
	for (int i = 0; i < READERS; i++)
		r->list[i] = (struct reader){ .all = r, .place = i, .socket = -1, .statm = -1 };
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return r;
	r->pid = fork();
	if (!r->pid)
		nursery_run(pair[1], own);
	close(pair[1]);
	r->socket = pair[0];
	return r;
}

static void forget_files(struct reader *r)
{
	memset(r->files, 0, sizeof(r->files));
}

static void end_process(struct reader *r)
{
	struct nursery_request end = { NURSERY_END, r->place };

	if (r->socket < 0)
		return;
	close(r->socket);
	r->socket = -1;
	if (r->statm >= 0)
		close(r->statm);
	r->statm = -1;
	forget_files(r);
	descriptor_send(r->all->socket, &end, sizeof(end), -1);
}

/* The first that it sends, before it has seen any file. */
static bool learn_statm(struct reader *r)
{
	struct pollfd p = { .fd = r->socket, .events = POLLIN };
	char c;

	return poll(&p, 1, ANSWER_MS) > 0 && descriptor_receive(r->socket, &c, 1, &r->statm) == 1;
}

static long resident_kb(const struct reader *r)
{
	unsigned long resident = 0;
	char text[128];
	ssize_t n = r->statm < 0 ? 0 : pread(r->statm, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	/* the first is what it has mapped */
	return sscanf(text, "%*u %lu", &resident) == 1 ? (long)(resident * (PAGE_BYTES >> 10)) : 0;
}

/* Ends others for it; false when it alone takes too much. */
static bool fits(struct reader *r)
{
	for (;;) {
		struct reader *oldest = NULL;
		long kb = 0;

		for (int i = 0; i < READERS; i++) {
			struct reader *one = &r->all->list[i];

			kb += resident_kb(one);
			if (one != r && one->socket >= 0 && (!oldest || one->used < oldest->used))
				oldest = one;
		}
		if (kb <= READERS_KB)
			return true;
		if (!oldest)
			return false;
		end_process(oldest);
	}
}

static bool start_process(struct reader *r)
{
	struct nursery_request start = { NURSERY_START, r->place };
	int pair[2], err;

	if (r->socket >= 0)
		return true;
	if (r->all->pid < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return false;
	err = descriptor_send(r->all->socket, &start, sizeof(start), pair[1]);
	close(pair[1]);
	if (err) {
		close(pair[0]);
		return false;
	}
	r->socket = pair[0];
	if (!learn_statm(r)) {
		end_process(r);
		return false;
	}
	return true;
}

static struct given_up *given_up_place(struct readers *r, __u32 uid)
{
	return &r->given_up[uid % (sizeof(r->given_up) / sizeof(r->given_up[0]))];
}

struct reader *readers_for(struct readers *r, __u32 uid)
{
	struct reader *best = NULL;

	for (int i = 0; i < READERS; i++) {
		struct reader *one = &r->list[i];

		if (one->in_use && one->uid == uid) {
			best = one;
			break;
		}
		if (!best || one->used < best->used)
			best = one;
	}
	if (!best->in_use || best->uid != uid) {
		const struct given_up *g = given_up_place(r, uid);

		end_process(best);
		*best = (struct reader){
			.all = r, .place = best->place, .socket = -1, .statm = -1, .in_use = true, .uid = uid,
			.since_ms = now_ms(),
			.failures = g->is && g->uid == uid ? MAX_FAILURES : 0,
		};
	}
	best->used = ++r->clock;
	return best;
}

static int wait_for_answer(struct reader *r, const struct reader_question *q, int fd, struct reader_answer *a)
{
	long start = now_ms(), most = r->all->failures < PATIENCE ? ANSWER_MS : ANSWER_LATE_MS;
	struct pollfd p = { .fd = r->socket, .events = POLLIN };

	if (descriptor_send(r->socket, q, sizeof(*q), fd))
		return -EPIPE;
	for (;;) {
		long left = start + (interrupted && most > LAST_MS ? LAST_MS : most) - now_ms();
		int n;

		if (left <= 0)
			return -ETIME;
		n = poll(&p, 1, left < LOOK_MS ? left : LOOK_MS);
		if (!fits(r))
			return -ENOMEM;
		if (n > 0)
			break;
		if (n < 0 && errno != EINTR)
			return -EPIPE;
	}
	if (recv(r->socket, a, sizeof(*a), MSG_DONTWAIT) != sizeof(*a))
		return -EPIPE;
	/* whoever answered may have been taken over by a file */
	a->place.name[SYMBOL_TEXT - 1] = a->place.file[SYMBOL_TEXT - 1] = '\0';
	if (a->place.frame > FRAME_STACK_POINTER)
		a->place.frame = FRAME_UNKNOWN;
	if (a->build_id_len > BUILD_ID_MAX)
		a->build_id_len = 0;
	return 0;
}

static bool has_time(struct reader *r)
{
	long now = now_ms();

	r->taken_ms -= (now - r->since_ms) / SHARE;
	if (r->taken_ms < 0)
		r->taken_ms = 0;
	/* what is left of a division is kept for the next */
	r->since_ms = now - (now - r->since_ms) % SHARE;
	return r->taken_ms < AT_ONCE_MS;
}

/* 0, -ETIME, -EBUSY, or -EPIPE when the process ended. */
static int ask(struct reader *r, const struct reader_question *q, int fd, struct reader_answer *a)
{
	long start = now_ms();
	int err;

	if (!has_time(r))
		return -EBUSY;
	err = wait_for_answer(r, q, fd, a);
	r->taken_ms += now_ms() - start;
	return err;
}

static void count_failure(struct reader *r, const struct file_identity *id)
{
	if (r->failures < MAX_FAILURES)
		r->failed[r->failures++] = *id;
	r->all->failures++;
	if (r->failures == MAX_FAILURES)
		*given_up_place(r->all, r->uid) = (struct given_up){ r->uid, true };
}

static bool same(const struct file_identity *a, const struct file_identity *b)
{
	return !memcmp(a, b, sizeof(*a));
}

static bool is_refused(const struct reader *r, const struct file_identity *id, const char **why)
{
	*why = GIVEN_UP;
	if (r->failures >= MAX_FAILURES)
		return true;
	*why = FAILED;
	for (int i = 0; i < r->failures; i++)
		if (same(&r->failed[i], id))
			return true;
	return false;
}

/* Which of the process's files it is; opens it there when it has it not. -errno. */
static int slot_of(struct reader *r, const struct file_identity *id, const struct reader_source *s)
{
	struct reader_question q = { .task = READER_OPEN };
	struct reader_answer a;
	int fd, err, slot = 0;

	for (int i = 0; i < READER_FILES; i++) {
		if (same(&r->files[i], id)) {
			r->file_used[i] = ++r->all->clock;
			return i;
		}
		if (r->file_used[i] < r->file_used[slot])
			slot = i;
	}
	fd = s->open_file(s->arg);
	if (fd < 0)
		return -ENOENT;
	q.slot = slot;
	memset(&r->files[slot], 0, sizeof(r->files[slot]));
	err = ask(r, &q, fd, &a);
	close(fd);
	if (err)
		return err;
	r->files[slot] = *id;
	r->file_used[slot] = ++r->all->clock;
	if (!a.known || !a.build_id_len || !s->open_debug)
		return slot;
	fd = s->open_debug(s->arg, a.build_id, a.build_id_len);
	if (fd < 0)
		return slot;
	q.task = READER_DEBUG;
	err = ask(r, &q, fd, &a);
	close(fd);
	return err ? err : slot;
}

static int find_once(struct reader *r, const struct file_identity *id,
		     const struct reader_source *s, struct reader_question *q,
		     struct reader_answer *a)
{
	int slot;

	if (!start_process(r))
		return -ECHILD;
	slot = slot_of(r, id, s);
	if (slot < 0)
		return slot;
	q->slot = slot;
	return ask(r, q, -1, a);
}

/* Says what an answer that did not come means; true to try it again. */
static bool failed(struct reader *r, int err, bool again, const struct file_identity *id,
		   const char **why)
{
	switch (err) {
	case -ENOENT:
		*why = NULL;
		return false;
	case -ECHILD:
		*why = NO_READER;
		return false;
	case -EBUSY:
		*why = BUSY;
		return false;
	}
	*why = FAILED;
	end_process(r);
	/* its bounds are for all that it read: another file may be to blame */
	if ((err == -EPIPE || err == -ENOMEM) && !again)
		return true;
	count_failure(r, id);
	return false;
}

bool reader_find(struct reader *r, const struct file_identity *id, const struct reader_source *s,
		 __u64 offset, bool returns, struct elf_place *place, const char **why)
{
	struct reader_question q = { .task = READER_FIND, .offset = offset, .returns = returns };
	struct reader_answer a;
	bool again = false;
	int err;

	if (is_refused(r, id, why))
		return false;
	for (;; again = true) {
		err = find_once(r, id, s, &q, &a);
		if (!err)
			break;
		if (!failed(r, err, again, id, why))
			return false;
	}
	*place = a.place;
	*why = a.place.unread && !a.place.name[0] ? FAILED : NULL;
	if (resident_kb(r) > FULL_KB)
		end_process(r);
	return true;
}

bool reader_find_in_map(struct reader *r, int fd, __u64 ip, struct elf_place *place,
			const char **why)
{
	struct reader_question q = { .task = READER_MAP, .offset = ip };
	const struct file_identity none = { 0 };
	struct reader_answer a;
	int err;

	if (is_refused(r, &none, why))
		return false;
	err = start_process(r) ? ask(r, &q, fd, &a) : -ECHILD;
	if (err) {
		failed(r, err, true, &none, why);
		return false;
	}
	*place = a.place;
	*why = NULL;
	return true;
}

void readers_stop(struct readers *r)
{
	if (!r)
		return;
	for (int i = 0; i < READERS; i++)
		end_process(&r->list[i]);
	if (r->socket >= 0)
		close(r->socket);
	/* it ends its own at the end of its socket; another wait may have had it first */
	if (r->pid > 0)
		while (waitpid(r->pid, NULL, 0) < 0 && errno == EINTR)
			;
	free(r);
}
