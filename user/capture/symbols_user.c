// SPDX-License-Identifier: GPL-2.0
/*
 * libdwfl knows a process by its mappings at one moment. They are looked at
 * again before each stack, and what it knew is dropped when they have changed.
 */
#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uthash.h>
#include "base/alloc.h"
#include "base/clock.h"
#include "capture/symbols_user.h"

#define MAX_PROCESSES	16
#define MAX_PLACES	4096		/* of a process that are kept */
#define STALE_NS	1000000000ULL	/* what was so is taken to be so that long */

#define X86_RBP		6		/* DWARF's numbers of the registers */
#define X86_RSP		7

struct key {
	__u64 ip;
	__u64 returns;			/* as wide as .ip: no padding in a key */
};

/* The tables of symbols, lines and frames are slow to search. */
struct place {
	struct key key;
	struct user_symbol symbol;	/* its texts are .dwfl's */
	enum frame_kind frame;
	UT_hash_handle hh;
};

struct process {
	__u32 pid;
	Dwfl *dwfl;			/* NULL = free */
	char *maps;			/* owned; the mappings that .dwfl knows */
	__u64 seen_ns;			/* when they were read last */
	struct place *places;
};

struct symbols_user {
	struct process processes[MAX_PROCESSES];
};

/* The file as the process sees it: it may live in another mount namespace. */
static int find_elf(Dwfl_Module *mod, void **userdata, const char *name, Dwarf_Addr base,
		    char **file_name, Elf **elf)
{
	const struct process *p = *userdata;
	char path[4096 + 32];
	struct stat st;
	int fd;

	if (p && name[0] == '/') {
		snprintf(path, sizeof(path), "/proc/%u/root%s", p->pid, name);
		/* opening a device would do something */
		if (!stat(path, &st)) {
			fd = S_ISREG(st.st_mode) ? open(path, O_RDONLY | O_CLOEXEC) : -1;
			if (fd >= 0)
				*file_name = strdup(path);
			return fd;
		}
	}
	return dwfl_linux_proc_find_elf(mod, userdata, name, base, file_name, elf);
}

static const Dwfl_Callbacks callbacks = {
	.find_elf = find_elf,
	.find_debuginfo = dwfl_standard_find_debuginfo,
};

static int tell_process(Dwfl_Module *mod, void **userdata, const char *name, Dwarf_Addr base,
			void *process)
{
	(void)mod;
	(void)name;
	(void)base;
	*userdata = process;
	return DWARF_CB_OK;
}

/* NULL when the process has ended: a zombie has no mappings. */
static char *read_maps(__u32 pid)
{
	char path[64], *text = NULL;
	size_t room = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%u/maps", pid);
	f = fopen(path, "re");
	if (!f)
		return NULL;
	if (getdelim(&text, &room, '\0', f) <= 0) {
		free(text);
		text = NULL;
	}
	fclose(f);
	return text;
}

static void forget_places(struct process *p)
{
	struct place *l, *next;

	HASH_ITER(hh, p->places, l, next) {
		HASH_DEL(p->places, l);
		free(l);
	}
}

static void forget(struct process *p)
{
	forget_places(p);
	if (p->dwfl)
		dwfl_end(p->dwfl);
	free(p->maps);
	memset(p, 0, sizeof(*p));
}

static bool learn(struct process *p, __u32 pid, char *maps)
{
	forget(p);
	p->pid = pid;
	p->maps = maps;
	p->seen_ns = clock_now_ns();
	p->dwfl = dwfl_begin(&callbacks);
	if (!p->dwfl || dwfl_linux_proc_report(p->dwfl, pid) ||
	    dwfl_report_end(p->dwfl, NULL, NULL)) {
		forget(p);
		return false;
	}
	dwfl_getmodules(p->dwfl, tell_process, p, 0);
	return true;
}

/* The one known by this pid, else a free one, else the one not used for longest. */
static struct process *place_for(struct symbols_user *s, __u32 pid)
{
	struct process *best = &s->processes[0];

	for (int i = 0; i < MAX_PROCESSES; i++) {
		struct process *p = &s->processes[i];

		if (p->dwfl && p->pid == pid)
			return p;
		if (p->seen_ns < best->seen_ns)
			best = p;
	}
	return best;
}

struct symbols_user *symbols_user_new(void)
{
	/* a look-up must not wait for a server */
	unsetenv("DEBUGINFOD_URLS");
	return must_alloc(1, sizeof(struct symbols_user));
}

struct process *symbols_user_process(struct symbols_user *s, __u32 pid, __u64 t_ns)
{
	struct process *p = place_for(s, pid);
	bool known = p->dwfl && p->pid == pid;
	__u64 now = clock_now_ns();
	char *maps;

	if (known && t_ns <= p->seen_ns)
		return p;
	maps = read_maps(pid);
	if (!maps) {
		/* it ended, but not long after it was seen */
		if (known && t_ns - p->seen_ns < STALE_NS)
			return p;
		if (known)
			forget(p);
		return NULL;
	}
	if (known && !strcmp(maps, p->maps)) {
		free(maps);
		p->seen_ns = now;
		return p;
	}
	return learn(p, pid, maps) ? p : NULL;
}

static void find_symbol(Dwfl_Module *mod, __u64 ip, bool returns, struct user_symbol *found)
{
	GElf_Off offset;
	Dwfl_Line *line;
	GElf_Sym sym;

	found->module = dwfl_module_info(mod, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
	found->name = dwfl_module_addrinfo(mod, ip - returns, &offset, &sym, NULL, NULL, NULL);
	found->offset = offset + returns;
	line = dwfl_module_getsrc(mod, ip - returns);
	if (line)
		found->file = dwfl_lineinfo(line, NULL, &found->line, NULL, NULL, NULL);
}

/* The rule by which the unwind tables find the caller's frame. */
static enum frame_kind kind_of(const Dwarf_Op *cfa, size_t nr)
{
	if (nr != 1)
		return FRAME_UNKNOWN;
	if (cfa->atom == DW_OP_breg0 + X86_RBP ||
	    (cfa->atom == DW_OP_bregx && cfa->number == X86_RBP))
		return FRAME_POINTER;
	if (cfa->atom == DW_OP_breg0 + X86_RSP)
		return cfa->number == sizeof(__u64) ? FRAME_NONE : FRAME_STACK_POINTER;
	if (cfa->atom == DW_OP_bregx && cfa->number == X86_RSP)
		return cfa->number2 == sizeof(__u64) ? FRAME_NONE : FRAME_STACK_POINTER;
	return FRAME_UNKNOWN;
}

static enum frame_kind find_frame(Dwfl_Module *mod, __u64 ip)
{
	Dwarf_Frame *frame = NULL;
	enum frame_kind kind;
	Dwarf_Addr bias;
	Dwarf_CFI *cfi;
	Dwarf_Op *cfa;
	size_t nr;

	cfi = dwfl_module_eh_cfi(mod, &bias);
	if (!cfi || dwarf_cfi_addrframe(cfi, ip - bias, &frame))
		return FRAME_UNKNOWN;
	kind = dwarf_frame_cfa(frame, &cfa, &nr) ? FRAME_UNKNOWN : kind_of(cfa, nr);
	free(frame);
	return kind;
}

enum frame_kind symbols_user_find(struct process *p, __u64 ip, bool returns,
				  struct user_symbol *found)
{
	struct key key = { ip, returns };
	Dwfl_Module *mod;
	struct place *l;

	HASH_FIND(hh, p->places, &key, sizeof(key), l);
	if (!l) {
		if (HASH_COUNT(p->places) >= MAX_PLACES)
			forget_places(p);
		l = must_alloc(1, sizeof(*l));
		l->key = key;
		mod = dwfl_addrmodule(p->dwfl, ip - returns);
		if (mod) {
			find_symbol(mod, ip, returns, &l->symbol);
			l->frame = find_frame(mod, ip - returns);
		}
		HASH_ADD(hh, p->places, key, sizeof(l->key), l);
	}
	*found = l->symbol;
	return l->frame;
}

void symbols_user_free(struct symbols_user *s)
{
	if (!s)
		return;
	for (int i = 0; i < MAX_PROCESSES; i++)
		forget(&s->processes[i]);
	free(s);
}
