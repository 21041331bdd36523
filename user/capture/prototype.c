// SPDX-License-Identifier: GPL-2.0
#include <bpf/btf.h>
#include <stdio.h>
#include <string.h>
#include "capture/kernel.h"
#include "capture/prototype.h"

bool prototype_find(struct prototype *p, const char *func)
{
	const struct btf *btf = kern_btf();
	__u32 id = kern_type(func, BTF_KIND_FUNC);

	if (!id)
		return false;
	p->btf = btf;
	p->func = id;
	p->proto = btf__type_by_id(btf, id)->type;
	p->nr_args = btf_vlen(btf__type_by_id(btf, p->proto));
	return true;
}

/* "typedef void (*btf_trace_NAME)(void *, ...)", as the kernel keeps it for raw programs */
bool prototype_find_tracepoint(struct prototype *p, const char *tracepoint)
{
	const struct btf *btf = kern_btf();
	const struct btf_type *t;
	char name[64];
	__u32 id;

	snprintf(name, sizeof(name), "btf_trace_%s", tracepoint);
	id = kern_type(name, BTF_KIND_TYPEDEF);
	t = id ? btf__type_by_id(btf, btf__type_by_id(btf, id)->type) : NULL;
	if (!t || !btf_is_ptr(t) || !btf_is_func_proto(btf__type_by_id(btf, t->type)))
		return false;
	p->btf = btf;
	p->func = 0;
	p->proto = t->type;
	p->nr_args = btf_vlen(btf__type_by_id(btf, p->proto));
	return true;
}

static const struct btf_type *plain(const struct btf *btf, __u32 id)
{
	const struct btf_type *t = btf__type_by_id(btf, id);

	while (t && (btf_is_mod(t) || btf_is_typedef(t)))
		t = btf__type_by_id(btf, t->type);
	return t;
}

static bool is_struct(const struct btf *btf, __u32 id, const char *name, unsigned int pointers)
{
	const struct btf_type *t = plain(btf, id);

	for (; pointers; pointers--) {
		if (!t || !btf_is_ptr(t))
			return false;
		t = plain(btf, t->type);
	}
	return t && (btf_is_struct(t) || btf_is_fwd(t)) &&
	       !strcmp(btf__name_by_offset(btf, t->name_off), name);
}

static bool is_number(const struct btf *btf, __u32 id)
{
	const struct btf_type *t = plain(btf, id);

	return t && btf_is_int(t);
}

static __u32 arg_type(const struct prototype *p, unsigned int n)
{
	return n < p->nr_args ? btf_params(btf__type_by_id(p->btf, p->proto))[n].type : 0;
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

bool prototype_gives(const struct prototype *p, const char *name, unsigned int pointers)
{
	return is_struct(p->btf, btf__type_by_id(p->btf, p->proto)->type, name, pointers);
}

