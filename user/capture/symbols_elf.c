// SPDX-License-Identifier: GPL-2.0
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <gelf.h>
#include <libiberty/demangle.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/library.h"
#include "base/page_size.h"
#include "capture/symbols_elf.h"

#define X86_RBP		6		/* DWARF's numbers of the registers */
#define X86_RSP		7
#define ARM64_FP	29
#define ARM64_LR	30
#define MAX_SYMBOLS	2500000		/* 60 MB: a table with more is not looked through */
#define SYMBOLS_AT_ONCE	65536		/* 1.5 MB that are mapped at a time */
#define LONGEST_BARE	(64 << 10)	/* farther from a symbol without a size: not in it */

#define FUNCTIONS(of)	of(dwarf_addrdie) of(dwarf_begin_elf) of(dwarf_cfi_addrframe)		\
	of(dwarf_cfi_end) of(dwarf_end) of(dwarf_frame_cfa) of(dwarf_frame_register)	\
	of(dwarf_getcfi_elf) of(dwarf_getsrc_die) of(dwarf_haspc) of(dwarf_lineno) of(dwarf_linesrc)	\
	of(dwarf_nextcu) of(dwarf_offdie) of(dwelf_elf_gnu_build_id)

#ifdef LIBDW
static struct { FUNCTIONS(LIBRARY_MEMBER) } libdw;

int elf_load_library(void)
{
	static const char *const names[] = { FUNCTIONS(LIBRARY_NAME) };

	return libdw.dwarf_end ? 0 : library_load(LIBDW, names, sizeof(libdw) / sizeof(void *),
						  (void **)&libdw);
}
#else
static const struct { FUNCTIONS(LIBRARY_MEMBER) } libdw = { FUNCTIONS(LIBRARY_ADDRESS) };

int elf_load_library(void)
{
	return 0;
}
#endif

struct part {
	int fd;
	Elf *elf;
	Dwarf *dwarf;		/* NULL = no debug information */
	Elf_Scn *symbols;	/* .symtab, else .dynsym */
};

struct elf_file {
	struct part own, debug;	/* .debug.elf NULL = none */
	Dwarf_CFI *frames;	/* .eh_frame */
};

static Elf_Scn *section_of_type(Elf *elf, GElf_Word type)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr header;

	while ((scn = elf_nextscn(elf, scn)))
		if (gelf_getshdr(scn, &header) && header.sh_type == type)
			return scn;
	return NULL;
}

static void close_part(struct part *p)
{
	libdw.dwarf_end(p->dwarf);
	elf_end(p->elf);
	if (p->fd >= 0)
		close(p->fd);
	*p = (struct part){ .fd = -1 };
}

static bool open_part(struct part *p, int fd)
{
	*p = (struct part){ .fd = fd };
	elf_version(EV_CURRENT);
	p->elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	if (!p->elf || elf_kind(p->elf) != ELF_K_ELF) {
		close_part(p);
		return false;
	}
	p->symbols = section_of_type(p->elf, SHT_SYMTAB);
	if (!p->symbols)
		p->symbols = section_of_type(p->elf, SHT_DYNSYM);
	return true;
}

struct elf_file *elf_file_open(int fd)
{
	struct elf_file *f = calloc(1, sizeof(*f));

	if (!f || !open_part(&f->own, fd)) {
		if (!f)
			close(fd);
		free(f);
		return NULL;
	}
	f->debug.fd = -1;
	return f;
}

static __u32 build_id(Elf *elf, __u8 id[BUILD_ID_MAX])
{
	const void *bytes;
	ssize_t len = libdw.dwelf_elf_gnu_build_id(elf, &bytes);

	if (len <= 0 || len > BUILD_ID_MAX)
		return 0;
	memcpy(id, bytes, len);
	return len;
}

__u32 elf_file_build_id(struct elf_file *f, __u8 id[BUILD_ID_MAX])
{
	return build_id(f->own.elf, id);
}

void elf_file_add_debug(struct elf_file *f, int fd)
{
	__u8 own[BUILD_ID_MAX], its[BUILD_ID_MAX];
	__u32 len = build_id(f->own.elf, own);

	if (f->debug.elf || !open_part(&f->debug, fd))
		return;
	if (!len || build_id(f->debug.elf, its) != len || memcmp(own, its, len))
		close_part(&f->debug);
}

void elf_file_close(struct elf_file *f)
{
	if (!f)
		return;
	if (f->frames)
		libdw.dwarf_cfi_end(f->frames);
	close_part(&f->debug);
	close_part(&f->own);
	free(f);
}

/* Where the file's bytes are in its own addresses; false when they are not code of it. */
static bool address_of(Elf *elf, __u64 offset, __u64 *addr)
{
	size_t nr;

	if (elf_getphdrnum(elf, &nr))
		return false;
	for (size_t i = 0; i < nr; i++) {
		GElf_Phdr h;

		if (!gelf_getphdr(elf, i, &h) || h.p_type != PT_LOAD || !(h.p_flags & PF_X))
			continue;
		/* what is mapped begins at a page */
		if (offset >= h.p_offset && offset - h.p_offset < h.p_filesz) {
			*addr = offset - h.p_offset + h.p_vaddr;
			return true;
		}
	}
	return false;
}

/* ---- symbols -------------------------------------------------------------------- */

static bool is_function(const GElf_Sym *s)
{
	unsigned int type = GELF_ST_TYPE(s->st_info);

	return s->st_shndx != SHN_UNDEF && s->st_shndx < SHN_LORESERVE && s->st_name &&
	       (type == STT_FUNC || type == STT_GNU_IFUNC || type == STT_NOTYPE);
}

/* Of several names for one place: with a size, of a function, global. */
static unsigned int rank(const GElf_Sym *s)
{
	return 4 * (s->st_size != 0) + 2 * (GELF_ST_TYPE(s->st_info) == STT_FUNC) +
	       (GELF_ST_BIND(s->st_info) == STB_GLOBAL);
}

static bool in_section(Elf *elf, size_t index, __u64 addr)
{
	GElf_Shdr h;

	return gelf_getshdr(elf_getscn(elf, index), &h) && addr >= h.sh_addr &&
	       addr - h.sh_addr < h.sh_size;
}

/* What is mapped of a file counts as ours while it is: a table of symbols is gone through once. */
static void drop_pages(const struct part *p)
{
	size_t size;
	char *all = p->elf ? elf_rawfile(p->elf, &size) : NULL;

	/* one that could not be mapped was read */
	if (all && !((unsigned long)all & (PAGE_BYTES - 1)))
		madvise(all, size, MADV_DONTNEED);
}

/* The symbol that covers the address: by its size, or the nearest before it when it has none. */
static bool find_symbol(const struct part *p, __u64 addr, GElf_Sym *found, __u32 *unread)
{
	GElf_Sym near = { 0 }, s;
	bool any = false, any_near = false;
	GElf_Shdr header;
	Elf_Data *data;
	size_t nr;

	data = p->symbols ? elf_getdata(p->symbols, NULL) : NULL;
	if (!data || !gelf_getshdr(p->symbols, &header) || !header.sh_entsize) {
		*unread |= p->symbols != NULL;
		return false;
	}
	nr = data->d_size / header.sh_entsize;
	if (nr > MAX_SYMBOLS) {
		*unread = true;
		return false;
	}
	for (size_t i = 1; i < nr && gelf_getsym(data, i, &s); i++) {
		if (!(i % SYMBOLS_AT_ONCE))
			drop_pages(p);
		if (s.st_value > addr || !is_function(&s))
			continue;
		if (addr - s.st_value < s.st_size &&
		    (!any || s.st_value > found->st_value ||
		     (s.st_value == found->st_value && rank(&s) > rank(found)))) {
			*found = s;
			any = true;
		}
		if (!any_near || s.st_value > near.st_value ||
		    (s.st_value == near.st_value && rank(&s) > rank(&near))) {
			near = s;
			any_near = true;
		}
	}
	if (any || !any_near || near.st_size || addr - near.st_value >= LONGEST_BARE ||
	    !in_section(p->elf, near.st_shndx, addr))
		return any;
	*found = near;
	return true;
}

static void keep_text(char to[SYMBOL_TEXT], const char *from)
{
	if (snprintf(to, SYMBOL_TEXT, "%s", from) >= SYMBOL_TEXT)
		strcpy(to + SYMBOL_TEXT - 4, "...");
}

static void keep_name(char to[SYMBOL_TEXT], const char *mangled)
{
	char *plain = NULL;

	/* C++ begins with _Z, Rust with _R or _ZN */
	if (mangled[0] == '_' && (mangled[1] == 'Z' || mangled[1] == 'R'))
		plain = cplus_demangle(mangled, DMGL_AUTO | DMGL_ANSI | DMGL_PARAMS);
	keep_text(to, plain ? plain : mangled);
	free(plain);
}

static bool name_place(const struct part *p, __u64 addr, struct elf_place *place)
{
	GElf_Shdr header;
	const char *name;
	GElf_Sym s = { 0 };

	if (!p->elf || !find_symbol(p, addr, &s, &place->unread) || !gelf_getshdr(p->symbols, &header))
		return false;
	name = elf_strptr(p->elf, header.sh_link, s.st_name);
	if (!name || !name[0])
		return false;
	keep_name(place->name, name);
	place->offset = addr - s.st_value;
	return true;
}

/* ---- lines ---------------------------------------------------------------------- */

/* Without a table of addresses, as from some compilers, each unit is asked. */
static Dwarf_Die *unit_of(Dwarf *dwarf, __u64 addr, Dwarf_Die *unit)
{
	Dwarf_Off at = 0, next;
	size_t header;

	if (libdw.dwarf_addrdie(dwarf, addr, unit))
		return unit;
	for (; !libdw.dwarf_nextcu(dwarf, at, &next, &header, NULL, NULL, NULL); at = next)
		if (libdw.dwarf_offdie(dwarf, at + header, unit) && libdw.dwarf_haspc(unit, addr) == 1)
			return unit;
	return NULL;
}

static bool find_line(struct part *p, __u64 addr, struct elf_place *place)
{
	Dwarf_Die unit;
	Dwarf_Line *line;
	const char *file;
	int number;

	if (p->elf && !p->dwarf)
		p->dwarf = libdw.dwarf_begin_elf(p->elf, DWARF_C_READ, NULL);
	if (!p->dwarf || !unit_of(p->dwarf, addr, &unit))
		return false;
	line = libdw.dwarf_getsrc_die(&unit, addr);
	file = line ? libdw.dwarf_linesrc(line, NULL, NULL) : NULL;
	if (!file || libdw.dwarf_lineno(line, &number))
		return false;
	keep_text(place->file, file);
	place->line = number;
	return true;
}

/* ---- frames --------------------------------------------------------------------- */

/* x86-64: the return address is below the caller's frame, which this rule of the tables finds. */
static enum frame_kind kind_x86(Dwarf_Frame *frame)
{
	Dwarf_Op *cfa;
	size_t nr;

	if (libdw.dwarf_frame_cfa(frame, &cfa, &nr) || nr != 1)
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

enum kept { KEPT_UNKNOWN, KEPT_IN_REGISTER, KEPT_ON_STACK };

/* Where the caller's register is; .at: how far from the caller's frame, when on the stack. */
static enum kept kept(Dwarf_Frame *frame, int number, __s64 *at)
{
	Dwarf_Op room[3], *ops;
	size_t nr;

	if (libdw.dwarf_frame_register(frame, number, room, &ops, &nr))
		return KEPT_UNKNOWN;
	if (!nr)
		return ops ? KEPT_UNKNOWN : KEPT_IN_REGISTER;
	if (ops[0].atom != DW_OP_call_frame_cfa || nr > 2 ||
	    (nr == 2 && ops[1].atom != DW_OP_plus_uconst))
		return KEPT_UNKNOWN;
	*at = nr == 2 ? (__s64)ops[1].number : 0;
	return KEPT_ON_STACK;
}

/*
 * arm64: the return address is in a register until the function saves it. The frame pointer leads
 * to it where it is saved as the second of the pair that is called a frame record.
 */
static enum frame_kind kind_arm64(Dwarf_Frame *frame)
{
	__s64 fp, lr;

	switch (kept(frame, ARM64_LR, &lr)) {
	case KEPT_IN_REGISTER:
		return FRAME_NONE;
	case KEPT_ON_STACK:
		return kept(frame, ARM64_FP, &fp) == KEPT_ON_STACK && (__u64)lr - (__u64)fp == sizeof(__u64) ?
			       FRAME_POINTER : FRAME_STACK_POINTER;
	default:
		return FRAME_UNKNOWN;
	}
}

static enum frame_kind find_frame(struct elf_file *f, __u64 addr)
{
	Dwarf_Frame *frame = NULL;
	enum frame_kind kind = FRAME_UNKNOWN;
	GElf_Ehdr header;

	if (!f->frames)
		f->frames = libdw.dwarf_getcfi_elf(f->own.elf);
	if (!f->frames || !gelf_getehdr(f->own.elf, &header) ||
	    libdw.dwarf_cfi_addrframe(f->frames, addr, &frame))
		return FRAME_UNKNOWN;
	if (header.e_machine == EM_X86_64)
		kind = kind_x86(frame);
	else if (header.e_machine == EM_AARCH64)
		kind = kind_arm64(frame);
	free(frame);
	return kind;
}

void elf_file_find(struct elf_file *f, __u64 offset, bool returns, struct elf_place *place)
{
	__u64 addr;

	memset(place, 0, sizeof(*place));
	if (!address_of(f->own.elf, offset - returns, &addr))
		return;
	place->frame = find_frame(f, addr);
	if (name_place(&f->debug, addr, place) || name_place(&f->own, addr, place))
		place->offset += returns;
	if (!find_line(&f->debug, addr, place))
		find_line(&f->own, addr, place);
	drop_pages(&f->debug);
	drop_pages(&f->own);
}

/* ---- compiled at run time ------------------------------------------------------- */

void perf_map_find(int fd, __u64 ip, struct elf_place *place)
{
	int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	FILE *f = own < 0 ? NULL : fdopen(own, "r");
	char line[2 * SYMBOL_TEXT];

	memset(place, 0, sizeof(*place));
	if (!f && own >= 0)
		close(own);
	if (!f)
		return;
	rewind(f);
	/* code is moved and written again: the last line holds */
	while (fgets(line, sizeof(line), f)) {
		unsigned long long start, size;
		int name = 0;

		if (sscanf(line, "%llx %llx %n", &start, &size, &name) != 2 || !name ||
		    ip < start || ip - start >= size)
			continue;
		line[strcspn(line, "\n")] = '\0';
		keep_text(place->name, line + name);
		place->offset = ip - start;
	}
	fclose(f);
}
