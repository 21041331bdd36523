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
#include "base/open_safely.h"
#include "base/privilege.h"
#include "base/system.h"
#include "capture/kernel.h"
#include "capture/kernel_btf.h"
#include "capture/kernel_types.h"
#include "capture/targets.h"
#include "capture/type_index.h"

#define KERNEL_BTF "/sys/kernel/btf/vmlinux"
#define OPEN_FILES 256U

static int verbose;
static char libbpf_says[256];
static struct kernel_btf *kernel;	/* the running kernel's types, opened when first asked for */
static struct type_index *names;	/* of .kernel */
static struct kernel_btf *given;	/* the layouts that programs are to take instead, NULL = none */
static int core_fd = -1;		/* what of either the programs need, for libbpf */

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

const struct kernel_btf *kern_btf(void)
{
	if (!kernel)
		kernel = kernel_btf_open(KERNEL_BTF);
	if (kernel && !names)
		names = type_index_new(kernel);
	return kernel;
}

__u32 kern_type(const char *name, __u32 kind)
{
	unsigned int passes;
	__u32 id = 0;

	if (!kern_btf())
		return 0;
	passes = type_index_passes(names);
	do {
		id = type_index_next(names, name, strlen(name), id);
	} while (id && btf_kind(kernel_btf_type(kernel, id)) != kind);
	if (verbose > 1 && type_index_passes(names) > passes)
		fprintf(stderr, "the kernel's types: gone through for %s\n", name);
	return id;
}

static const char *enumerator_name(const struct btf_type *t, int i)
{
	return kernel_btf_name(kernel, btf_enum(t)[i].name_off);
}

static const struct btf_type *enum_beginning(const char *first)
{
	__u32 nr = kern_btf() ? kernel_btf_nr(kernel) : 0;
	const struct btf_type *t = NULL;

	for (__u32 id = 1; id < nr; id++) {
		t = t ? kernel_btf_after(t) : kernel_btf_type(kernel, id);
		if (btf_is_enum(t) && !t->name_off && btf_vlen(t) && !strcmp(enumerator_name(t, 0), first))
			return t;
	}
	return NULL;
}

static __s64 value_in(const struct btf_type *t, const char *name)
{
	for (int i = 0; t && i < btf_vlen(t); i++)
		if (!strcmp(enumerator_name(t, i), name))
			return btf_enum(t)[i].val;
	return -1;
}

__s64 kern_enumerator(const char *type, const char *name)
{
	__u32 id = kern_type(type, BTF_KIND_ENUM);

	return id ? value_in(kernel_btf_type(kernel, id), name) : -1;
}

void kern_enumerators(const char *first, const char *const names[], __s64 values[], size_t nr)
{
	const struct btf_type *t = enum_beginning(first);

	for (size_t k = 0; k < nr; k++)
		values[k] = value_in(t, names[k]);
}

bool kern_has_member(const char *name, const char *member)
{
	__u32 id = kern_type(name, BTF_KIND_STRUCT);
	const struct btf_type *t = id ? kernel_btf_type(kernel, id) : NULL;

	for (int i = 0; t && i < btf_vlen(t); i++)
		if (!strcmp(kernel_btf_name(kernel, btf_members(t)[i].name_off), member))
			return true;
	return false;
}

int kern_use_types(const char *path)
{
	char why[128];

	given = kernel_btf_open(path);
	if (given)
		return 0;
	libbpf_strerror(errno, why, sizeof(why));
	return err_set(errno, "cannot read kernel types from %s: %s; give a BTF file of the running kernel",
		       path, errno == ESPIPE ? input_error(errno) : why);
}

/* What the programs name of the kernel's types, or of those that were given. NULL with a sentence. */
static struct btf *core_of(const struct btf *programs)
{
	struct type_index *index;
	struct btf *core;

	if (!given)
		return core_types(kernel, names, programs);
	index = type_index_new(given);
	core_types_want(index, programs);
	core = core_types(given, index, programs);
	type_index_free(index);
	return core;
}

/* 0, or -errno with a sentence. */
static int write_core_types(const struct btf *programs)
{
	struct btf *core = core_of(programs);
	const void *data;
	__u32 size = 0;
	ssize_t n;

	if (!core)
		return -1;
	data = btf__raw_data(core, &size);
	/* of the object that was loaded before there may have been more */
	n = data && !ftruncate(core_fd, 0) ? pwrite(core_fd, data, size, 0) : -1;
	btf__free(core);
	if (n == size)
		return 0;
	/* a limit lets part of it through */
	if (n >= 0 || errno == EFBIG)
		return err_set(EFBIG, "the kernel's types take a file in memory of %u bytes, which is larger than files may be here (RLIMIT_FSIZE); run it under ulimit -f unlimited",
			       size);
	return err_set(errno, "no memory for the kernel's types: %s", strerror(errno));
}

bool kern_is_allowed(void)
{
	return system_capable(CAP_SYS_ADMIN) || (system_capable(CAP_BPF) && system_capable(CAP_PERFMON));
}

/*
 * Of each program and map that is loaded a descriptor is open, and of each hook two. What a limit cuts
 * off midway is taken for a kernel that lacks something. A program that we run was forked before.
 */
static int open_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= OPEN_FILES)
		return 0;
	limit.rlim_cur = limit.rlim_max < OPEN_FILES ? limit.rlim_max : OPEN_FILES;
	if (limit.rlim_cur == OPEN_FILES && !setrlimit(RLIMIT_NOFILE, &limit))
		return 0;
	return err_set(EMFILE, "no more than %llu files may be open here (RLIMIT_NOFILE), and loading the programs may take %u; run it under ulimit -n 1024",
		       (unsigned long long)limit.rlim_max, OPEN_FILES);
}

int kern_may_begin(void)
{
	if (!system_has_proc())
		return err_set(ENOENT, NO_PROC);
	if (!kern_is_allowed())
		return err_set(EPERM, "loading BPF programs needs CAP_BPF and CAP_PERFMON; run it as root");
	if (access(KERNEL_BTF, R_OK))
		return err_set(ENOENT, "this kernel has no type information at " KERNEL_BTF ", which iterators take, whatever --btf names; mount sysfs, or boot a kernel built with CONFIG_DEBUG_INFO_BTF");
	return open_files();
}

int kern_begin(int verbosity)
{
	int err = kern_may_begin();

	verbose = verbosity;
	libbpf_set_print(on_libbpf);
	if (err)
		return err;
	if (!kern_btf())
		return err_set(errno, "cannot read the kernel's types from " KERNEL_BTF ": %s",
			       strerror(errno));
	core_fd = memfd_create("types", MFD_CLOEXEC);
	if (core_fd < 0)
		return err_set(errno, "no memory for the kernel's types: %s", strerror(errno));
	targets_register();
	return 0;
}

const struct bpf_object_open_opts *kern_opts(void)
{
	static char path[32];
	static const struct bpf_object_open_opts opts = {
		.sz = sizeof(opts), .btf_custom_path = path,
	};

	snprintf(path, sizeof(path), "/proc/self/fd/%d", core_fd);
	return &opts;
}

int kern_opened(struct bpf_object *obj)
{
	struct bpf_map *map;

	if (!obj)
		return err_set(errno, "cannot open the BPF programs: %s", libbpf_says);
	/* one pass through the kernel's types finds all that is asked for */
	if (!given)
		core_types_want(names, bpf_object__btf(obj));
	targets_want(names, obj);
	bpf_object__for_each_map(map, obj)
		if (!strchr(bpf_map__name(map), '.'))
			bpf_map__set_autocreate(map, false);
	return 0;
}

int kern_load(struct bpf_object_skeleton *s)
{
	static struct rlimit raised;
	static bool again;
	struct rlimit limit;
	int err;

	libbpf_says[0] = 0;
	if (write_core_types(bpf_object__btf(*s->obj)))
		return -1;
	/*
	 * Before 5.11 libbpf raises RLIMIT_MEMLOCK, at the first load alone. A program that we start
	 * must not inherit that, and the next load needs it.
	 */
	getrlimit(RLIMIT_MEMLOCK, &limit);
	if (again)
		setrlimit(RLIMIT_MEMLOCK, &raised);
	err = bpf_object__load_skeleton(s);
	getrlimit(RLIMIT_MEMLOCK, &raised);
	again = true;
	setrlimit(RLIMIT_MEMLOCK, &limit);
	if (!err)
		return 0;
	if (err == -EPERM && limit.rlim_cur != RLIM_INFINITY && !system_capable(CAP_SYS_RESOURCE))
		return err_set(EPERM, "the kernel refuses BPF programs to this process: before Linux 5.11 they count against RLIMIT_MEMLOCK, so raise that (ulimit -l unlimited) or grant CAP_SYS_RESOURCE; or it is a security module, lockdown or a container's seccomp profile");
	if (err == -EPERM)
		return err_set(EPERM, "the kernel refuses BPF programs to this process (a security module, lockdown or a container's seccomp profile); run it as root outside the container");
	return err_set(-err, "the kernel rejects a BPF program: %s (-vv shows why)", libbpf_says);
}

void kern_end(void)
{
	close(core_fd);
	core_fd = -1;
}

const char *kern_library(void)
{
	return libbpf_version_string();
}
