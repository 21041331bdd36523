/* SPDX-License-Identifier: GPL-2.0 */
/* What BPF objects the whole machine holds: for machines where no other program makes any. */
#ifndef FIXBUF_BPF_OBJECTS_H
#define FIXBUF_BPF_OBJECTS_H

#define NR_BPF_KINDS 3 /* programs, maps, links */

void bpf_objects_count(unsigned int nr[NR_BPF_KINDS]);
/* Asserts that there are no more than these; waits up to 10 s for the kernel to free the rest. */
void bpf_objects_are_gone(const unsigned int before[NR_BPF_KINDS]);

/*
 * Returns how many programs of anybody are on the raw tracepoints of I/O: beside
 * one, an empty program costs less than alone, so that no ratio to it means anything.
 */
unsigned int bpf_objects_on_io(void);
/* The same of the raw tracepoint of register calls. */
unsigned int bpf_objects_on_calls(void);

#endif
