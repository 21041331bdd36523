/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The contract of registered buffers, check by check. Each check runs in a
 * child of its own, so that what it pins, charges or blocks ends with it.
 */
#ifndef FIXBUF_COMMANDS_CONTRACT_CONTRACT_H
#define FIXBUF_COMMANDS_CONTRACT_CONTRACT_H

#include <stdbool.h>
#include <sys/types.h>
#include "base/own_ring.h"
#include "commands/contract/verdict.h"

enum role {
	AS_STARTED,
	AS_USER,	/* no capability; a user whom nothing else is charged to, where we may */
	UNLIMITED,	/* with CAP_IPC_LOCK */
};

struct check {
	const char *clause;
	const char *name;
	void (*run)(void);	/* returning means that it holds */
	enum role role;
};

/* The tables, in the order they are printed; each ends with a NULL clause. */
extern const struct check checks_calls[];	/* C1, C2 */
extern const struct check checks_io[];		/* C3, C4 */
extern const struct check checks_release[];	/* C5 */
extern const struct check checks_memory[];	/* C6 */
extern const struct check checks_limits[];	/* C7 to C9 */
extern const struct check checks_exact[];	/* C10 */
extern const struct check checks_later[];	/* L1 ... */

/* ---- running one (run.c) ---- */

void contract_run_check(const struct check *check, struct outcome *result);

/* ---- tools (tools.c) ---- */

#define MIB (1UL << 20)
extern size_t page_bytes;
/* The check runs as the user who started us, who may be charged for other things. */
extern bool own_user;

void tools_init(void);
/* Memory of our own in small pages, zeroed; never returns NULL. */
char *small_pages(size_t nr);
/* One huge page, present; ends the check as not tried when there is none. */
char *huge_page(void);
size_t huge_page_bytes(void);
/* An unlinked file on shmem, with size bytes. */
int memory_file(size_t size);
void make_pipe(int fd[2]);
void fill(char *p, size_t len, unsigned int seed);

/* A ring; ends the check when there is none to be had. */
void ring_new(struct ring_raw *r);
struct iovec iov(const void *base, size_t len);
/* want() of a call that charges the user: not tried where the limit may be used up by others of our own. */
void want_charged(const char *what, long seen, long expected);
int register_one(const struct ring_raw *r, const void *base, size_t len);
/* A ring with one buffer registered. */
void ring_with(struct ring_raw *r, const void *base, size_t len);

/* Interrupts a call that blocks in this task with EINTR after ms; 0 = no more. */
void interrupt_after(unsigned int ms);
void sleep_ms(unsigned int ms);
/* Waits until VmPin is pages, up to ms; what it was at last. */
long wait_mm_pages(long pages, unsigned int ms);

/* What this process is charged (VmPin); negative after an underflow. */
long mm_pages(void);
/* RLIMIT_MEMLOCK of this task; not tried when it may not be raised so far. */
void limit_pages(size_t pages);
/*
 * What the user of this check is charged, which no file shows: by how much
 * less than before can still be registered. Rings are opened before user_start().
 * A good guess saves tries.
 */
void user_start(size_t limit);
long user_pages(long guess);

#endif
