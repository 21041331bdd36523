/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's types, with only the fields that are read. CO-RE relocates each
 * access by name, so order and padding here mean nothing. A suffix ___x makes a
 * flavour: the same kernel type as another version declares it. Flavours stand
 * beside the one accessor that knows them.
 */
#ifndef FIXBUF_BPF_KERNEL_TYPES_H
#define FIXBUF_BPF_KERNEL_TYPES_H

#include <linux/bpf.h>
#include <stdbool.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct { int counter; } atomic_t;
typedef struct { __s64 counter; } atomic64_t;
typedef struct { long counter; } atomic_long_t;
typedef struct { atomic_t refs; } refcount_t;
typedef struct { unsigned int val; } kuid_t;

struct user_struct {
	kuid_t uid;
	atomic_long_t locked_vm;
};

struct user_namespace {
	struct user_namespace *parent;
	int level;
	kuid_t owner;
};

struct cred {
	kuid_t uid;
	struct user_struct *user;
	struct user_namespace *user_ns;
};

struct mm_struct {
	atomic64_t pinned_vm;
};

struct rlimit {
	unsigned long rlim_cur;
	unsigned long rlim_max;
};

#define RLIMIT_MEMLOCK 8

struct signal_struct {
	atomic_t live;
	unsigned int flags;
	int group_exit_code;
	struct rlimit rlim[16];
};

struct file_operations;

struct file_system_type {
	const char *name;
};

struct super_block {
	unsigned long s_magic;
	unsigned int s_dev;
	struct file_system_type *s_type;
};

struct qstr {
	const unsigned char *name;
};

struct dentry {
	struct qstr d_name;
};

struct xarray {
	void *xa_head;
};

struct address_space;

struct inode {
	struct super_block *i_sb;
	struct address_space *i_mapping;
	unsigned long i_ino;
	long long i_size;
	unsigned short i_mode;
};

struct address_space {
	struct xarray i_pages;
	struct inode *host;
};

struct path {
	struct dentry *dentry;
};

struct file {
	const struct file_operations *f_op;
	void *private_data;
	struct inode *f_inode;
	struct path f_path;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct mm_struct;

struct vm_area_struct {
	struct mm_struct *vm_mm;
	unsigned long vm_start;
	unsigned long vm_end;
	unsigned long vm_flags;
	unsigned long vm_pgoff;
	struct file *vm_file;
};

#define IO_RINGFD_REG_MAX 16

#define XA_SLOTS 64	/* 16 with CONFIG_BASE_SMALL */
#define XA_NODE_MARK 2UL	/* in the two low bits of what an xarray holds: a node, not an entry */

struct xa_node {
	unsigned char shift;
	void *slots[XA_SLOTS];
};

struct bpf_array {
	void *pptrs[1];
};

struct percpu_counter {
	__s64 count;
	__s32 *counters;
};

struct io_uring_task {
	int cached_refs;	/* not in 5.10 */
	struct file *registered_rings[IO_RINGFD_REG_MAX];
	struct xarray xa;
	struct percpu_counter inflight;
};

struct io_ring_ctx;

/* A task's entry of a ring that it made or submitted to. */
struct io_tctx_node {
	struct task_struct *task;
	struct io_ring_ctx *ctx;
};

struct pid_namespace;

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	unsigned int level;
	struct upid numbers[1];
};

struct task_struct {
	unsigned int flags;
	int pid;
	int tgid;
	char comm[16];
	void *stack;
	struct mm_struct *mm;
	struct task_struct *group_leader;
	struct pid *thread_pid;
	struct task_struct *real_parent;
	const struct cred *cred;
	struct signal_struct *signal;
	struct files_struct *files;
	struct io_uring_task *io_uring;
	unsigned long min_flt, maj_flt;
	__u64 start_boottime;
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	__u32 fd;
	struct file *file;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

struct bio_vec {
	struct page *bv_page;
	unsigned int bv_len;
	unsigned int bv_offset;
};

struct work_struct {
	void *func;
};

struct io_mapped_ubuf;

struct io_rsrc_node {
	__u8 type;
	int refs;
	struct io_mapped_ubuf *buf;
};

struct io_rsrc_data {
	unsigned int nr;
	struct io_rsrc_node **nodes;
};

struct percpu_ref_data {
	atomic_long_t count;
	struct percpu_ref *ref;
};

struct percpu_ref {
	unsigned long percpu_count_ptr;
	struct percpu_ref_data *data;
};

struct mutex {
	atomic_long_t owner;
};

struct io_ring_ctx {
	struct percpu_ref refs;
	struct mutex uring_lock;
	unsigned int flags;
	unsigned int sq_entries;
	unsigned int cq_entries;
	struct user_struct *user;
	struct mm_struct *mm_account;
	void *rings;
	struct work_struct exit_work;
	struct task_struct *submitter_task;
};

struct page {
	unsigned long compound_head;
	atomic_t _refcount;
};

#pragma clang attribute pop

/* Errors that calls return, here positive. <errno.h> would need the headers of an architecture. */
#define EPERM		1
#define EINTR		4
#define EBADF		9
#define ENOMEM		12
#define EACCES		13
#define EFAULT		14
#define EBUSY		16
#define EEXIST		17
#define ENOSYS		38
#define ETIME		62
#define EBADFD		77
#define EOPNOTSUPP	95
#define ERESTARTSYS	512

#endif
