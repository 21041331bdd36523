// SPDX-License-Identifier: GPL-2.0
#include "base/pid.h"

const char *fmt_pid(char buf[FMT_LEN], __u32 pid, __u32 ns_pid)
{
	if (!ns_pid)
		snprintf(buf, FMT_LEN, "%u", pid);
	else if (ns_pid == NS_PID_HIDDEN)
		snprintf(buf, FMT_LEN, "%u outside", pid);
	else
		snprintf(buf, FMT_LEN, "%u (%u outside)", ns_pid, pid);
	return buf;
}

void json_ns_pid(struct json *j, __u32 ns_pid)
{
	if (ns_pid)
		json_known(j, "ns_pid", ns_pid != NS_PID_HIDDEN, ns_pid);
}
