// SPDX-License-Identifier: GPL-2.0
/*
 * The table of hooks and the list that the programs are made from (bpf/hooks.h) name the same. The
 * tracepoints of patches/7.3 are known by the names of their arguments.
 */
#include <abi/fact.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <string.h>
#include "capture/hook_table.h"
#include "capture/kernel_btf.h"
#include "fixbuf.skel.h"
#include "unit.h"

static struct fixbuf_bpf *skel;

static int set_up(void **state)
{
	(void)state;
	skel = fixbuf_bpf__open();
	return skel ? 0 : -1;
}

static int clean_up(void **state)
{
	(void)state;
	fixbuf_bpf__destroy(skel);
	return 0;
}

static const char *section(char tier, bool at_return)
{
	switch (tier) {
	case 'f': return at_return ? "?fexit/" : "?fentry/";
	case 'k': return at_return ? "?kretprobe/" : "?kprobe/";
	default: return "?raw_tp/";
	}
}

/* Whether there is a program of that tier, and it hooks into the row's function. */
static bool has(const struct probe *p, char tier, bool at_return)
{
	char name[64], want[96];
	const struct bpf_program *prog;

	snprintf(name, sizeof(name), "%c_%s%s", tier, p->program, at_return ? "_end" : "");
	snprintf(want, sizeof(want), "%s%s", section(tier, at_return) + 1, p->func);
	prog = bpf_object__find_program_by_name(skel->obj, name);
	return prog && !strcmp(bpf_program__section_name(prog) +
			       (*bpf_program__section_name(prog) == '?'), want);
}

static void each_row_has_its_programs(void **state)
{
	(void)state;
	for (size_t i = 0; i < NR_PROBES; i++) {
		const struct probe *p = &exact_probes[i];

		for (const char *tier = p->tracepoint ? "p" : "fk"; *tier; tier++) {
			if (!has(p, *tier, false) || has(p, *tier, true) != p->at_return)
				fail_msg("%c_%s: %s", *tier, p->program, p->func);
		}
	}
}

static void each_program_has_its_row(void **state)
{
	struct bpf_program *prog;
	size_t made = 0, listed = 0;

	(void)state;
	bpf_object__for_each_program(prog, skel->obj) {
		const char *name = bpf_program__name(prog);

		made += strchr("fkp", name[0]) && name[1] == '_';
	}
	for (size_t i = 0; i < NR_PROBES; i++)
		listed += (exact_probes[i].tracepoint ? 1 : 2) * (1 + exact_probes[i].at_return);
	assert_int_equal(made, listed);
}

static const struct probe *row(const char *program)
{
	for (size_t i = 0; i < NR_PROBES; i++)
		if (!strcmp(exact_probes[i].program, program))
			return &exact_probes[i];
	return NULL;
}

/* What the row says of a tracepoint (data, ring, buf, NAMES...): numbers, and pointers where a name begins with a star. */
static const char *fits(const char *program, const char *const *names, size_t nr)
{
	struct btf *types = btf__new_empty();
	int ring = btf__add_ptr(types, btf__add_struct(types, "io_ring_ctx", 8));
	int any = btf__add_ptr(types, 0), number = btf__add_int(types, "long", 8, BTF_INT_SIGNED);
	struct prototype p = { .proto = btf__add_func_proto(types, number), .nr_args = nr + 3 };
	struct kernel_btf *raw;
	const void *bytes;
	const char *no;
	__u32 size;

	btf__add_func_param(types, "__data", any);
	btf__add_func_param(types, "ctx", ring);
	btf__add_func_param(types, "buf", any);
	for (size_t i = 0; i < nr; i++)
		btf__add_func_param(types, names[i] + (*names[i] == '*'), *names[i] == '*' ? any : number);
	bytes = btf__raw_data(types, &size);
	p.btf = raw = kernel_btf_of(bytes, size);
	no = row(program)->fits(&p, skel);
	kernel_btf_free(raw);
	btf__free(types);
	return no;
}

#define FITS(program, ...) ({							\
	const char *const names[] = { __VA_ARGS__ };				\
	fits(program, names, sizeof(names) / sizeof(names[0]));			\
})

static void as_in_the_series(void **state)
{
	(void)state;
	assert_null(FITS("slot", "index", "addr", "len", "result"));
	assert_int_equal(skel->rodata->slot_addr_arg, 3);
	assert_int_equal(skel->rodata->slot_len_arg, 4);
	assert_int_equal(skel->rodata->slot_result_arg, 5);
	assert_null(FITS("release", "addr", "len"));
	assert_null(FITS("account", "pages", "result"));
	assert_int_equal(skel->rodata->account_pages_arg, 2);
	assert_int_equal(skel->rodata->account_result_arg, 3);
}

static void in_another_order_and_with_more(void **state)
{
	(void)state;
	assert_null(FITS("slot", "result", "*user", "len", "addr", "flags"));
	assert_int_equal(skel->rodata->slot_result_arg, 2);
	assert_int_equal(skel->rodata->slot_len_arg, 4);
	assert_int_equal(skel->rodata->slot_addr_arg, 5);
	assert_null(FITS("account", "*user", "result", "limit", "pages"));
	assert_int_equal(skel->rodata->account_result_arg, 3);
	assert_int_equal(skel->rodata->account_pages_arg, 5);
	assert_null(FITS("release", "duration"));
}

static void others_are_refused(void **state)
{
	(void)state;
	assert_non_null(FITS("slot", "index", "addr", "len"));
	assert_non_null(FITS("slot", "*addr", "len", "result"));
	assert_non_null(FITS("account", "pages", "*result"));
	assert_non_null(FITS("account", "nr_pages", "result"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_row_has_its_programs),
		cmocka_unit_test(each_program_has_its_row),
		cmocka_unit_test(as_in_the_series),
		cmocka_unit_test(in_another_order_and_with_more),
		cmocka_unit_test(others_are_refused),
	};

	return cmocka_run_group_tests(tests, set_up, clean_up);
}
