// SPDX-License-Identifier: GPL-2.0
/*
 * Addresses come from the map that bpf/stack.h fills. What is the kernel's own
 * way into our program is left out, and the caller of a function without a
 * frame, which a walk by frame pointers misses, is put in.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "alloc.h"
#include "err.h"
#include "json_util.h"
#include "stacks.h"
#include "symbols_kernel.h"
#include "symbols_user.h"
#include "fixbuf.skel.h"

#define INDENT		12
#define MAX_OWN_FRAMES	12	/* in which the way into our program is looked for */
#define LIMIT_FILE	"/proc/sys/kernel/perf_event_max_stack"
#define RENEW_NS	1000000000ULL	/* the map is emptied at most that often */
#define LATE_NS		1000000ULL	/* facts of several cpus arrive out of order */
#define NO_PLACE	"not kept: the map of stacks had no place for it"
/* then what is taken for one belongs to an outer function, or to none */
#define NO_FRAME_POINTER "callers are missing: some functions were built without a frame pointer"

struct stacks {
	struct fixbuf_bpf *skel;
	struct symbols_kernel *kernel;	/* read on first use */
	bool kernel_tried;
	struct symbols_user *user;
	__u64 lost;
	bool crowded;			/* a stack found its place taken */
	__u64 newest_ns;		/* of the facts that were read */
	__u64 unsure_from_ns, unsure_to_ns; /* when ids may be of the map before it was emptied */
};

struct frame {
	__u64 ip;
	const char *symbol;	/* NULL = not known */
	__u64 offset;
	const char *module, *file;
	int line;
};

/* Told one by one: names are good until the next. */
typedef void (*on_frame)(const struct frame *f, void *arg);

static __u64 now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

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

struct stacks *stacks_prepare(struct fixbuf_bpf *skel)
{
	struct stacks *s = must_alloc(1, sizeof(*s));

	s->skel = skel;
	skel->rodata->want_stacks = true;
	bpf_map__set_autocreate(skel->maps.stacks, true);
	bpf_map__set_value_size(skel->maps.stacks, most_frames() * sizeof(__u64));
	return s;
}

static const struct stack_ids *ids_of(const struct fact *f)
{
	switch (f->kind) {
	case FACT_CALL:
		return &((const struct fact_call *)f)->stacks;
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
static size_t read_stack(struct stacks *s, __s32 id, __u64 ips[STACK_FRAMES], const char **why)
{
	__u32 key = id;
	size_t n = 0;

	*why = NULL;
	if (id == -EFAULT)	/* a thread of the kernel has no user's stack */
		return 0;
	memset(ips, 0, STACK_FRAMES * sizeof(*ips));
	if (id < 0 || bpf_map_lookup_elem(bpf_map__fd(s->skel->maps.stacks), &key, ips)) {
		s->lost++;
		s->crowded = true;
		*why = NO_PLACE;
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

static struct frame kernel_frame(const struct symbols_kernel *symbols, __u64 ip)
{
	struct frame f = { .ip = ip };
	struct kernel_symbol k;

	if (symbols && symbols_kernel_find(symbols, ip, &k)) {
		f.symbol = k.name;
		f.offset = k.offset;
		f.module = k.module;
	}
	return f;
}

/* Functions between what is traced and our program. */
static bool is_way_in(const char *name)
{
	static const char *const begins[] = {
		"bpf_get_stackid", "bpf_prog_", "bpf_trace_run", "__bpf_trace_", "__traceiter_",
		"bpf_trampoline_", "trace_call_bpf", "perf_call_bpf", "perf_syscall_",
		"perf_trace_",
	};

	for (size_t i = 0; name && i < sizeof(begins) / sizeof(begins[0]); i++)
		if (!strncmp(name, begins[i], strlen(begins[i])))
			return true;
	return false;
}

static const char *each_kernel_frame(struct stacks *s, __s32 id, on_frame on, void *arg)
{
	const struct symbols_kernel *symbols;
	__u64 ips[STACK_FRAMES];
	const char *why;
	size_t nr = read_stack(s, id, ips, &why), first = 0;

	symbols = nr ? kernel_symbols(s) : NULL;
	for (size_t i = 0; i < nr && i < MAX_OWN_FRAMES; i++)
		if (is_way_in(kernel_frame(symbols, ips[i]).symbol))
			first = i + 1;
	for (size_t i = first; i < nr; i++) {
		struct frame f = kernel_frame(symbols, ips[i]);

		on(&f, arg);
	}
	return why;
}

/* ---- the user's ----------------------------------------------------------------- */

static struct frame user_frame(struct process *p, __u64 ip, bool returns, enum frame_kind *kind)
{
	struct frame f = { .ip = ip };
	struct user_symbol u;

	*kind = FRAME_UNKNOWN;
	if (!p)
		return f;
	*kind = symbols_user_find(p, ip, returns, &u);
	f.symbol = u.name;
	f.offset = u.offset;
	f.module = u.module;
	f.file = u.file;
	f.line = u.line;
	return f;
}

/* Where threads begin; stripped C libraries have no name for it. */
static bool is_outermost(const struct frame *f)
{
	static const char *const begins[] = { "_start", "__libc_start", "start_thread", "clone" };

	for (size_t i = 0; f->symbol && i < sizeof(begins) / sizeof(begins[0]); i++)
		if (!strncmp(f->symbol, begins[i], strlen(begins[i])))
			return true;
	return !f->symbol && f->module && strstr(f->module, "/libc");
}

/* Puts in who called a function that has no frame; returns the number of addresses. */
static size_t put_caller(__u64 ips[STACK_FRAMES + 1], size_t nr, __u64 caller)
{
	memmove(ips + 2, ips + 1, (nr - 1) * sizeof(*ips));
	ips[1] = caller;
	return nr + 1;
}

/* Learns the process while it is there; NULL when it has ended, or has no stack. */
static struct process *process_of(struct stacks *s, const struct fact *f,
				  const struct stack_ids *ids)
{
	if (ids->user < 0)
		return NULL;
	if (!s->user)
		s->user = symbols_user_new();
	return symbols_user_process(s->user, f->pid, f->t_ns);
}

static const char *each_user_frame(struct stacks *s, struct process *p,
				   const struct stack_ids *ids, on_frame on, void *arg)
{
	__u64 ips[STACK_FRAMES + 1];
	const char *why;
	size_t nr = read_stack(s, ids->user, ips, &why);

	if (!nr)
		return why;
	if (!p)
		why = "the process has ended: no names";
	for (size_t i = 0; i < nr; i++) {
		enum frame_kind kind;
		struct frame f = user_frame(p, ips[i], i, &kind);

		on(&f, arg);
		if (!i && kind == FRAME_NONE && ids->caller)
			nr = put_caller(ips, nr, ids->caller);
		else if ((kind == FRAME_NONE || kind == FRAME_STACK_POINTER) && !is_outermost(&f))
			why = NO_FRAME_POINTER;
	}
	return why;
}

/* ---- views ---------------------------------------------------------------------- */

struct lines {
	FILE *out;
	const char *whose;
};

static void print_frame(const struct frame *f, void *arg)
{
	const struct lines *l = arg;

	fprintf(l->out, "%*s%-7s", INDENT, "", l->whose);
	if (f->symbol)
		fprintf(l->out, "%s+0x%llx", f->symbol, f->offset);
	else
		fprintf(l->out, "0x%llx", f->ip);
	if (f->file)
		fprintf(l->out, "  %s:%d", f->file, f->line);
	if (f->module)
		fprintf(l->out, "  (%s)", f->module);
	fputc('\n', l->out);
}

static void print_why(const struct lines *l, const char *why)
{
	if (why)
		fprintf(l->out, "%*s%-7s[%s]\n", INDENT, "", l->whose, why);
}

void stacks_print(struct stacks *s, const struct fact *f, FILE *out)
{
	const struct stack_ids *ids = look_at(s, f);
	struct lines kernel = { out, "kernel" }, user = { out, "user" };
	struct process *p;

	if (!ids)
		return;
	p = process_of(s, f, ids);
	print_why(&kernel, each_kernel_frame(s, ids->kernel, print_frame, &kernel));
	print_why(&user, each_user_frame(s, p, ids, print_frame, &user));
}

static void add_frame(const struct frame *f, void *arg)
{
	json_object *o = json_object_new_object();

	json_addr(o, "ip", f->ip);
	if (f->symbol) {
		json_str(o, "symbol", f->symbol);
		json_uint(o, "offset", f->offset);
	} else {
		json_null(o, "symbol");
		json_null(o, "offset");
	}
	if (f->module)
		json_str(o, "module", f->module);
	else
		json_null(o, "module");
	if (f->file) {
		json_str(o, "file", f->file);
		json_int(o, "line", f->line);
	}
	json_object_array_add(arg, o);
}

void stacks_json(struct stacks *s, const struct fact *f, json_object *o)
{
	json_object *kernel, *user;
	const struct stack_ids *ids = look_at(s, f);
	struct process *p;
	const char *why;

	if (!ids)
		return;
	p = process_of(s, f, ids);
	kernel = json_object_new_array();
	user = json_object_new_array();
	json_object_object_add(o, "kstack", kernel);
	json_object_object_add(o, "ustack", user);
	why = each_kernel_frame(s, ids->kernel, add_frame, kernel);
	if (why)
		json_str(o, "kstack_note", why);
	why = each_user_frame(s, p, ids, add_frame, user);
	if (why)
		json_str(o, "ustack_note", why);
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

	if (!s->crowded || s->newest_ns < s->unsure_to_ns + RENEW_NS)
		return;
	for (end = bpf_map_get_next_key(map, NULL, &key); !end; key = next) {
		end = bpf_map_get_next_key(map, &key, &next);
		bpf_map_delete_elem(map, &key);
	}
	s->crowded = false;
	s->unsure_from_ns = s->newest_ns - LATE_NS;
	s->unsure_to_ns = now_ns();
}

__u64 stacks_lost(const struct stacks *s)
{
	return s->lost;
}

void stacks_free(struct stacks *s)
{
	if (!s)
		return;
	symbols_kernel_free(s->kernel);
	symbols_user_free(s->user);
	free(s);
}
