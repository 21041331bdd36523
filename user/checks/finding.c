// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/alloc.h"
#include "checks/finding.h"

static const struct {
	const char *name;
	enum severity severity;
	const char *remedy;
} tags[NR_FINDING_TAGS] = {
	[STALE_PAGE] = { "stale-page", SEVERITY_ERROR,
		"do not call MADV_DONTNEED, munmap, mmap or mremap on registered memory, use "
		"madvise(MADV_DONTFORK) before a fork, and register the buffer again now" },
	[UNMAPPED_PAGE] = { "unmapped-page", SEVERITY_WARNING,
		"unregister the buffer before its memory is unmapped; unregister it now to give "
		"the memory back" },
	[UNPINNED_PAGE] = { "unpinned-page", SEVERITY_ERROR,
		"stop I/O on this buffer and register it again; this is a kernel fault: report it "
		"with the kernel's version and this finding" },
	[UNCHARGED_PIN] = { "uncharged-pin", SEVERITY_ERROR,
		"unregister the buffers to give the pages back; keep buffers that share a huge "
		"page in one registration and drop them together; kernels up to 7.1 lose the "
		"charge, the kernel series of fixbuf mends it" },
	[OVERCHARGED] = { "overcharged", SEVERITY_WARNING,
		"align buffers to pages and do not let them overlap; register a huge page once "
		"and clone the buffers into other rings (IORING_REGISTER_CLONE_BUFFERS)" },
	[CHARGE_UNDERFLOW] = { "charge-underflow", SEVERITY_ERROR,
		"end the user's processes to get a new account, or grant CAP_IPC_LOCK, which is "
		"not counted; do not clone single buffers out of a shared huge page on 7.2 and "
		"later; the kernel series of fixbuf mends it" },
	[GHOST_PIN] = { "ghost-pin", SEVERITY_INFO,
		"wait for or cancel the I/O in flight; if the pages stay, look for another user of "
		"pinned memory in that process" },
	[BAD_SEGMENT] = { "bad-segment", SEVERITY_ERROR,
		"stop using io_uring fixed buffers on this machine until its kernel is updated: "
		"I/O may reach memory of others (the class of CVE-2023-2598)" },
	[LEAKED_PIN] = { "leaked-pin", SEVERITY_ERROR,
		"report it with the kernel's version; only a reboot gives these pages back" },
	[OVER_LIMIT] = { "over-limit", SEVERITY_ERROR,
		"raise RLIMIT_MEMLOCK (ulimit -l, LimitMEMLOCK=) above what is locked, or register "
		"less: every further registration fails with ENOMEM" },
	[NEAR_LIMIT] = { "near-limit", SEVERITY_WARNING,
		"raise RLIMIT_MEMLOCK (ulimit -l, LimitMEMLOCK=), register less, or grant "
		"CAP_IPC_LOCK: the limit is shared by all processes of the user" },
};

const char *finding_tag_name(enum finding_tag tag)
{
	return tags[tag].name;
}

enum severity finding_severity(enum finding_tag tag)
{
	return tags[tag].severity;
}

const char *severity_name(enum severity s)
{
	static const char *const names[] = { "info", "warning", "error" };

	return names[s];
}

void finding_add(struct findings *fs, struct finding f, const char *detail_fmt, ...)
{
	va_list ap;

	va_start(ap, detail_fmt);
	if (vasprintf(&f.detail, detail_fmt, ap) < 0)
		f.detail = must_alloc(1, 1);
	va_end(ap);
	if (!f.remedy)
		f.remedy = tags[f.tag].remedy;
	/* room doubles: full at each power of two */
	if (!(fs->nr & (fs->nr - 1)))
		fs->list = must_realloc(fs->list, fs->nr ? 2 * fs->nr : 1, sizeof(f));
	fs->list[fs->nr++] = f;
}

void findings_free(struct findings *fs)
{
	for (size_t i = 0; i < fs->nr; i++)
		free(fs->list[i].detail);
	free(fs->list);
	fs->list = NULL;
	fs->nr = 0;
}

int findings_worst(const struct findings *fs)
{
	int worst = -1;

	for (size_t i = 0; i < fs->nr; i++)
		if ((int)finding_severity(fs->list[i].tag) > worst)
			worst = finding_severity(fs->list[i].tag);
	return worst;
}
