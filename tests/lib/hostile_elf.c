// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "hostile_elf.h"
#include "load.h"

char *hostile_copy(const char *load, size_t *len)
{
	FILE *f = fopen(load_path(load), "re");
	char *bytes;

	if (!f || fseek(f, 0, SEEK_END))
		bail("the program cannot be read");
	*len = ftell(f);
	bytes = calloc(1, *len);
	rewind(f);
	if (!bytes || fread(bytes, 1, *len, f) != *len)
		bail("the program cannot be read");
	fclose(f);
	return bytes;
}

void hostile_write(const char *path, const void *bytes, size_t len)
{
	FILE *f = fopen(path, "we");

	if (!f || fwrite(bytes, 1, len, f) != len || fclose(f) || chmod(path, 0755))
		bail("%s cannot be written", path);
}

Elf64_Shdr *hostile_section(char *elf, const char *name)
{
	Elf64_Ehdr *e = (void *)elf;
	Elf64_Shdr *s = (void *)(elf + e->e_shoff);
	const char *names = elf + s[e->e_shstrndx].sh_offset;

	for (int i = 0; i < e->e_shnum; i++)
		if (!strcmp(names + s[i].sh_name, name))
			return &s[i];
	bail("this program has no section %s", name);
}

char *hostile_with_section(char *elf, size_t *len, const char *name, const char *new_name,
			   const void *bytes, size_t size, bool compressed)
{
	Elf64_Shdr *s = hostile_section(elf, name), *names = hostile_section(elf, ".shstrtab");
	size_t old = *len, at = (old + 15) & ~15UL, names_at = at + size, names_size = names->sh_size;
	char *more;

	if (compressed)
		s->sh_flags |= SHF_COMPRESSED;
	s->sh_offset = at;
	s->sh_size = size;
	s->sh_addralign = 8;
	*len = names_at;
	more = calloc(1, names_at + names_size + 64);
	if (!more)
		bail("out of memory");
	if (new_name) {
		memcpy(more + names_at, elf + names->sh_offset, names_size);
		strcpy(more + names_at + names_size, new_name);
		names->sh_offset = names_at;
		names->sh_size += strlen(new_name) + 1;
		s->sh_name = names_size;
		*len += names->sh_size;
	}
	memcpy(more, elf, old);
	memcpy(more + at, bytes, size);
	free(elf);
	return more;
}

/* ---- split DWARF ------------------------------------------------------------------ */

/* A skeleton that covers every address, one with ranges, and one of before DWARF 5. */
static const unsigned char abbrevs[] = {
	1, 0x4a, 0, 0x11, 0x01, 0x12, 0x07, 0x76, 0x08, 0x1b, 0x08, 0, 0,
	2, 0x4a, 0, 0x55, 0x17, 0x76, 0x08, 0x1b, 0x08, 0, 0,
	3, 0x11, 0, 0x11, 0x01, 0x12, 0x07, 0xb0, 0x42, 0x08, 0x1b, 0x08, 0xb1, 0x42, 0x07, 0, 0,
	0,
};

static void put(char **at, unsigned long long number, size_t size)
{
	memcpy(*at, &number, size);
	*at += size;
}

static void put_unit(char **at, int abbrev, unsigned long long last_address, const char *dwo)
{
	const unsigned long long id = 0x1234567;
	char *begin = *at;
	unsigned int len;

	*at += sizeof(len);
	put(at, abbrev == 3 ? 4 : 5, 2);
	if (abbrev == 3) {
		put(at, 0, 4);
		put(at, sizeof(void *), 1);
	} else {
		put(at, 4, 1);		/* DW_UT_skeleton */
		put(at, sizeof(void *), 1);
		put(at, 0, 4);
		put(at, id, 8);
	}
	put(at, abbrev, 1);
	if (abbrev == 2) {
		put(at, 0, 4);
	} else {
		put(at, 0, sizeof(void *));
		put(at, last_address, 8);
	}
	*at = stpcpy(*at, dwo) + 1;
	*at = stpcpy(*at, "/") + 1;
	if (abbrev == 3)
		put(at, id, 8);
	len = *at - begin - sizeof(len);
	memcpy(begin, &len, sizeof(len));
}

char *hostile_with_dwo(char *elf, size_t *len, const char *dwo, const char *last_dwo)
{
	size_t room = 1024 + 2 * strlen(dwo) + strlen(last_dwo);
	char *info = calloc(1, room), *at = info;

	if (!info)
		bail("out of memory");
	/* the first two have not the address, so that all are asked */
	put_unit(&at, 2, 0, dwo);
	put_unit(&at, 3, 1, dwo);
	put_unit(&at, 1, ~0ULL >> 1, last_dwo);
	hostile_section(elf, ".debug_aranges")->sh_type = SHT_NULL;
	elf = hostile_with_section(elf, len, ".debug_info", NULL, info, at - info, false);
	elf = hostile_with_section(elf, len, ".debug_abbrev", NULL, abbrevs, sizeof(abbrevs), false);
	free(info);
	return elf;
}
