// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/child.h"
#include "base/err.h"
#include "base/open_safely.h"
#include "base/privilege.h"
#include "commands/export/calls.h"
#include "commands/export/unix_socket.h"

#define BACKLOG	128
#define REAP_MS	2000

struct place {
	const char *path, *name;	/* .name: the last part */
	int folder;
	struct sockaddr_un address;	/* by the folder, which cannot be changed for another one */
};

static int refuse(const struct place *p, const char *why)
{
	return misuse("cannot listen at unix:%s: %s; choose another --listen", p->path, why);
}

/* 0, or the exit status after a sentence. */
static int find_place(struct place *p, const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = NULL;
	int len;

	*p = (struct place){ .path = path, .name = slash ? slash + 1 : path, .folder = -1 };
	if (!p->name[0] || !strcmp(p->name, ".") || !strcmp(p->name, ".."))
		return refuse(p, "that is no name of a file");
	if (asprintf(&folder, "%.*s.", slash ? (int)(slash + 1 - path) : 0, path) < 0)
		return cannot("out of memory");
	p->folder = open_safely(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	free(folder);
	if (p->folder == -ELOOP)
		return refuse(p, "it is reached through a link that another user may change");
	if (p->folder < 0)
		return refuse(p, strerror(-p->folder));
	p->address.sun_family = AF_UNIX;
	len = snprintf(p->address.sun_path, sizeof(p->address.sun_path), "/proc/self/fd/%d/%s",
		       p->folder, p->name);
	return (size_t)len < sizeof(p->address.sun_path) ? 0 : refuse(p, "its name is too long");
}

static int connect_to(const struct place *p)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), err;

	err = fd < 0 || connect(fd, (const void *)&p->address, sizeof(p->address)) ? errno : 0;
	if (fd >= 0)
		close(fd);
	return err;
}

/* What a killed one left is removed, nothing else. 0, or the exit status after a sentence. */
static int make_room(const struct place *p)
{
	struct stat st;

	if (fstatat(p->folder, p->name, &st, AT_SYMLINK_NOFOLLOW))
		return errno == ENOENT ? 0 : refuse(p, strerror(errno));
	if (!S_ISSOCK(st.st_mode))
		return refuse(p, "there is something else, which is no socket");
	if (st.st_uid != geteuid())
		return refuse(p, "there is another user's socket");
	if (connect_to(p) != ECONNREFUSED)
		return refuse(p, "another program serves there");
	return unlinkat(p->folder, p->name, 0) && errno != ENOENT ? refuse(p, strerror(errno)) : 0;
}

static void __attribute__((noreturn)) remove_at_end(const struct place *p, int end)
{
	const struct privileges none = { NULL, 0 };
	struct stat own, st;
	int socket;
	char c;

	/* who is told to end is the collector; with the last process that serves, this one ends */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	prctl(PR_SET_NAME, "fixbuf-socket");
	privilege_keep_open(p->folder, end);
	/* its inode's number is no other's while this is open */
	socket = openat(p->folder, p->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (socket < 0 || fstat(socket, &own) || privilege_keep(&none) ||
	    privilege_no_new() || export_calls_remove())
		_exit(1);
	while (read(end, &c, 1) < 0 && errno == EINTR)
		;
	if (!fstatat(p->folder, p->name, &st, AT_SYMLINK_NOFOLLOW) && st.st_dev == own.st_dev &&
	    st.st_ino == own.st_ino)
		unlinkat(p->folder, p->name, 0);
	_exit(0);
}

static int start_remover(struct unix_socket *s, const struct place *p)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return cannot("cannot create a pipe: %s", strerror(errno));
	s->pid = fork();
	if (!s->pid) {
		close(ends[1]);
		remove_at_end(p, ends[0]);
	}
	close(ends[0]);
	s->open = ends[1];
	return s->pid > 0 ? 0 : cannot("cannot start a process: %s", strerror(errno));
}

static int listen_there(struct unix_socket *s, const struct place *p, int *listener)
{
	mode_t mask;
	int err;

	*listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* for the owner and the group from its first moment on */
	mask = umask(0117);
	err = *listener < 0 || bind(*listener, (const void *)&p->address, sizeof(p->address)) ?
	      errno : 0;
	umask(mask);
	if (err)
		return refuse(p, strerror(err));
	if (listen(*listener, BACKLOG)) {
		err = errno;
		unlinkat(p->folder, p->name, 0);
		return refuse(p, strerror(err));
	}
	err = start_remover(s, p);
	if (err)
		unlinkat(p->folder, p->name, 0);
	return err;
}

int unix_socket_listen(struct unix_socket *s, const char *path, int *listener)
{
	struct place p;
	int status = find_place(&p, path);

	if (!status)
		status = make_room(&p);
	if (!status)
		status = listen_there(s, &p, listener);
	if (p.folder >= 0)
		close(p.folder);
	return status;
}

void unix_socket_end(struct unix_socket *s)
{
	if (s->pid <= 0)
		return;
	close(s->open);
	child_reap(s->pid, REAP_MS);
	s->pid = 0;
}
