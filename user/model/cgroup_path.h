/* SPDX-License-Identifier: GPL-2.0 */
/* What the path of a control group says: systemd and container runtimes name its folders. */
#ifndef FIXBUF_MODEL_CGROUP_PATH_H
#define FIXBUF_MODEL_CGROUP_PATH_H

#include "base/untrusted.h"

#define CONTAINER_SHORT	12	/* digits that docker and podman print */

/* The unit that it is of, the innermost; .bytes NULL = none. It points into .path. */
struct untrusted cgroup_unit(const char *path);
/* The same of the container: its whole id, and as many digits of it as are printed. */
struct untrusted cgroup_container(const char *path);
struct untrusted cgroup_container_short(const char *path);
/* The container that the folder of this name is of: "docker-ID.scope", "libpod-ID", "ID". */
struct untrusted container_of_name(struct untrusted name);

/*
 * What is shown where there is .room for so many bytes, to be freed: of a container's id the digits that
 * are printed of it, then as many folders as fit, of the last one the begin and the end.
 */
char *cgroup_cut(const char *path, size_t room);

#endif
