// SPDX-License-Identifier: GPL-2.0
/* The table of hooks and the list that the programs are made from (bpf/hooks.h) name the same. */
#include <abi/fact.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <string.h>
#include "capture/hook_table.h"
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_row_has_its_programs),
		cmocka_unit_test(each_program_has_its_row),
	};

	return cmocka_run_group_tests(tests, set_up, clean_up);
}
