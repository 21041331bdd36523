/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What programs attach to, by the name in their section: libbpf would read the kernel's types a
 * second time, all of them, for the number of one function.
 */
#ifndef FIXBUF_CAPTURE_TARGETS_H
#define FIXBUF_CAPTURE_TARGETS_H

struct bpf_link;
struct bpf_object;
struct bpf_program;
struct type_index;

/* Before any object is opened: libbpf asks us from then on. */
void targets_register(void);
/* Has the index look for what the object's programs attach to. */
void targets_want(struct type_index *index, const struct bpf_object *obj);

/*
 * Attaches it as its section says. Not by bpf_program__attach(): from libbpf 1.2 on that knows nothing
 * of a program whose type was set. NULL with errno.
 */
struct bpf_link *targets_attach(const struct bpf_program *prog);

#endif
