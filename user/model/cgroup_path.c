// SPDX-License-Identifier: GPL-2.0
#include <stdbool.h>
#include <string.h>
#include "base/alloc.h"
#include "model/cgroup_path.h"

#define MIN_ID	32	/* hexadecimal digits; most have 64 */

static bool ends_with(struct untrusted name, const char *end)
{
	size_t len = strlen(end);

	return name.len > len && !memcmp(name.bytes + name.len - len, end, len);
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

struct untrusted container_of_name(struct untrusted name)
{
	const char *conmon = memmem(name.bytes, name.len, "conmon-", strlen("conmon-"));
	size_t len = 0;

	if (ends_with(name, ".scope"))
		name.len -= strlen(".scope");
	while (len < name.len && is_hex(name.bytes[name.len - 1 - len]))
		len++;
	/* what podman and CRI-O keep beside each container has its id, too */
	if (len < MIN_ID || conmon || (len < name.len && name.bytes[name.len - 1 - len] != '-'))
		return (struct untrusted){ 0 };
	return (struct untrusted){ name.bytes + name.len - len, len };
}

static struct untrusted unit_of_name(struct untrusted name)
{
	return ends_with(name, ".service") || ends_with(name, ".scope") ? name : (struct untrusted){ 0 };
}

/* What .of finds in the last folder in which it finds something. */
static struct untrusted innermost(const char *path, struct untrusted (*of)(struct untrusted name))
{
	struct untrusted found = { 0 };

	while (*path) {
		struct untrusted name = { path, strcspn(path, "/") }, in = of(name);

		if (in.bytes)
			found = in;
		path += name.len + (path[name.len] == '/');
	}
	return found;
}

struct untrusted cgroup_unit(const char *path)
{
	return innermost(path, unit_of_name);
}

struct untrusted cgroup_container(const char *path)
{
	return innermost(path, container_of_name);
}

struct untrusted cgroup_container_short(const char *path)
{
	struct untrusted id = cgroup_container(path);

	id.len = id.len < CONTAINER_SHORT ? id.len : CONTAINER_SHORT;
	return id;
}

#define DOTS		"..."
#define NR_DOTS		3
#define END_KEPT	9	/* of a long name, "x@7.scope" */

/* .to has room for the name as it is. */
static size_t put_name(char *to, struct untrusted name)
{
	struct untrusted id = container_of_name(name);
	size_t head = id.bytes ? (size_t)(id.bytes - name.bytes) + CONTAINER_SHORT : name.len;
	const char *end = id.bytes ? id.bytes + id.len : name.bytes + name.len;

	memcpy(to, name.bytes, head);
	if (!id.bytes)
		return head;
	memcpy(to + head, DOTS, NR_DOTS);
	head += NR_DOTS;
	/* "...scope" */
	end += *end == '.';
	memcpy(to + head, end, name.bytes + name.len - end);
	return head + (name.bytes + name.len - end);
}

char *cgroup_cut(const char *path, size_t room)
{
	size_t len = strlen(path), used = 0, before = 0;
	char *cut = must_alloc(len + NR_DOTS + 1, 1), *from = cut, *next;

	if (len <= room)
		return memcpy(cut, path, len);
	while (*path) {
		struct untrusted name = { path, strcspn(path, "/") };

		used += put_name(cut + used, name);
		path += name.len;
		if (*path)
			cut[used++] = *path++;
	}
	while (before + strlen(from) > room && (next = strchr(from + 1, '/'))) {
		before = NR_DOTS;
		from = next;
	}
	memmove(cut + before, from, strlen(from) + 1);
	memcpy(cut, DOTS, before);
	used = strlen(cut);
	if (used > room) {
		memcpy(cut + room - END_KEPT - NR_DOTS, DOTS, NR_DOTS);
		memmove(cut + room - END_KEPT, cut + used - END_KEPT, END_KEPT + 1);
	}
	return cut;
}
