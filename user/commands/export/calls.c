// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include "base/seccomp.h"
#include "commands/export/calls.h"

#define MAX_RULES	80

struct rules {
	struct syscall_rule list[MAX_RULES];
	size_t nr;
};

/* Memory that is no code, clocks, signals, an end, and descriptors that are there. */
static const struct syscall_rule all[] = {
	{ SYS_mmap, 2, PROT_EXEC, 0 }, { SYS_mprotect, 2, PROT_EXEC, 0 }, { .nr = SYS_munmap },
	{ .nr = SYS_mremap }, { .nr = SYS_brk }, { .nr = SYS_madvise }, { .nr = SYS_futex },
	{ .nr = SYS_getrandom }, { .nr = SYS_sysinfo },
	{ .nr = SYS_clock_gettime }, { .nr = SYS_clock_nanosleep }, { .nr = SYS_nanosleep },
	{ .nr = SYS_gettimeofday },
	{ .nr = SYS_rt_sigreturn }, { .nr = SYS_rt_sigaction }, { .nr = SYS_rt_sigprocmask },
	{ .nr = SYS_restart_syscall }, { .nr = SYS_getpid }, { .nr = SYS_gettid },
	{ .nr = SYS_tgkill }, { .nr = SYS_exit }, { .nr = SYS_exit_group }, { .nr = SYS_wait4 },
	{ .nr = SYS_read }, { .nr = SYS_write }, { .nr = SYS_writev }, { .nr = SYS_close },
	{ .nr = SYS_lseek }, { .nr = SYS_fstat }, { .nr = SYS_newfstatat, 3, 0x1000, 0x1000 },
	{ .nr = SYS_recvmsg }, { .nr = SYS_ppoll }, { .nr = SYS_epoll_pwait },
	{ SYS_fcntl, 1, ~0U, F_GETFD }, { SYS_fcntl, 1, ~0U, F_GETFL },
#ifdef __x86_64__
	{ .nr = SYS_poll }, { .nr = SYS_epoll_wait }, { .nr = SYS_time },
#endif
};

#define BPF_RULE(cmd) { SYS_bpf, 0, ~0U, cmd }

/* Of what is loaded; nothing is loaded or attached any more. */
static const struct syscall_rule loaded[] = {
	BPF_RULE(BPF_MAP_LOOKUP_ELEM), BPF_RULE(BPF_MAP_UPDATE_ELEM),
	BPF_RULE(BPF_MAP_DELETE_ELEM), BPF_RULE(BPF_MAP_GET_NEXT_KEY),
	BPF_RULE(BPF_MAP_LOOKUP_AND_DELETE_ELEM), BPF_RULE(BPF_MAP_LOOKUP_BATCH),
	BPF_RULE(BPF_MAP_LOOKUP_AND_DELETE_BATCH), BPF_RULE(BPF_MAP_DELETE_BATCH),
	BPF_RULE(BPF_PROG_TEST_RUN), BPF_RULE(BPF_ITER_CREATE), BPF_RULE(BPF_OBJ_GET_INFO_BY_FD),
};

static const struct syscall_rule reads_files[] = {
	{ SYS_openat, 2, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY },
	{ .nr = SYS_pread64 }, { .nr = SYS_getdents64 }, { .nr = SYS_readlinkat },
	{ .nr = SYS_newfstatat }, { .nr = SYS_statx }, { .nr = SYS_faccessat },
	{ .nr = SYS_faccessat2 }, { .nr = SYS_setpriority }, { .nr = SYS_uname },
	{ .nr = SYS_ioctl },
#ifdef __x86_64__
	{ .nr = SYS_readlink }, { .nr = SYS_access }, { .nr = SYS_stat },
#endif
};

/*
 * base/patient.h: threads of this process and no other one. glibc ends a process whose later
 * threads cannot register what its first one has (rseq).
 */
static const struct syscall_rule has_threads[] = {
	{ SYS_clone, 0, CLONE_THREAD, CLONE_THREAD }, { .nr = SYS_set_robust_list },
	{ .nr = SYS_rseq },
};

/* Events are disabled before they are closed. */
static const struct syscall_rule ends_events[] = {
	{ SYS_ioctl, 1, ~0U, PERF_EVENT_IOC_DISABLE },
};

/* commands/output_file.c: what was in the file of -o goes with the first that is printed. */
static const struct syscall_rule prints[] = {
	{ .nr = SYS_ftruncate },
};

/* base/signals.h: a reader that takes nothing does not keep us after a signal. */
static const struct syscall_rule ends_late[] = {
	{ .nr = SYS_setitimer }, { .nr = SYS_pipe2 }, { .nr = SYS_dup3 },
#ifdef __x86_64__
	{ .nr = SYS_alarm }, { .nr = SYS_pipe }, { .nr = SYS_dup2 },
#endif
};

static const struct syscall_rule replaces_file[] = {
	{ .nr = SYS_openat }, { .nr = SYS_fchmod }, { .nr = SYS_fsync }, { .nr = SYS_renameat },
	{ .nr = SYS_renameat2 }, { .nr = SYS_unlinkat },
#ifdef __x86_64__
	{ .nr = SYS_rename }, { .nr = SYS_unlink },
#endif
};

static const struct syscall_rule serves[] = {
	{ .nr = SYS_accept4 }, { .nr = SYS_recvfrom }, { .nr = SYS_sendto }, { .nr = SYS_sendmsg },
	{ .nr = SYS_sendfile }, { .nr = SYS_shutdown }, { .nr = SYS_setsockopt },
	{ .nr = SYS_getsockopt }, { .nr = SYS_getsockname }, { .nr = SYS_getpeername },
	{ .nr = SYS_epoll_ctl }, { .nr = SYS_fcntl },
};

/* To begin another program, to see into another process, and to change the machine. */
static const struct syscall_rule nobodys[] = {
	{ .nr = SYS_execve }, { .nr = SYS_execveat }, { .nr = SYS_ptrace },
	{ .nr = SYS_process_vm_readv }, { .nr = SYS_process_vm_writev },
	{ .nr = SYS_mount }, { .nr = SYS_umount2 }, { .nr = SYS_pivot_root }, { .nr = SYS_chroot },
	{ .nr = SYS_setns }, { .nr = SYS_unshare }, { .nr = SYS_init_module },
	{ .nr = SYS_finit_module }, { .nr = SYS_delete_module }, { .nr = SYS_kexec_load },
	{ .nr = SYS_reboot }, { .nr = SYS_swapon }, { .nr = SYS_swapoff }, { .nr = SYS_sethostname },
	{ .nr = SYS_settimeofday }, { .nr = SYS_clock_settime }, { .nr = SYS_keyctl },
	{ .nr = SYS_unlinkat }, { .nr = SYS_renameat2 }, { .nr = SYS_mkdirat }, { .nr = SYS_linkat },
	{ .nr = SYS_symlinkat }, { .nr = SYS_fchmodat }, { .nr = SYS_fchownat },
	{ SYS_openat, 2, O_CREAT, O_CREAT },
#ifdef SYS_pidfd_getfd
	{ .nr = SYS_pidfd_getfd },
#endif
};

static void add(struct rules *r, const struct syscall_rule *list, size_t nr)
{
	memcpy(r->list + r->nr, list, nr * sizeof(*list));
	r->nr += nr;
}

#define ADD(r, list) add(r, list, sizeof(list) / sizeof((list)[0]))

int export_calls_collect(bool writes, bool reads)
{
	/* cgroups of processes */
	static const struct syscall_rule reads_proc[] = {
		{ SYS_openat, 2, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY },
	};
	struct rules r = { .nr = 0 };

	ADD(&r, all);
	ADD(&r, loaded);
	ADD(&r, ends_events);
	ADD(&r, ends_late);
	ADD(&r, prints);
	if (writes)
		ADD(&r, replaces_file);
	if (reads)
		ADD(&r, reads_proc);
	return seccomp_allow(r.list, r.nr);
}

int export_calls_verify(void)
{
	struct rules r = { .nr = 0 };

	ADD(&r, all);
	ADD(&r, loaded);
	ADD(&r, reads_files);
	ADD(&r, has_threads);
	return seccomp_allow(r.list, r.nr);
}

int export_calls_serve(void)
{
	struct rules r = { .nr = 0 };

	ADD(&r, all);
	ADD(&r, serves);
	return seccomp_allow(r.list, r.nr);
}

int export_calls_hash(void)
{
	struct rules r = { .nr = 0 };

	ADD(&r, all);
	return seccomp_allow(r.list, r.nr);
}

int export_calls_remove(void)
{
	static const struct syscall_rule removes[] = {
		{ .nr = SYS_read }, { .nr = SYS_newfstatat }, { .nr = SYS_unlinkat },
		{ .nr = SYS_exit_group },
	};

	return seccomp_allow(removes, sizeof(removes) / sizeof(removes[0]));
}

int export_calls_keep(void)
{
	return seccomp_refuse(nobodys, sizeof(nobodys) / sizeof(nobodys[0]));
}
