// SPDX-License-Identifier: GPL-2.0
#include <bpf/btf.h>
#include <stdio.h>
#include <string.h>
#include "capture/kernel.h"
#include "capture/kernel_btf.h"
#include "capture/prototype.h"

bool prototype_find(struct prototype *p, const char *func)
{
	const struct kernel_btf *btf = kern_btf();
	__u32 id = kern_type(func, BTF_KIND_FUNC);

	if (!id)
		return false;
	p->btf = btf;
	p->func = id;
	p->proto = kernel_btf_type(btf, id)->type;
	p->nr_args = btf_vlen(kernel_btf_type(btf, p->proto));
	return true;
}

/*
 * "int __traceiter_NAME(void *data, ...)", or "typedef void (*btf_trace_NAME)(void *, ...)", which
 * the kernel keeps for raw programs, and which has no names.
 */
bool prototype_find_tracepoint(struct prototype *p, const char *tracepoint)
{
	const struct kernel_btf *btf = kern_btf();
	const struct btf_type *t;
	char name[64];
	__u32 id;

	snprintf(name, sizeof(name), "__traceiter_%s", tracepoint);
	if (prototype_find(p, name))
		return true;
	snprintf(name, sizeof(name), "btf_trace_%s", tracepoint);
	id = kern_type(name, BTF_KIND_TYPEDEF);
	t = id ? kernel_btf_type(btf, kernel_btf_type(btf, id)->type) : NULL;
	if (!t || !btf_is_ptr(t) || !btf_is_func_proto(kernel_btf_type(btf, t->type)))
		return false;
	p->btf = btf;
	p->func = 0;
	p->proto = t->type;
	p->nr_args = btf_vlen(kernel_btf_type(btf, p->proto));
	return true;
}

static const struct btf_type *plain(const struct kernel_btf *btf, __u32 id)
{
	const struct btf_type *t = kernel_btf_type(btf, id);

	while (t && (btf_is_mod(t) || btf_is_typedef(t)))
		t = kernel_btf_type(btf, t->type);
	return t;
}

static bool is_struct(const struct kernel_btf *btf, __u32 id, const char *name, unsigned int pointers)
{
	const struct btf_type *t = plain(btf, id);

	for (; pointers; pointers--) {
		if (!t || !btf_is_ptr(t))
			return false;
		t = plain(btf, t->type);
	}
	return t && (btf_is_struct(t) || btf_is_fwd(t)) &&
	       !strcmp(kernel_btf_name(btf, t->name_off), name);
}

static bool is_number(const struct kernel_btf *btf, __u32 id)
{
	const struct btf_type *t = plain(btf, id);

	return t && btf_is_int(t);
}

static __u32 arg_type(const struct prototype *p, unsigned int n)
{
	return n < p->nr_args ? btf_params(kernel_btf_type(p->btf, p->proto))[n].type : 0;
}

bool prototype_takes(const struct prototype *p, unsigned int n, const char *name,
		     unsigned int pointers)
{
	return is_struct(p->btf, arg_type(p, n), name, pointers);
}

bool prototype_takes_number(const struct prototype *p, unsigned int n)
{
	return is_number(p->btf, arg_type(p, n));
}

bool prototype_takes_pointer(const struct prototype *p, unsigned int n)
{
	const struct btf_type *t = plain(p->btf, arg_type(p, n));

	return t && btf_is_ptr(t);
}

int prototype_named(const struct prototype *p, const char *name)
{
	const struct btf_param *params = btf_params(kernel_btf_type(p->btf, p->proto));

	for (unsigned int n = 0; n < p->nr_args; n++)
		if (!strcmp(kernel_btf_name(p->btf, params[n].name_off), name))
			return n;
	return -1;
}

bool prototype_gives(const struct prototype *p, const char *name, unsigned int pointers)
{
	return is_struct(p->btf, kernel_btf_type(p->btf, p->proto)->type, name, pointers);
}

