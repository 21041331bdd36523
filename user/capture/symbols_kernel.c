// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/array.h"
#include "base/err.h"
#include "capture/symbols_kernel.h"

#define KALLSYMS	"/proc/kallsyms"
#define LONGEST_FUNC	(1 << 20)	/* farther from the last symbol: in none */

struct symbol {
	__u64 addr;
	__u32 name, module;	/* offsets into .text, module 0 = none */
};

struct symbols_kernel {
	struct symbol *list;
	size_t nr;
	char *text;
	size_t len, text_room;
};

static __u32 keep_text(struct symbols_kernel *s, const char *text)
{
	size_t len = strlen(text) + 1, at = s->len;

	if (at + len > s->text_room) {
		s->text_room = 2 * s->text_room + len + (1 << 20);
		s->text = must_realloc(s->text, s->text_room, 1);
	}
	memcpy(s->text + at, text, len);
	s->len += len;
	return at;
}

/* "ffffffff81000000 T name[\t[module]]"; what is no function, or has no address, is left out. */
static void keep_line(struct symbols_kernel *s, char *line)
{
	char *rest, *name, *module;
	__u64 addr = strtoull(line, &rest, 16);

	if (!addr || strlen(rest) < 4 || !strchr("tTwW", rest[1]))
		return;
	name = rest + 3;
	name[strcspn(name, "\n")] = '\0';
	module = strchr(name, '\t');
	if (module) {
		*module++ = '\0';
		module += *module == '[';
		module[strcspn(module, "]")] = '\0';
	}
	array_grow(s->list, s->nr);
	s->list[s->nr].addr = addr;
	s->list[s->nr].name = keep_text(s, name);
	s->list[s->nr].module = module ? keep_text(s, module) : 0;
	s->nr++;
}

static int by_addr(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

__u64 symbols_kernel_address(const char *name)
{
	FILE *f = fopen(KALLSYMS, "re");
	__u64 found = 0, addr;
	char symbol[128];

	/* of a module's symbol the module is what the next line begins with: no number */
	while (f && !found) {
		int n = fscanf(f, "%llx %*c %127s%*[^\n]", &addr, symbol);

		if (n == EOF)
			break;
		if (n == 2 && !strcmp(symbol, name))
			found = addr;
	}
	if (f)
		fclose(f);
	return found;
}

__u64 symbols_kernel_ring_fops(void)
{
	static __u64 kept;

	if (!kept)
		kept = symbols_kernel_address("io_uring_fops");
	return kept;
}

struct symbols_kernel *symbols_kernel_read(void)
{
	struct symbols_kernel *s;
	char *line = NULL;
	size_t room = 0;
	FILE *f;

	f = fopen(KALLSYMS, "re");
	if (!f) {
		err_set(errno, "cannot read " KALLSYMS
			": %s; the kernel's stacks have addresses only", strerror(errno));
		return NULL;
	}
	s = must_alloc(1, sizeof(*s));
	keep_text(s, "");	/* so that no module has offset 0 */
	while (getline(&line, &room, f) >= 0)
		keep_line(s, line);
	free(line);
	fclose(f);
	if (!s->nr) {
		err_set(EPERM, "the kernel hides its addresses; set kernel.kptr_restrict to 1 or 0, or the kernel's stacks have addresses only");
		symbols_kernel_free(s);
		return NULL;
	}
	qsort(s->list, s->nr, sizeof(*s->list), by_addr);
	return s;
}

bool symbols_kernel_find(const struct symbols_kernel *s, __u64 ip, struct kernel_symbol *found)
{
	size_t low = 0, high = s->nr;
	const struct symbol *sym;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (s->list[mid].addr <= ip)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low || ip - s->list[low - 1].addr >= LONGEST_FUNC)
		return false;
	sym = &s->list[low - 1];
	found->name = s->text + sym->name;
	found->module = sym->module ? s->text + sym->module : NULL;
	found->offset = ip - sym->addr;
	return true;
}

void symbols_kernel_free(struct symbols_kernel *s)
{
	if (!s)
		return;
	free(s->list);
	free(s->text);
	free(s);
}
