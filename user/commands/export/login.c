// SPDX-License-Identifier: GPL-2.0
/*
 * A password that was right or wrong once is known: of the wrong ones a keyed hash is kept, of the
 * last few only. Others wait for their turn. Clients take turns, and of one client the users that it
 * asks for, so that one who asks for the first time waits for the hash under way alone. But for such
 * hashing takes half of the time of one CPU at most.
 */
#ifndef NO_HTTP

#include <crypt.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>
#include "base/address_key.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/library.h"
#include "commands/export/calls.h"
#include "commands/export/login.h"

#define MAX_JOBS	64	/* there are not more connections than may wait and be served */
#define MAX_WAITING	32
#define MAX_OF_PEER	8	/* of one client: with hashes of 60 ms the last waits for a second */
#define MAX_WRONG	1024
#define MAX_SERVED	64

#define FUNCTIONS(of)	of(crypt_r)

static const char *const function_names[] = { FUNCTIONS(LIBRARY_NAME) };
static struct { FUNCTIONS(LIBRARY_MEMBER) } libcrypt;

enum job_state { JOB_FREE, JOB_WAITS, JOB_RUNS, JOB_DONE };

struct job {
	enum job_state state;
	enum login is;		/* when done */
	unsigned int client;
	struct peer who;
	size_t user;		/* nr_users = a name that nobody has */
	char *password;		/* owned */
	__u64 tag;		/* of name and password */
	__u64 since;		/* the order in which they came */
};

/* Who had a turn, and for which user, the last ones. */
struct served {
	struct peer who;
	size_t user;
	__u64 turn;		/* 0 = free */
};

struct login_state {
	const struct web_config *config;
	struct address_key key;
	int fd;
	bool ready, failed;	/* the thread, which has begun or cannot */
	pthread_mutex_t lock;	/* of all that follows, but of .crypt, which is the thread's */
	pthread_cond_t more;
	char **right;		/* of each user the password that was, NULL = none yet */
	__u64 wrong[MAX_WRONG];
	size_t nr_wrong;	/* ever */
	struct job jobs[MAX_JOBS];
	__u64 came, turns, rests_until_ns;
	struct served served[MAX_SERVED];
	struct crypt_data crypt;
};

/* How long it takes says nothing of where they differ. */
static bool same(const char *a, const char *b)
{
	size_t len = strlen(a);
	unsigned char differs = 0;

	if (strlen(b) != len)
		return false;
	for (size_t i = 0; i < len; i++)
		differs |= a[i] ^ b[i];
	return !differs;
}

static void forget(char *password)
{
	explicit_bzero(password, strlen(password));
	free(password);
}

/* ---- what is known already ------------------------------------------------------------ */

static __u64 tag_of(const struct login_state *l, const char *name, const char *password)
{
	const __u64 both[] = {
		address_key_hash(&l->key, name, strlen(name)),
		address_key_hash(&l->key, password, strlen(password)),
	};

	return address_key_hash(&l->key, both, sizeof(both));
}

static enum login known(const struct login_state *l, size_t user, const char *password, __u64 tag)
{
	if (user < l->config->nr_users && l->right[user] && same(l->right[user], password))
		return LOGIN_OK;
	for (size_t i = 0; i < MAX_WRONG && i < l->nr_wrong; i++)
		if (l->wrong[i] == tag)
			return LOGIN_REFUSED;
	return LOGIN_UNKNOWN;
}

static void note(struct login_state *l, const struct job *job, bool right)
{
	if (!right)
		l->wrong[l->nr_wrong++ % MAX_WRONG] = job->tag;
	else if (!l->right[job->user])
		l->right[job->user] = must_strdup(job->password);
}

/* ---- turns -------------------------------------------------------------------------------- */

/* When this one had a turn last; 0 = none that is remembered. */
static struct served *last_turn(struct login_state *l, const struct job *job)
{
	for (size_t i = 0; i < MAX_SERVED; i++)
		if (l->served[i].turn && l->served[i].user == job->user &&
		    peer_same(l->served[i].who, job->who))
			return &l->served[i];
	return NULL;
}

static void note_turn(struct login_state *l, const struct job *job)
{
	struct served *at = last_turn(l, job);

	if (!at) {
		at = &l->served[0];
		for (size_t i = 1; i < MAX_SERVED; i++)
			if (l->served[i].turn < at->turn)
				at = &l->served[i];
	}
	*at = (struct served){ .who = job->who, .user = job->user, .turn = ++l->turns };
}

/* Of the client whose turn is longest ago, what it asked first. NULL = nobody waits. */
static struct job *next_job(struct login_state *l)
{
	struct job *next = NULL;
	__u64 longest = 0;

	for (size_t i = 0; i < MAX_JOBS; i++) {
		struct job *job = &l->jobs[i];
		struct served *served;
		__u64 turn;

		if (job->state != JOB_WAITS)
			continue;
		served = last_turn(l, job);
		turn = served ? served->turn : 0;
		if (!next || turn < longest || (turn == longest && job->since < next->since)) {
			next = job;
			longest = turn;
		}
	}
	return next;
}

static size_t nr_of(const struct login_state *l, struct peer who)
{
	size_t nr = 0;

	for (size_t i = 0; i < MAX_JOBS; i++)
		nr += l->jobs[i].state == JOB_WAITS && peer_same(l->jobs[i].who, who);
	return nr;
}

static void end_job(struct login_state *l, struct job *job, enum login is)
{
	const __u64 one = 1;

	job->state = JOB_DONE;
	job->is = is;
	forget(job->password);
	job->password = NULL;
	if (write(l->fd, &one, sizeof(one)) < 0)
		exit(cannot("a login cannot be told: %s", strerror(errno)));
}

/* One too many wait: the last of who waits with most may ask again later. */
static void make_room(struct login_state *l)
{
	struct job *victim = NULL;
	size_t nr = 0, most = 0;

	for (size_t i = 0; i < MAX_JOBS; i++) {
		struct job *job = &l->jobs[i];
		size_t of;

		if (job->state != JOB_WAITS)
			continue;
		nr++;
		of = nr_of(l, job->who);
		if (of > most || (of == most && job->since > victim->since)) {
			victim = job;
			most = of;
		}
	}
	if (nr > MAX_WAITING)
		end_job(l, victim, LOGIN_LATER);
}

/* ---- the thread that hashes --------------------------------------------------------------- */

static bool hashes_to(struct login_state *l, const char *password, const char *hash)
{
	const char *is = libcrypt.crypt_r(password, hash, &l->crypt);

	return is && same(is, hash);
}

/* With the lock, which is open meanwhile: until something comes, or the time. */
static void rest(struct login_state *l)
{
	const struct timespec until = { l->rests_until_ns / NS_PER_S, l->rests_until_ns % NS_PER_S };

	pthread_cond_timedwait(&l->more, &l->lock, &until);
}

/* With the lock, which is open while it hashes. */
static void run_job(struct login_state *l, struct job *job)
{
	bool somebody = job->user < l->config->nr_users;
	__u64 begun = clock_now_ns(), took;
	enum login is = known(l, job->user, job->password, job->tag);

	if (is != LOGIN_UNKNOWN) {
		end_job(l, job, is);
		return;
	}
	job->state = JOB_RUNS;
	note_turn(l, job);
	pthread_mutex_unlock(&l->lock);
	/* a name that nobody has takes as long as one that is known */
	is = hashes_to(l, job->password, l->config->users[somebody ? job->user : 0].hash) && somebody ?
		LOGIN_OK : LOGIN_REFUSED;
	took = clock_now_ns() - begun;
	pthread_mutex_lock(&l->lock);
	note(l, job, is == LOGIN_OK);
	end_job(l, job, is);
	l->rests_until_ns = clock_now_ns() + took;
}

static void *hash_all(void *arg)
{
	struct login_state *l = arg;
	struct job *job;

	pthread_mutex_lock(&l->lock);
	l->failed = export_calls_hash();
	l->ready = true;
	pthread_cond_broadcast(&l->more);
	while (!l->failed) {
		job = next_job(l);
		if (job && last_turn(l, job) && clock_now_ns() < l->rests_until_ns)
			rest(l);
		else if (job)
			run_job(l, job);
		else
			pthread_cond_wait(&l->more, &l->lock);
	}
	pthread_mutex_unlock(&l->lock);
	return NULL;
}

struct login_state *login_new(const struct web_config *c)
{
	pthread_condattr_t monotonic;
	struct login_state *l;
	pthread_t thread;
	int err;

	if (library_load(LIBCRYPT, function_names, sizeof(libcrypt) / sizeof(void *), (void **)&libcrypt))
		return NULL;
	l = must_alloc(1, sizeof(*l));
	l->config = c;
	l->right = must_alloc(c->nr_users, sizeof(*l->right));
	address_key_new(&l->key);
	pthread_mutex_init(&l->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&l->more, &monotonic);
	l->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	err = l->fd < 0 ? errno : pthread_create(&thread, NULL, hash_all, l);
	if (err) {
		err_set(err, "cannot start who checks passwords: %s", strerror(err));
		return NULL;
	}
	/* its calls are restricted before anybody is served */
	pthread_mutex_lock(&l->lock);
	while (!l->ready)
		pthread_cond_wait(&l->more, &l->lock);
	pthread_mutex_unlock(&l->lock);
	return l->failed ? NULL : l;
}

/* ---- who serves ----------------------------------------------------------------------------- */

static enum login put_job(struct login_state *l, const struct job *job, const char *password)
{
	enum login is = known(l, job->user, password, job->tag);

	if (is != LOGIN_UNKNOWN)
		return is;
	if (nr_of(l, job->who) >= MAX_OF_PEER)
		return LOGIN_LATER;
	for (size_t i = 0; i < MAX_JOBS; i++) {
		if (l->jobs[i].state != JOB_FREE)
			continue;
		l->jobs[i] = *job;
		l->jobs[i].password = must_strdup(password);
		l->jobs[i].since = ++l->came;
		make_room(l);
		pthread_cond_broadcast(&l->more);
		return LOGIN_WAITS;
	}
	return LOGIN_LATER;
}

enum login login_check(struct login_state *l, const char *name, const char *password, struct peer who,
		       unsigned int client)
{
	struct job job = { .state = JOB_WAITS, .client = client, .who = who };
	enum login is;

	if (!name || !password)
		return LOGIN_REFUSED;
	while (job.user < l->config->nr_users && strcmp(l->config->users[job.user].name, name))
		job.user++;
	job.tag = tag_of(l, name, password);
	pthread_mutex_lock(&l->lock);
	is = put_job(l, &job, password);
	pthread_mutex_unlock(&l->lock);
	return is;
}

int login_fd(const struct login_state *l)
{
	return l->fd;
}

enum login login_next(struct login_state *l, unsigned int *client)
{
	enum login is = LOGIN_UNKNOWN;
	__u64 nr;

	/* how many does not matter: all that are done are taken */
	if (read(l->fd, &nr, sizeof(nr)) < 0 && errno != EAGAIN)
		return LOGIN_UNKNOWN;
	pthread_mutex_lock(&l->lock);
	for (size_t i = 0; i < MAX_JOBS && is == LOGIN_UNKNOWN; i++) {
		if (l->jobs[i].state != JOB_DONE)
			continue;
		is = l->jobs[i].is;
		*client = l->jobs[i].client;
		l->jobs[i].state = JOB_FREE;
	}
	pthread_mutex_unlock(&l->lock);
	return is;
}

#endif
