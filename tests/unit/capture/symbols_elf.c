// SPDX-License-Identifier: GPL-2.0
/* How functions of both architectures find where they return to, from unwind tables written by hand. */
#include <dwarf.h>
#include <elf.h>
#include <sys/mman.h>
#include <unistd.h>
#include "capture/symbols_elf.h"
#include "unit.h"

#define BASE		0x400000	/* where the file is mapped, code and all */
#define CODE		0x800		/* offset of the first function */
#define CODE_BYTES	16		/* of each function */
#define RULES		12

/* What the table says of a function, behind what holds for all. */
struct function {
	unsigned char rules[RULES];	/* 0 = DW_CFA_nop */
};

struct common {
	Elf64_Half machine;
	unsigned char return_register, cfa_register, cfa_offset;
};

static const struct common arm64 = { EM_AARCH64, 30, 31, 0 };
static const struct common x86_64 = { EM_X86_64, 16, 7, 8 };

struct file {
	Elf64_Ehdr head;
	Elf64_Phdr code;
	Elf64_Shdr sections[3];
	char names[24];
	unsigned char frames[512];
	size_t len;
};

static void put(struct file *f, const void *bytes, size_t len)
{
	assert_true(f->len + len <= sizeof(f->frames));
	memcpy(f->frames + f->len, bytes, len);
	f->len += len;
}

static void put_number(struct file *f, uint64_t n, size_t len)
{
	put(f, &n, len);
}

static void put_common(struct file *f, const struct common *c)
{
	const unsigned char entry[] = {
		1, 'z', 'R', 0, 4 /* code */, 0x78 /* data: -8 */, c->return_register,
		1, DW_EH_PE_absptr, DW_CFA_def_cfa, c->cfa_register, c->cfa_offset,
	};

	put_number(f, 4 + sizeof(entry), 4);
	put_number(f, 0, 4);
	put(f, entry, sizeof(entry));
}

static void put_function(struct file *f, const struct function *function, size_t i)
{
	put_number(f, 4 + 8 + 8 + 1 + RULES, 4);
	put_number(f, f->len, 4);	/* back to the common entry */
	put_number(f, BASE + CODE + i * CODE_BYTES, 8);
	put_number(f, CODE_BYTES, 8);
	put_number(f, 0, 1);
	put(f, function->rules, RULES);
}

static struct elf_file *made(const struct common *c, const struct function *functions, size_t nr)
{
	struct file f = {
		.head = {
			.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
			.e_type = ET_EXEC, .e_machine = c->machine, .e_version = EV_CURRENT,
			.e_phoff = offsetof(struct file, code), .e_shoff = offsetof(struct file, sections),
			.e_ehsize = sizeof(Elf64_Ehdr), .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 1,
			.e_shentsize = sizeof(Elf64_Shdr), .e_shnum = 3, .e_shstrndx = 2,
		},
		.code = {
			.p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_vaddr = BASE,
			.p_filesz = CODE + nr * CODE_BYTES, .p_memsz = CODE + nr * CODE_BYTES,
		},
		.names = "\0.eh_frame\0.shstrtab",
	};
	int fd = memfd_create("elf", 0);

	put_common(&f, c);
	for (size_t i = 0; i < nr; i++)
		put_function(&f, &functions[i], i);
	put_number(&f, 0, 4);
	f.sections[1] = (Elf64_Shdr){
		.sh_name = 1, .sh_type = SHT_PROGBITS, .sh_flags = SHF_ALLOC, .sh_size = f.len,
		.sh_addr = BASE + offsetof(struct file, frames), .sh_offset = offsetof(struct file, frames),
	};
	f.sections[2] = (Elf64_Shdr){
		.sh_name = 11, .sh_type = SHT_STRTAB, .sh_size = sizeof(f.names),
		.sh_offset = offsetof(struct file, names),
	};
	assert_true(fd >= 0 && sizeof(f) <= CODE);
	assert_int_equal(write(fd, &f, sizeof(f)), sizeof(f));
	assert_int_equal(ftruncate(fd, CODE + nr * CODE_BYTES), 0);
	return elf_file_open(fd);
}

/* Of the instruction .at bytes into function .i. */
static enum frame_kind frame_at(struct elf_file *f, size_t i, size_t at)
{
	struct elf_place place;

	elf_file_find(f, CODE + i * CODE_BYTES + at, false, &place);
	return place.frame;
}

static void frames_of_arm64(void **state)
{
	static const struct function functions[] = {
		{ { DW_CFA_nop } },
		/* stp x29, x30, [sp, -32]!: the frame pointer's rule is not asked, as gcc leaves sp's */
		{ { DW_CFA_advance_loc + 1, DW_CFA_def_cfa_offset, 32, DW_CFA_offset + 29, 4, DW_CFA_offset + 30, 3 } },
		/* str x30, [sp, -16]! */
		{ { DW_CFA_def_cfa_offset, 16, DW_CFA_offset + 30, 2 } },
		/* both, and no frame record */
		{ { DW_CFA_def_cfa_offset, 32, DW_CFA_offset + 29, 4, DW_CFA_offset + 30, 2 } },
		/* _start() */
		{ { DW_CFA_undefined, 30 } },
	};
	struct elf_file *f = made(&arm64, functions, 5);

	(void)state;
	assert_non_null(f);
	assert_int_equal(frame_at(f, 0, 4), FRAME_NONE);
	assert_int_equal(frame_at(f, 1, 0), FRAME_NONE);
	assert_int_equal(frame_at(f, 1, 8), FRAME_POINTER);
	assert_int_equal(frame_at(f, 2, 4), FRAME_STACK_POINTER);
	assert_int_equal(frame_at(f, 3, 4), FRAME_STACK_POINTER);
	assert_int_equal(frame_at(f, 4, 4), FRAME_UNKNOWN);
	elf_file_close(f);
}

static void frames_of_x86_64(void **state)
{
	static const struct function functions[] = {
		{ { DW_CFA_nop } },
		{ { DW_CFA_def_cfa_offset, 16, DW_CFA_offset + 6, 2, DW_CFA_def_cfa_register, 6 } },
		{ { DW_CFA_def_cfa_offset, 48 } },
	};
	struct elf_file *f = made(&x86_64, functions, 3);

	(void)state;
	assert_non_null(f);
	assert_int_equal(frame_at(f, 0, 4), FRAME_NONE);
	assert_int_equal(frame_at(f, 1, 4), FRAME_POINTER);
	assert_int_equal(frame_at(f, 2, 4), FRAME_STACK_POINTER);
	elf_file_close(f);
}

static void frames_of_others(void **state)
{
	static const struct common riscv64 = { EM_RISCV, 1, 2, 0 };
	static const struct function function = { { DW_CFA_nop } };
	struct elf_file *f = made(&riscv64, &function, 1);

	(void)state;
	assert_non_null(f);
	assert_int_equal(frame_at(f, 0, 4), FRAME_UNKNOWN);
	elf_file_close(f);
}

static int load_library(void **state)
{
	(void)state;
	return elf_load_library();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_of_arm64),
		cmocka_unit_test(frames_of_x86_64),
		cmocka_unit_test(frames_of_others),
	};

	return cmocka_run_group_tests(tests, load_library, NULL);
}
