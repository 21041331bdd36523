/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A process has an id in each pid namespace down to its own. .pid is the one in the initial
 * namespace, by which processes are told apart; .ns_pid is the one that our /proc shows, as in facts
 * (abi/fact.h): 0 where that is the same, NS_PID_HIDDEN where /proc does not show the process.
 */
#ifndef FIXBUF_BASE_PID_H
#define FIXBUF_BASE_PID_H

#include "base/fmt.h"
#include "base/json.h"
#include "base/untrusted.h"

/* "812", "7 (812 outside)", "812 outside". Returns buf. */
const char *fmt_pid(char buf[FMT_LEN], __u32 pid, __u32 ns_pid);

#define PID_TEXT(pid, ns_pid)	fmt_pid((char[FMT_LEN]){ 0 }, pid, ns_pid)

/* "812 (fio)", or "812" where no name is known. Returns buf. */
#define WHO_LEN (FMT_LEN + TAMED_COMM_SIZE + 4)
const char *fmt_who(char buf[WHO_LEN], __u32 pid, __u32 ns_pid, const struct comm *comm);

#define WHO_TEXT(pid, ns_pid, comm)	fmt_who((char[WHO_LEN]){ 0 }, pid, ns_pid, &(comm))

/* The id that our /proc has it by, 0 = it has it not. */
static inline __u32 pid_in_proc(__u32 pid, __u32 ns_pid)
{
	return !ns_pid ? pid : ns_pid == NS_PID_HIDDEN ? 0 : ns_pid;
}

/* Adds "ns_pid" where the two differ; null when the process is hidden. */
void json_ns_pid(struct json *j, __u32 ns_pid);
/*
 * Whether a process of the initial namespace is known to have ended: its number is nobody's, or all that is
 * left of it is a zombie.
 */
bool pid_has_ended(__u32 pid);
/* How long ago a process of /proc was made, ~0 = not known. */
__u64 pid_age_ns(__u32 pid);

#endif
