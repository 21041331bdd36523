/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every finding there is, one row each: a check and its row are all that one takes. Read once for
 * the names (finding.h) and once for what they mean (finding.c), so it has no include guard.
 *
 * FINDING(NAME, .tag, ...): the members of struct finding_traits. Tags are stable: people filter,
 * count and alert by them.
 */
#ifndef FINDING
#error "define FINDING(name, ...) first"
#endif

FINDING(STALE_PAGE,
	.tag = "stale-page", .severity = SEVERITY_ERROR, .scope = SCOPE_SLOT,
	.by_program = true, .replayed_from = TIER_NEVER,
	.remedies = {
		[STALE_REPLACED] = "do not unmap, remap or drop registered memory (munmap, mmap, "
			"mremap, MADV_DONTNEED) and register no child's memory on a ring that it "
			"inherited; unregister it first, and register the buffer again now",
		[STALE_COPIED] = "let the process that registered a buffer do its I/O, or register "
			"it again in the one that goes on with it; madvise(MADV_DONTFORK) keeps "
			"a buffer from being copied, only for whole pages that hold nothing else: "
			"a child that touches them gets SIGSEGV",
		[STALE_DROPPED] = "do not call MADV_DONTNEED on registered memory, nor mremap with "
			"MREMAP_DONTUNMAP, and keep it out of an allocator that does when memory is "
			"freed; unregister it first, and register the buffer again now",
		[STALE_TRUNCATED] = "do not shorten a file while its pages are registered "
			"(F_SEAL_SHRINK keeps a memfd from it); extend it and register the "
			"buffer again now",
		[STALE_PUNCHED] = "do not punch holes (FALLOC_FL_PUNCH_HOLE, MADV_REMOVE) into "
			"registered pages; unregister them first, and register the buffer again "
			"now",
		[STALE_GUARDED] = "do not install guards on registered memory; remove them "
			"(MADV_GUARD_REMOVE) and register the buffer again, or unregister it",
		[STALE_POISONED] = "do not poison registered memory (UFFDIO_POISON); map it anew "
			"and register the buffer again; the kernel's log tells of memory that failed",
	})

FINDING(LOST_TO_STALE_PAGES,
	.tag = "lost-to-stale-pages", .severity = SEVERITY_ERROR, .scope = SCOPE_SLOT,
	.of_io = true, .replayed_from = TIER_NEVER,
	.remedies = {
		[LOST_SINCE_SEEN] = "stop I/O over this buffer and register it again; the finding stale-page says "
			"what to keep from then on. What was read into those pages is to be read again, and what was "
			"written from them to be compared with what should have been",
		[LOST_WITH_A_SLOT] = "wait for the requests that use a buffer, or cancel them, before its memory is "
			"replaced and registered anew; what they read is to be read again",
	})

FINDING(WRONG_BUFFER,
	.tag = "wrong-buffer", .severity = SEVERITY_ERROR, .scope = SCOPE_SLOT,
	.of_io = true, .replayed_from = TIER_NEVER,
	.remedies = { "wait for the requests that were submitted over a slot before another buffer is put "
		"there: one in a link, after a drain or for a worker (IOSQE_ASYNC) takes its buffer only "
		"when it begins" })

FINDING(OVERLAP,
	.tag = "overlap", .severity = SEVERITY_ERROR,
	.info_causes = 1U << OVERLAP_POSSIBLE | 1U << OVERLAP_PLAIN, .scope = SCOPE_SLOT,
	.of_io = true, .replayed_from = TIER_NEVER,
	.remedies = {
		[OVERLAP_CERTAIN] = "wait for the completion of a request before its memory is named by another "
			"one of which either reads into it, link them (IOSQE_IO_LINK) where one is to follow "
			"the other, or give each its own part of a buffer",
		[OVERLAP_POSSIBLE] = "requests of one call are in no order unless they are linked "
			"(IOSQE_IO_LINK), and what is in a link is in none with what is not; wait for the "
			"first, or link them",
		[OVERLAP_PLAIN] = "wait for the completion of a request before its memory is named by another "
			"one of which either reads into it, registered or not",
	})

FINDING(UNMAPPED_PAGE,
	.tag = "unmapped-page", .severity = SEVERITY_WARNING, .scope = SCOPE_SLOT,
	.by_program = true, .replayed_from = TIER_NEVER,
	.remedies = {
		[UNMAPPED_GONE] = "unregister the buffer before its memory is unmapped; unregister "
			"it now to give the memory back",
		[UNMAPPED_MOVED] = "do not move registered memory (mremap, realloc); register the "
			"buffer at its new address",
		[UNMAPPED_KEPT] = "leave FD_CLOEXEC set on the ring's descriptor, as io_uring_setup() "
			"sets it, so that exec closes it, and close it in a child of fork that does "
			"not use it; close it now in the process that kept it",
		[UNMAPPED_OTHERS] = "register memory in the process that does its I/O, on a ring of "
			"its own: a child of fork inherits the ring, not the other way round",
	})

FINDING(UNPINNED_PAGE,
	.tag = "unpinned-page", .severity = SEVERITY_ERROR, .scope = SCOPE_SLOT,
	.replayed_from = TIER_NEVER,
	.remedies = { "stop I/O on this buffer and register it again; this is a kernel fault: "
		"report it with the kernel's version and this finding" })

FINDING(UNCHARGED_PIN,
	.tag = "uncharged-pin", .severity = SEVERITY_ERROR, .scope = SCOPE_MM,
	.rest_ns = CALL_REST_NS, .replayed_from = TIER_TRACEPOINTS,
	.remedies = { "unregister the buffers to give the pages back; keep buffers that share a "
		"huge page in one registration and drop them together; kernels up to 7.1 lose the "
		"charge, the kernel series of fixbuf repairs this" })

FINDING(OVERCHARGED,
	.tag = "overcharged", .severity = SEVERITY_WARNING, .scope = SCOPE_MM, .by_cause = true,
	.rest_ns = CALL_REST_NS, .replayed_from = TIER_TRACEPOINTS,
	.remedies = {
		[OVERCHARGED_SOMEHOW] = "unregister the buffer and register it again; if it stays so, "
			"report it with the kernel's version and this finding",
		[OVERCHARGED_BY_OVERLAP] = "do not let buffers overlap",
		[OVERCHARGED_BY_RINGS] = "register the memory once and clone the buffers into the "
			"other rings (IORING_REGISTER_CLONE_BUFFERS, from 6.12 on)",
		[OVERCHARGED_BY_EDGES] = "align buffers to pages (posix_memalign; for fio "
			"--iomem_align=4096, where pages have 4 KiB)",
		[OVERCHARGED_BY_ALIASES] = "map the file once, or register one of its mappings",
	})

FINDING(CHARGE_UNDERFLOW,
	.tag = "charge-underflow", .severity = SEVERITY_ERROR, .scope = SCOPE_MM,
	.by_level = true, .replayed_from = TIER_TRACEPOINTS,
	.remedies = { "end the user's processes to get a new account, or grant CAP_IPC_LOCK, which "
		"is not counted; do not clone single buffers out of a shared huge page on 7.2 and "
		"later; the kernel series of fixbuf repairs this" })

FINDING(GHOST_PIN,
	.tag = "ghost-pin", .severity = SEVERITY_INFO, .scope = SCOPE_MM,
	/* where releases are not seen, a recording does not say when a late one came */
	.rest_ns = RELEASE_REST_NS, .replayed_from = TIER_KPROBES,
	.remedies = { "wait, or cancel the I/O in flight; if the pages stay, look for another user of "
		"pinned memory in that process" })

FINDING(HEAP_BUFFER,
	.tag = "heap-buffer", .severity = SEVERITY_INFO, .scope = SCOPE_RING,
	.by_verify = true, .replayed_from = TIER_NEVER,
	.remedies = { "nothing needs to be done if the buffer is unregistered before free(); memory of its "
		"own, by mmap(), or of whole pages, by aligned_alloc(), is shared with nothing else" })

FINDING(UNEXPLAINED_CHARGE,
	.tag = "unexplained-charge", .severity = SEVERITY_WARNING,
	.info_causes = 1U << UNEXPLAINED_LITTLE, .scope = SCOPE_MM,
	/* a recording does not tell all processes' accounts */
	.replayed_from = TIER_NEVER,
	.remedies = {
		[UNEXPLAINED_MUCH] = "look for its other users: perf record, AF_XDP sockets, "
			"zero-copy sends, VFIO, iommufd, RDMA, vDPA; if there are none, end the "
			"processes that had the ring",
		[UNEXPLAINED_LITTLE] = "nothing needs to be done unless it grows; perf, AF_XDP, "
			"zero-copy sends, VFIO, iommufd, RDMA and vDPA count there too",
	})

FINDING(BAD_SEGMENT,
	.tag = "bad-segment", .severity = SEVERITY_ERROR, .scope = SCOPE_SLOT,
	.replayed_from = TIER_NEVER,
	.remedies = { "stop using io_uring fixed buffers on this machine until its kernel is "
		"updated: I/O may reach memory of others (the class of CVE-2023-2598)" })

FINDING(LEAKED_PIN,
	.tag = "leaked-pin", .severity = SEVERITY_ERROR, .scope = SCOPE_RING,
	.replayed_from = TIER_KPROBES,
	.remedies = { "report it with the kernel's version; only a reboot gives these pages back" })

FINDING(OVER_LIMIT,
	.tag = "over-limit", .severity = SEVERITY_ERROR, .scope = SCOPE_USER,
	.by_level = true, .replayed_from = TIER_TRACEPOINTS,
	.remedies = { "raise RLIMIT_MEMLOCK (ulimit -l, LimitMEMLOCK= in the unit, --ulimit "
		"memlock= for a container) above what is locked, or register less: every further "
		"registration under that limit fails with ENOMEM" })

FINDING(NEAR_LIMIT,
	.tag = "near-limit", .severity = SEVERITY_WARNING, .scope = SCOPE_USER,
	.by_level = true, .replayed_from = TIER_TRACEPOINTS,
	.remedies = { "raise RLIMIT_MEMLOCK (ulimit -l, LimitMEMLOCK= in the unit, --ulimit "
		"memlock= for a container), register less, or grant "
		"CAP_IPC_LOCK: what is locked counts for all processes of the user, each against "
		"its own limit" })

FINDING(STUCK_REQUEST,
	.tag = "stuck-request", .severity = SEVERITY_WARNING,
	.info_causes = 1U << STUCK_BY_DESIGN | 1U << STUCK_SOMEHOW, .scope = SCOPE_SLOT,
	.of_io = true, .replayed_from = TIER_NEVER,
	.remedies = {
		[STUCK_ON_DEVICE] = "look at the device or file system (frozen, unreachable, failing: dmesg), "
			"and at the request that it may be linked behind; its buffer stays pinned and "
			"charged until it ends",
		[STUCK_ON_PROGRAM] = "let the program ask for completions (io_uring_enter() with "
			"IORING_ENTER_GETEVENTS): on a ring with IORING_SETUP_DEFER_TASKRUN, COOP_TASKRUN "
			"or IOPOLL requests end only then; if it does, look at the device or file system",
		[STUCK_BY_DESIGN] = "nothing needs to be done if the other side may be silent for so long; "
			"else cancel it (IORING_OP_ASYNC_CANCEL): its buffer stays pinned and charged "
			"until it ends",
		[STUCK_SOMEHOW] = "look at what it reads or writes: of a socket or a pipe it may wait for "
			"long; its buffer stays pinned and charged until it ends",
		[STUCK_BY_END] = "cancel it on that ring (IORING_OP_ASYNC_CANCEL or, from 6.0 on, "
			"IORING_REGISTER_SYNC_CANCEL), or close the last descriptor of the ring: it cannot succeed any "
			"more, as it fails with ECANCELED when its pipe or socket is ready, and its buffer stays "
			"pinned and charged until then; submit from a process that stays",
	})

FINDING(CQ_OVERFLOW,
	.tag = "cq-overflow", .severity = SEVERITY_WARNING, .scope = SCOPE_RING,
	.of_io = true, .replayed_from = TIER_NEVER,
	.remedies = { "make the completion ring as large as the number of requests that may be under way "
		"(IORING_SETUP_CQSIZE), or reap before more is submitted; what finds no place is kept "
		"in allocated memory, and a ring in that state may refuse to take requests (EBUSY)" })

FINDING(FAILING_IO,
	.tag = "failing-io", .severity = SEVERITY_WARNING, .info_causes = 1U << FAILING_PEER,
	.scope = SCOPE_RING, .of_io = true, .replayed_from = TIER_NEVER,
	.remedies = {
		[FAILING_REQUEST] = "correct what the program asks for: under \"What failed, and why\" (in JSON "
			"io_failures) each kind has its cause and what to do",
		[FAILING_DEVICE] = "look at the device or file system (dmesg, df): the request was taken, and "
			"it failed there",
		[FAILING_PEER] = "nothing needs to be done if the program expects it: the other side had "
			"nothing to say, or was gone",
	})

FINDING(PUNTED,
	.tag = "punted", .severity = SEVERITY_INFO, .scope = SCOPE_RING, .of_io = true,
	.replayed_from = TIER_NEVER,
	.remedies = {
		[PUNTED_FORCED] = "leave IOSQE_ASYNC out: what must wait gets a worker without it; for an order "
			"of requests use links (IOSQE_IO_LINK) in place of IOSQE_IO_DRAIN",
		[PUNTED_TO_WAIT] = "under \"What took a slower way, and why\" (in JSON io_slower) each kind has its "
			"cause; what a worker does takes longer than what is done at once",
	})

/* Told by the call itself: no loss makes it doubtful. Passes of verify and export come too seldom. */
FINDING(IN_USE_AT_UNREGISTER,
	.tag = "in-use-at-unregister", .severity = SEVERITY_INFO, .scope = SCOPE_SLOT,
	.of_io = true, .replayed_from = TIER_TRACEPOINTS,
	.remedies = { "wait for the requests that use a buffer, or cancel them, before it is unregistered or "
		"replaced, if its memory is to be free or used again then: until they end they read and "
		"write it" })
