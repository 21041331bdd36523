/* SPDX-License-Identifier: GPL-2.0 */
/* One table of the functions and tracepoints that tell pins, charges and kernel buffers. */
#ifndef FIXBUF_CAPTURE_HOOK_TABLE_H
#define FIXBUF_CAPTURE_HOOK_TABLE_H

#include <abi/hits.h>
#include <stdbool.h>
#include "capture/prototype.h"

struct fixbuf_bpf;

enum need { NEED_PIN, NEED_UNPIN, NR_NEEDS, NEED_NONE = NR_NEEDS };

struct probe {
	const char *fact;
	const char *func;	/* or tracepoint */
	const char *program;	/* f_NAME, f_NAME_end, k_NAME, k_NAME_end or, of a tracepoint, p_NAME */
	enum need need;		/* of those that share one the first that fits is taken */
	bool at_return;		/* too */
	const char *with;	/* of use only with this other .program */
	enum hit hit;		/* what our own buffers must bring about */
	const char *good;
	/* NULL when it is the function we mean; sets what the programs must know of it. */
	const char *(*fits)(const struct prototype *p, struct fixbuf_bpf *skel);
	bool tracepoint;
};

#define NR_PROBES 19

extern const struct probe exact_probes[NR_PROBES];

#endif
