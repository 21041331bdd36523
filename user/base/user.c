// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>
#include "base/array.h"
#include "base/fmt.h"
#include "base/user.h"

#ifdef NO_NSS
/* What getpwnam() and initgroups() load crashes in a program that is linked statically. */
static const struct passwd *user_where(const char *name, uid_t uid)
{
	FILE *f = fopen("/etc/passwd", "re");
	const struct passwd *user = NULL;

	while (f && (user = fgetpwent(f)))
		if (name ? !strcmp(user->pw_name, name) : user->pw_uid == uid)
			break;
	if (f)
		fclose(f);
	return user;
}

static bool has_member(const struct group *g, const char *name)
{
	for (char **m = g->gr_mem; *m; m++)
		if (!strcmp(*m, name))
			return true;
	return false;
}

static int take_groups(const struct passwd *user)
{
	FILE *f = fopen("/etc/group", "re");
	const struct group *g;
	gid_t *list = NULL;
	size_t nr = 0;
	int err;

	array_grow(list, nr);
	list[nr++] = user->pw_gid;
	while (f && (g = fgetgrent(f))) {
		if (!has_member(g, user->pw_name))
			continue;
		array_grow(list, nr);
		list[nr++] = g->gr_gid;
	}
	if (f)
		fclose(f);
	err = setgroups(nr, list) ? -errno : 0;
	free(list);
	return err;
}
#else
static const struct passwd *user_where(const char *name, uid_t uid)
{
	return name ? getpwnam(name) : getpwuid(uid);
}

static int take_groups(const struct passwd *user)
{
	return initgroups(user->pw_name, user->pw_gid) ? -errno : 0;
}
#endif

const struct passwd *user_find(const char *name_or_uid)
{
	const struct passwd *user = user_where(name_or_uid, 0);
	__u32 uid;

	if (user || parse_u32(name_or_uid, &uid))
		return user;
	return user_where(NULL, uid);
}

int user_become(const struct passwd *user)
{
	int err = take_groups(user);

	if (err)
		return err;
	/* from one user to another who is not root, the kernel leaves these */
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (setresgid(user->pw_gid, user->pw_gid, user->pw_gid) ||
	    setresuid(user->pw_uid, user->pw_uid, user->pw_uid))
		return -errno;
	return 0;
}
