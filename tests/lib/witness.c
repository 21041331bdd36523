// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "memory.h"
#include "witness.h"

#define BTF_MOST (64UL << 20)

/* The number behind .key at the begin of a line of the file; -1 when there is no such line. */
static long long number_after(const char *path, const char *key)
{
	long long value = -1;
	char line[256];
	FILE *f;

	f = fopen(path, "re");
	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f)) {
		size_t len = strlen(key);

		if (strncmp(line, key, len) || (line[len] != ':' && line[len] != ' '))
			continue;
		/* a count below zero prints as 2^64 - n: read as such it is negative again */
		value = (long long)strtoull(line + len + 1, NULL, 10);
		break;
	}
	fclose(f);
	return value;
}

long long witness_status_kb(pid_t pid, const char *field)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	return number_after(path, field);
}

unsigned long long witness_status(pid_t pid, const char *field, int base)
{
	char path[64], line[256];
	unsigned long long n = ~0ULL;
	size_t len = strlen(field);
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, field, len) && line[len] == ':')
			n = strtoull(line + len + 1, NULL, base);
	if (f)
		fclose(f);
	return n;
}

long long witness_await_kb(pid_t pid, const char *field, long long kb, int ms)
{
	long long now;

	while ((now = witness_status_kb(pid, field)) != kb && ms > 0) {
		usleep(10000);
		ms -= 10;
	}
	return now;
}

long long witness_pins(void)
{
	long long got, back;
	int fd;

	/* the counters are per cpu and lag until they are folded */
	fd = open("/proc/sys/vm/stat_refresh", O_WRONLY | O_CLOEXEC);
	if (fd >= 0) {
		if (write(fd, "1", 1) != 1)
			perror("stat_refresh");
		close(fd);
	}
	got = number_after("/proc/vmstat", "nr_foll_pin_acquired");
	back = number_after("/proc/vmstat", "nr_foll_pin_released");
	return got < 0 || back < 0 ? -1 : got - back;
}

long long witness_pins_at_rest(void)
{
	long long last = witness_pins();

	for (int i = 0, still = 0; i < 200 && still < 5; i++) {
		long long now;

		usleep(100000);
		now = witness_pins();
		still = now == last ? still + 1 : 0;
		last = now;
	}
	return last;
}

long long witness_user_bufs(pid_t pid, int fd)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", pid, fd);
	return number_after(path, "UserBufs");
}

static uint64_t pagemap_entry(pid_t pid, const void *addr)
{
	uint64_t entry = 0;
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	if (pread(fd, &entry, sizeof(entry), (uintptr_t)addr / PAGE * sizeof(entry)) !=
	    sizeof(entry))
		entry = 0;
	close(fd);
	return entry;
}

unsigned long long witness_pfn(pid_t pid, const void *addr)
{
	uint64_t entry = pagemap_entry(pid, addr);

	return entry >> 63 ? entry & ((1ULL << 55) - 1) : 0;
}

bool witness_present(pid_t pid, const void *addr)
{
	return pagemap_entry(pid, addr) >> 63;
}

size_t witness_huge_bytes(const void *p)
{
	bool inside = false;
	size_t bytes = 0;
	char line[512];
	FILE *f;

	f = fopen("/proc/self/smaps", "re");
	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f)) {
		uintptr_t start, end;
		size_t kb;

		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &start, &end) == 2) {
			inside = (uintptr_t)p >= start && (uintptr_t)p < end;
		} else if (inside && sscanf(line, "AnonHugePages: %zu kB", &kb) == 1) {
			bytes = kb << 10;
			break;
		}
	}
	fclose(f);
	return bytes;
}

bool witness_joins_pages(void)
{
	static const char name[] = "\0io_seg_index";
	static int known = -1;
	char *types;
	ssize_t n;
	int fd;

	if (known >= 0)
		return known;
	known = 0;
	fd = open("/sys/kernel/btf/vmlinux", O_RDONLY | O_CLOEXEC);
	types = malloc(BTF_MOST);
	for (size_t len = 0; fd >= 0 && types; len += n) {
		n = read(fd, types + len, BTF_MOST - len);
		if (n > 0)
			continue;
		known = memmem(types, len, name, sizeof(name)) != NULL;
		break;
	}
	free(types);
	if (fd >= 0)
		close(fd);
	return known;
}

int witness_nr_fds(pid_t pid)
{
	char path[64];
	int nr = 0;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	d = opendir(path);
	if (!d)
		return -1;
	while (readdir(d))
		nr++;
	closedir(d);
	return nr;
}

bool witness_kernel(unsigned int major, unsigned int minor)
{
	unsigned int is_major = 0, is_minor = 0;
	struct utsname u;

	if (uname(&u) || sscanf(u.release, "%u.%u", &is_major, &is_minor) != 2)
		return false;
	return is_major > major || (is_major == major && is_minor >= minor);
}

size_t witness_children(pid_t pid, pid_t *list, size_t max)
{
	DIR *d = opendir("/proc");
	struct dirent *e;
	size_t nr = 0;

	while (d && (e = readdir(d)) && nr < max) {
		pid_t child = atoi(e->d_name);

		if (child > 0 && witness_status(child, "PPid", 10) == (unsigned long long)pid)
			list[nr++] = child;
	}
	if (d)
		closedir(d);
	return nr;
}
