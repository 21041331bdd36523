// SPDX-License-Identifier: GPL-2.0
#include <abi/fact.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>
#include "base/err.h"
#include "base/privilege.h"
#include "base/system.h"
#include "capture/kernel.h"
#include "capture/kernel_types.h"
#include "capture/type_index.h"
#include "fixbuf.skel.h"

#define KERNEL_BTF "/sys/kernel/btf/vmlinux"

static int verbose;
static char libbpf_says[256];
static struct btf *types;
static struct type_index *names;	/* of .types */
static int core_fd = -1;		/* what of .types the programs need, for libbpf */

static int on_libbpf(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	va_list copy;

	/* the first warning names the cause, the next ones what follows from it */
	if (level == LIBBPF_WARN && !libbpf_says[0]) {
		va_copy(copy, ap);
		vsnprintf(libbpf_says, sizeof(libbpf_says), fmt, copy);
		va_end(copy);
		libbpf_says[strcspn(libbpf_says, "\n")] = 0;
	}
	if (verbose > 1 || (verbose && level != LIBBPF_DEBUG))
		vfprintf(stderr, fmt, ap);
	return 0;
}

const struct btf *kern_btf(void)
{
	if (!types)
		types = btf__parse(KERNEL_BTF, NULL);
	return types;
}

__u32 kern_type(const char *name, __u32 kind)
{
	__u32 id = 0;

	if (!kern_btf())
		return 0;
	if (!names)
		names = type_index_new(types);
	do {
		id = type_index_next(names, name, strlen(name), id);
	} while (id && btf_kind(btf__type_by_id(types, id)) != kind);
	return id;
}

bool kern_has_member(const char *name, const char *member)
{
	__u32 id = kern_type(name, BTF_KIND_STRUCT);
	const struct btf_type *t = id ? btf__type_by_id(types, id) : NULL;

	for (int i = 0; t && i < btf_vlen(t); i++)
		if (!strcmp(btf__name_by_offset(types, btf_members(t)[i].name_off), member))
			return true;
	return false;
}

int kern_use_types(const char *path)
{
	char why[128];

	types = btf__parse(path, NULL);
	if (types)
		return 0;
	libbpf_strerror(errno, why, sizeof(why));
	return err_set(errno, "cannot read kernel types from %s: %s; give a BTF file of the running kernel",
		       path, why);
}

/* 0, or -errno with a sentence. */
static int write_core_types(const struct btf *programs)
{
	struct btf *core;
	const void *data;
	__u32 size = 0;
	ssize_t n;

	if (!kern_btf())
		return err_set(errno, "cannot read the kernel's types from " KERNEL_BTF ": %s; give a BTF file of the running kernel with --btf",
			       strerror(errno));
	if (!names)
		names = type_index_new(types);
	core = core_types(types, names, programs);
	if (!core)
		return -1;
	data = btf__raw_data(core, &size);
	n = data ? pwrite(core_fd, data, size, 0) : -1;
	btf__free(core);
	return n == size ? 0 : err_set(ENOMEM, "no memory for the kernel's types");
}

struct fixbuf_bpf *kern_open(int verbosity)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts);
	struct fixbuf_bpf *skel;
	struct bpf_map *map;
	char path[32];

	verbose = verbosity;
	libbpf_set_print(on_libbpf);
	if (!system_capable(CAP_SYS_ADMIN) && !(system_capable(CAP_BPF) && system_capable(CAP_PERFMON))) {
		err_set(EPERM, "loading BPF programs needs CAP_BPF and CAP_PERFMON; run it as root");
		return NULL;
	}
	if (access(KERNEL_BTF, R_OK)) {
		err_set(ENOENT, "this kernel has no type information at " KERNEL_BTF ", which iterators take, whatever --btf names; mount sysfs, or boot a kernel built with CONFIG_DEBUG_INFO_BTF");
		return NULL;
	}
	core_fd = memfd_create("types", MFD_CLOEXEC);
	if (core_fd < 0) {
		err_set(errno, "no memory for the kernel's types: %s", strerror(errno));
		return NULL;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", core_fd);
	opts.btf_custom_path = path;
	skel = fixbuf_bpf__open_opts(&opts);
	if (!skel) {
		err_set(errno, "cannot open the BPF programs: %s", libbpf_says);
		return NULL;
	}
	if (write_core_types(bpf_object__btf(skel->obj))) {
		fixbuf_bpf__destroy(skel);
		return NULL;
	}
	bpf_object__for_each_map(map, skel->obj)
		if (!strchr(bpf_map__name(map), '.'))
			bpf_map__set_autocreate(map, false);
	return skel;
}

int kern_load(struct fixbuf_bpf *skel)
{
	struct rlimit limit;
	int err;

	/* before 5.11 libbpf raises RLIMIT_MEMLOCK: a program that we start must not inherit that */
	getrlimit(RLIMIT_MEMLOCK, &limit);
	libbpf_says[0] = 0;
	err = fixbuf_bpf__load(skel);
	close(core_fd);
	setrlimit(RLIMIT_MEMLOCK, &limit);
	if (!err)
		return 0;
	if (err == -EPERM && limit.rlim_cur != RLIM_INFINITY && !system_capable(CAP_SYS_RESOURCE))
		return err_set(EPERM, "the kernel refuses BPF programs to this process: before Linux 5.11 they count against RLIMIT_MEMLOCK, so raise that (ulimit -l unlimited) or grant CAP_SYS_RESOURCE; or it is a security module, lockdown or a container's seccomp profile");
	if (err == -EPERM)
		return err_set(EPERM, "the kernel refuses BPF programs to this process (a security module, lockdown or a container's seccomp profile); run it as root outside the container");
	/* libbpf looks for bpf_rdonly_cast (6.2) in the modules, and has to list them for it */
	if (strstr(libbpf_says, "failed to iterate BTF objects"))
		return err_set(EPERM, "from Linux 5.11 to 6.1 this also needs CAP_SYS_ADMIN (libbpf looks for a later kernel's function in all modules); grant it, or run it as root");
	return err_set(-err, "the kernel rejects a BPF program: %s (-vv shows why)", libbpf_says);
}
