/* SPDX-License-Identifier: GPL-2.0 */
/* Load programs whose ELF file was made to harm who reads it. */
#ifndef FIXBUF_HOSTILE_ELF_H
#define FIXBUF_HOSTILE_ELF_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>

/* The bytes of a load program, to be freed. */
char *hostile_copy(const char *load, size_t *len);
/* As a program that anybody may run. */
void hostile_write(const char *path, const void *bytes, size_t len);

Elf64_Shdr *hostile_section(char *elf, const char *name);
/*
 * Turns a section into others' bytes at the end of the file, under another name unless it is NULL.
 * Takes .elf and returns what is in its place.
 */
char *hostile_with_section(char *elf, size_t *len, const char *name, const char *new_name,
			   const void *bytes, size_t size, bool compressed);
/* The same, with debug information that is said to be in these files (split DWARF); .last_dwo has all functions. */
char *hostile_with_dwo(char *elf, size_t *len, const char *dwo, const char *last_dwo);

#endif
