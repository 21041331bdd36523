// SPDX-License-Identifier: GPL-2.0
#include <abi/kernel_functions.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "capture/kernel.h"
#include "capture/targets.h"
#include "capture/type_index.h"

#define NAME_SIZE	128	/* as the kernel's symbols have it, KSYM_NAME_LEN, before 6.1 */

static const char *const functions[] = FUNC_NAMES;

#define NR_FUNCTIONS	(sizeof(functions) / sizeof(functions[0]))

#define NOTRACE_SRCU	"class_srcu_fast_notrace_t"

/* What else capture/ asks for that no program names. Each that is missing here takes a pass of its own. */
static const char *const others[] = { NOTRACE_SRCU, "io_uring_op", "io_seg_index", "bpf_map_memory" };

#define NR_OTHERS	(sizeof(others) / sizeof(others[0]))

struct kind {
	const char *section;
	const char *handler;	/* libbpf's pattern for it */
	enum bpf_prog_type type; /* until it is prepared */
	enum bpf_attach_type attach; /* of what hangs at a function by its number; 0 = it does not */
	const char *prefix;	/* of the type, before what the section names; NULL = it names none */
};

enum { ITER, FENTRY, FEXIT, RAW_TP, KPROBE, KRETPROBE, TP };

static const struct kind kinds[] = {
	[ITER] = { "iter/", "iter+", BPF_PROG_TYPE_RAW_TRACEPOINT, BPF_TRACE_ITER, "bpf_iter_" },
	[FENTRY] = { "fentry/", "fentry+", BPF_PROG_TYPE_RAW_TRACEPOINT, BPF_TRACE_FENTRY, "" },
	[FEXIT] = { "fexit/", "fexit+", BPF_PROG_TYPE_RAW_TRACEPOINT, BPF_TRACE_FEXIT, "" },
	[RAW_TP] = { "raw_tp/", "raw_tp+", BPF_PROG_TYPE_RAW_TRACEPOINT, 0, "btf_trace_" },
	/* their functions' prototypes are looked up */
	[KPROBE] = { "kprobe/", "kprobe+", BPF_PROG_TYPE_KPROBE, 0, "" },
	[KRETPROBE] = { "kretprobe/", "kretprobe+", BPF_PROG_TYPE_KPROBE, 0, "" },
	[TP] = { "tp/", "tp+", BPF_PROG_TYPE_TRACEPOINT, 0, NULL },
};

#define NR_KINDS	(sizeof(kinds) / sizeof(kinds[0]))

static bool target_of(char *name, const char *prefix, const struct kind *k, const char *section)
{
	size_t len = strlen(k->section);

	return prefix && !strncmp(section, k->section, len) &&
	       snprintf(name, NAME_SIZE, "%s%s", prefix, section + len) < NAME_SIZE;
}

/*
 * Puts the numbers of the kernel's functions in where they are called. One that this kernel has not
 * is in no path that the verifier goes.
 */
static int number_calls(struct bpf_program *prog)
{
	size_t nr = bpf_program__insn_cnt(prog);
	struct bpf_insn *insns = must_alloc(nr, sizeof(*insns));
	bool any = false;
	int err;

	memcpy(insns, bpf_program__insns(prog), nr * sizeof(*insns));
	for (size_t i = 0; i < nr; i++) {
		__u32 which = (__u32)insns[i].imm - FUNC_FIRST, id;

		if (insns[i].code != (BPF_JMP | BPF_CALL) || insns[i].src_reg || which >= NR_FUNCTIONS)
			continue;
		id = kern_type(functions[which], BTF_KIND_FUNC);
		if (!id)
			continue;
		insns[i].src_reg = BPF_PSEUDO_KFUNC_CALL;
		insns[i].imm = id;
		any = true;
	}
	err = any ? bpf_program__set_insns(prog, insns, nr) : 0;
	free(insns);
	return err;
}

/*
 * libbpf has taken what hangs at a function for a program of another type until here, or it would
 * have read the kernel's types when it began to load; from here on it is what it is.
 */
static int prepare(struct bpf_program *prog, struct bpf_prog_load_opts *opts, long cookie)
{
	const struct kind *k = &kinds[cookie];
	char name[NAME_SIZE];
	int err = number_calls(prog);

	if (err || !k->attach)
		return err;
	if (!target_of(name, k->prefix, k, bpf_program__section_name(prog)))
		return -EINVAL;
	opts->attach_btf_id = kern_type(name, BTF_KIND_FUNC);
	opts->expected_attach_type = k->attach;
	if (!opts->attach_btf_id)
		return -ESRCH;
	/* its link is made by what libbpf keeps of it, not by what it was loaded with */
	err = bpf_program__set_expected_attach_type(prog, k->attach);
	return err ? err : bpf_program__set_type(prog, BPF_PROG_TYPE_TRACING);
}

static const struct kind *kind_of(const struct bpf_program *prog)
{
	const char *section = bpf_program__section_name(prog);

	for (size_t i = 0; i < NR_KINDS; i++)
		if (!strncmp(section, kinds[i].section, strlen(kinds[i].section)))
			return &kinds[i];
	return NULL;
}

struct bpf_link *targets_attach(const struct bpf_program *prog)
{
	const struct kind *k = kind_of(prog);
	const char *target = k ? bpf_program__section_name(prog) + strlen(k->section) : NULL;

	switch (k ? k - kinds : -1) {
	case ITER:
		return bpf_program__attach_iter(prog, NULL);
	case FENTRY:
	case FEXIT:
		return bpf_program__attach_trace(prog);
	case RAW_TP:
		return bpf_program__attach_raw_tracepoint(prog, target);
	case KPROBE:
	case KRETPROBE:
		return bpf_program__attach_kprobe(prog, k == &kinds[KRETPROBE], target);
	default:
		/* by a perf event, which its owner opens */
		errno = EOPNOTSUPP;
		return NULL;
	}
}

bool targets_may_be_missed(void)
{
	/* tracepoints are guarded by it then (a46023d5616e) */
	return kern_type(NOTRACE_SRCU, BTF_KIND_TYPEDEF);
}

static __u64 missed_of(const struct bpf_program *prog)
{
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);

	return bpf_program__fd(prog) < 0 || bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &len) ?
	       0 : info.recursion_misses;
}

__u64 targets_missed_runs(const struct bpf_program *prog, const struct bpf_program *again)
{
	__u64 missed = missed_of(prog), other = again ? missed_of(again) : missed;

	/* no more than this was seen by neither */
	return missed < other ? missed : other;
}

void targets_register(void)
{
	static bool done;

	for (size_t i = 0; i < NR_KINDS && !done; i++) {
		LIBBPF_OPTS(libbpf_prog_handler_opts, opts, .cookie = i,
			    .prog_prepare_load_fn = prepare);

		libbpf_register_prog_handler(kinds[i].handler, kinds[i].type, 0, &opts);
	}
	done = true;
}

void targets_want(struct type_index *index, const struct bpf_object *obj)
{
	struct bpf_program *prog;
	char name[NAME_SIZE];

	for (size_t i = 0; i < NR_FUNCTIONS; i++)
		type_index_want(index, functions[i], strlen(functions[i]));
	for (size_t i = 0; i < NR_OTHERS; i++)
		type_index_want(index, others[i], strlen(others[i]));
	bpf_object__for_each_program(prog, obj) {
		const char *section = bpf_program__section_name(prog);

		for (size_t i = 0; i < NR_KINDS; i++)
			if (target_of(name, kinds[i].prefix, &kinds[i], section))
				type_index_want(index, name, strlen(name));
		/* prototype.c takes its arguments from there, with their names */
		if (target_of(name, "__traceiter_", &kinds[RAW_TP], section))
			type_index_want(index, name, strlen(name));
	}
}
