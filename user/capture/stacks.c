// SPDX-License-Identifier: GPL-2.0
/*
 * Addresses come from the map that bpf/stack.h fills. What is the kernel's own
 * way into our program is left out, and the caller of a function without a
 * frame, which a walk by frame pointers misses, is put in.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/pid.h"
#include "capture/stacks.h"
#include "capture/symbols_kernel.h"
#include "capture/symbols_user.h"
#include "fixbuf.skel.h"
#include "model/fact.h"

#define MAX_OWN_FRAMES	12	/* in which the way into our program is looked for */
#define LIMIT_FILE	"/proc/sys/kernel/perf_event_max_stack"
#define RENEW_NS	1000000000ULL	/* the map is emptied at most that often */
#define RENEW_SHARES_NS	(5 * RENEW_NS)	/* for a user who had more than its share */
#define LATE_NS		1000000ULL	/* facts of several cpus arrive out of order */
#define NO_PLACE	"not kept: the stack map had no more room"
#define NO_SHARE	"not kept: its user had its share of the stack map"
/* kernels that preempt themselves, 7.x: one is taken at a time on a CPU */
#define NO_TURN	"not taken: another task on this CPU was preempted while its stack was taken"
/* then what is taken for one belongs to an outer function, or to none */
#define NO_FRAME_POINTER "callers are missing: some functions were built without a frame pointer"

struct stacks {
	struct fixbuf_bpf *skel;
	struct symbols_kernel *kernel;	/* read on first use */
	bool kernel_tried;
	struct symbols_user *user;
	__u64 lost;
	bool crowded, shared;		/* a stack found its place taken; a user had its share */
	__u32 emptied;			/* times that the map was */
	__u64 newest_ns;		/* of the facts that were read */
	__u64 unsure_from_ns, unsure_to_ns; /* when ids may be of the map before it was emptied */
	struct stack_frame kernel_frames[STACK_FRAMES], user_frames[STACK_FRAMES + 1];
	struct stack stack;		/* the last that was asked for; its names are owned */
};

/* The kernel refuses a map of deeper stacks than it is set to take. */
static unsigned int most_frames(void)
{
	unsigned int n = STACK_FRAMES;
	FILE *f = fopen(LIMIT_FILE, "re");

	if (f && fscanf(f, "%u", &n) != 1)
		n = STACK_FRAMES;
	if (f)
		fclose(f);
	return n && n < STACK_FRAMES ? n : STACK_FRAMES;
}

struct stacks *stacks_new(void)
{
	struct stacks *s = must_alloc(1, sizeof(*s));

	s->user = symbols_user_new();
	return s;
}

void stacks_prepare(struct stacks *s, struct fixbuf_bpf *skel)
{
	s->skel = skel;
	skel->rodata->want_stacks = true;
	bpf_map__set_autocreate(skel->maps.stacks, true);
	bpf_map__set_autocreate(skel->maps.stack_users, true);
	bpf_map__set_autocreate(skel->maps.stack_counted, true);
	bpf_map__set_value_size(skel->maps.stacks, most_frames() * sizeof(__u64));
}

static const struct stack_ids *ids_of(const struct fact *f)
{
	switch (f->kind) {
	case FACT_CALL:
		return &((const struct fact_call *)f)->stacks;
	case FACT_SETUP:
		return &((const struct fact_setup *)f)->stacks;
	case FACT_PIN:
	case FACT_UNPIN:
		return &((const struct fact_pin *)f)->stacks;
	case FACT_CHARGE:
	case FACT_UNCHARGE:
		return &((const struct fact_charge *)f)->stacks;
	default:
		return NULL;
	}
}

/* Notes when the fact was; its ids are void when the map was being emptied then. */
static const struct stack_ids *look_at(struct stacks *s, const struct fact *f)
{
	static const struct stack_ids none = { -EEXIST, -EEXIST, 0 };
	const struct stack_ids *ids = f->flags & FACT_F_DERIVED ? NULL : ids_of(f);

	if (!ids)
		return NULL;
	if (f->t_ns > s->newest_ns)
		s->newest_ns = f->t_ns;
	return f->t_ns > s->unsure_from_ns && f->t_ns <= s->unsure_to_ns ? &none : ids;
}

/* The addresses, innermost first; 0 with a reason when there are none. */
static size_t read_stack(struct stacks *s, __s32 id, __u64 ips[STACK_FRAMES],
			 struct untrusted *why)
{
	__u32 key = id;
	size_t n = 0;

	*why = untrusted(NULL);
	if (id == -EFAULT) {
		*why = untrusted(NO_TURN);
		return 0;
	}
	if (id == -STACK_SHARED) {
		s->lost++;
		s->shared = true;
		*why = untrusted(NO_SHARE);
		return 0;
	}
	memset(ips, 0, STACK_FRAMES * sizeof(*ips));
	if (id < 0 || bpf_map_lookup_elem(bpf_map__fd(s->skel->maps.stacks), &key, ips)) {
		s->lost++;
		s->crowded = true;
		*why = untrusted(NO_PLACE);
		return 0;
	}
	while (n < STACK_FRAMES && ips[n])
		n++;
	return n;
}

/* ---- the kernel's --------------------------------------------------------------- */

static const struct symbols_kernel *kernel_symbols(struct stacks *s)
{
	if (!s->kernel_tried) {
		s->kernel_tried = true;
		s->kernel = symbols_kernel_read();
		if (!s->kernel)
			fprintf(stderr, PROGRAM_NAME ": %s\n", err_text());
	}
	return s->kernel;
}

static struct stack_frame kernel_frame(const struct symbols_kernel *symbols, __u64 ip)
{
	struct stack_frame f = { .ip = ip };
	struct kernel_symbol k;

	if (symbols && symbols_kernel_find(symbols, ip, &k)) {
		f.symbol = untrusted(k.name);
		f.offset = k.offset;
		f.module = untrusted(k.module);
	}
	return f;
}

#define TRAMPOLINE "bpf_trampoline_"

/* Functions between what is traced and our program. */
static bool is_way_in(const char *name)
{
	static const char *const begins[] = {
		"bpf_get_stackid", "bpf_prog_", "bpf_trace_run", "__bpf_trace_", "__traceiter_",
		TRAMPOLINE, "trace_call_bpf", "perf_call_bpf", "perf_syscall_",
		"perf_trace_",
	};

	for (size_t i = 0; name && i < sizeof(begins) / sizeof(begins[0]); i++)
		if (!strncmp(name, begins[i], strlen(begins[i])))
			return true;
	return false;
}

static void add_frame(struct frames *to, const struct stack_frame *f)
{
	struct stack_frame *frame = &to->list[to->nr++];

	*frame = *f;
	frame->symbol = untrusted_copy(f->symbol);
	frame->module = untrusted_copy(f->module);
	frame->file = untrusted_copy(f->file);
}

static void name_kernel(struct stacks *s, __s32 id, struct frames *to)
{
	const struct symbols_kernel *symbols;
	__u64 ips[STACK_FRAMES];
	size_t nr = read_stack(s, id, ips, &to->note), first = 0;

	symbols = nr ? kernel_symbols(s) : NULL;
	for (size_t i = 0; i < nr && i < MAX_OWN_FRAMES; i++) {
		const char *name = kernel_frame(symbols, ips[i]).symbol.bytes;

		if (is_way_in(name))
			first = i + 1;
		else if (name && first)
			break;
	}
	for (size_t i = first; i < nr; i++) {
		struct stack_frame f = kernel_frame(symbols, ips[i]);

		/* who calls a function whose end is probed goes through one */
		if (!f.symbol.bytes || strncmp(f.symbol.bytes, TRAMPOLINE, strlen(TRAMPOLINE)))
			add_frame(to, &f);
	}
}

/* ---- the user's ----------------------------------------------------------------- */

static struct stack_frame user_frame(__u64 ip, const struct user_symbol *u)
{
	return (struct stack_frame){
		.ip = ip, .symbol = untrusted(u->name), .offset = u->offset,
		.module = untrusted(u->module), .file = untrusted(u->file), .line = u->line,
	};
}

/* Where threads begin; stripped C libraries have no name for it. */
static bool is_outermost(const struct stack_frame *f)
{
	static const char *const begins[] = { "_start", "__libc_start", "start_thread", "clone" };

	for (size_t i = 0; f->symbol.bytes && i < sizeof(begins) / sizeof(begins[0]); i++)
		if (!strncmp(f->symbol.bytes, begins[i], strlen(begins[i])))
			return true;
	return !f->symbol.bytes && f->module.bytes && strstr(f->module.bytes, "/libc");
}

/* Puts in who called a function that has no frame; returns the number of addresses. */
static size_t put_caller(__u64 ips[STACK_FRAMES + 1], size_t nr, __u64 caller)
{
	memmove(ips + 2, ips + 1, (nr - 1) * sizeof(*ips));
	ips[1] = caller;
	return nr + 1;
}

/* Learns the process while it is there; NULL when it cannot be known, or has no stack. */
static struct process *process_of(struct stacks *s, const struct fact *f,
				  const struct stack_ids *ids)
{
	if (ids->user < 0)
		return NULL;
	return symbols_user_process(s->user, pid_in_proc(f->pid, fact_ns_pid(f)), f->t_ns);
}

static void name_user(struct stacks *s, struct process *p, const struct fact *f,
		      const struct stack_ids *ids, struct frames *to)
{
	__u64 ips[STACK_FRAMES + 1];
	size_t nr = read_stack(s, ids->user, ips, &to->note);

	/* a thread of the kernel has no user's stack */
	if (f->flags & FACT_F_WORKER)
		to->note = untrusted(NULL);
	else if (nr && !p)
		to->note = untrusted("the process has ended, or has too many mappings: no names");
	if (p)
		symbols_user_prepare(p, ips, nr);
	for (size_t i = 0; i < nr; i++) {
		struct user_symbol u = { .mapped = true };
		struct stack_frame frame;

		if (p)
			symbols_user_find(s->user, p, ips[i], i, &u);
		/* a walk by frame pointers takes for a caller what it finds there */
		if (!u.mapped && i) {
			to->note = untrusted(NO_FRAME_POINTER);
			continue;
		}
		frame = user_frame(ips[i], &u);
		add_frame(to, &frame);
		if (u.why)
			to->note = untrusted(u.why);
		if (!i && u.frame == FRAME_NONE && ids->caller)
			nr = put_caller(ips, nr, ids->caller);
		else if ((u.frame == FRAME_NONE || u.frame == FRAME_STACK_POINTER) &&
			 !is_outermost(&frame) && !to->note.bytes)
			to->note = untrusted(NO_FRAME_POINTER);
	}
}

/* ---- both ----------------------------------------------------------------------- */

static void forget_names(struct frames *f)
{
	for (size_t i = 0; i < f->nr; i++) {
		free((void *)f->list[i].symbol.bytes);
		free((void *)f->list[i].module.bytes);
		free((void *)f->list[i].file.bytes);
	}
}

const struct stack *stacks_of(struct stacks *s, const struct fact *f)
{
	const struct stack_ids *ids = look_at(s, f);
	struct process *p;

	forget_names(&s->stack.kernel);
	forget_names(&s->stack.user);
	s->stack = (struct stack){ .kernel.list = s->kernel_frames, .user.list = s->user_frames };
	if (!ids)
		return NULL;
	p = process_of(s, f, ids);
	name_kernel(s, ids->kernel, &s->stack.kernel);
	name_user(s, p, f, ids, &s->stack.user);
	return &s->stack;
}

bool stacks_key(struct stacks *s, const struct fact *f, struct stack_key *key)
{
	const struct stack_ids *ids = look_at(s, f);

	if (!ids || ids->kernel < 0 || (ids->user < 0 && ids->user != -EFAULT))
		return false;
	memset(key, 0, sizeof(*key));
	key->caller = ids->caller;
	key->pid = f->pid;
	key->user = ids->user;
	key->kernel = ids->kernel;
	key->emptied = s->emptied;
	return true;
}

/*
 * A stack's place is given by its hash, and nothing but this frees it. Until
 * the map is empty, ids of facts that wait may be those of either time.
 */
void stacks_drained(struct stacks *s)
{
	int map = bpf_map__fd(s->skel->maps.stacks);
	__u32 key, next;
	int end;

	if (!(s->crowded && s->newest_ns >= s->unsure_to_ns + RENEW_NS) &&
	    !(s->shared && s->newest_ns >= s->unsure_to_ns + RENEW_SHARES_NS))
		return;
	for (end = bpf_map_get_next_key(map, NULL, &key); !end; key = next) {
		end = bpf_map_get_next_key(map, &key, &next);
		bpf_map_delete_elem(map, &key);
	}
	s->crowded = s->shared = false;
	s->emptied++;
	__atomic_store_n(&s->skel->bss->stacks_emptied, s->emptied, __ATOMIC_RELAXED);
	s->unsure_from_ns = s->newest_ns - LATE_NS;
	s->unsure_to_ns = clock_now_ns();
}

__u64 stacks_lost(const struct stacks *s)
{
	return s->lost;
}

void stacks_free(struct stacks *s)
{
	if (!s)
		return;
	forget_names(&s->stack.kernel);
	forget_names(&s->stack.user);
	symbols_kernel_free(s->kernel);
	symbols_user_free(s->user);
	free(s);
}
