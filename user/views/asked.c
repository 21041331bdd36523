// SPDX-License-Identifier: GPL-2.0
#include "base/pid.h"
#include "views/asked.h"

void view_asked_json(struct json *j, const struct asked_whom *a)
{
	if (!asked_any(a))
		return;
	json_open(j, "selection");
	json_open_list(j, "processes");
	for (__u32 i = 0; i < a->nr_pids; i++) {
		json_item_open(j);
		json_uint(j, "pid", a->pids[i]);
		json_ns_pid(j, a->ns_pids[i]);
		json_close(j);
	}
	json_close(j);
	json_known(j, "uid", a->has_uid, a->uid);
	json_open_list(j, "comms");
	for (__u32 i = 0; i < a->nr_comms; i++)
		json_item_str(j, a->comms[i]);
	json_close(j);
	json_flag(j, "cgroup", a->cgroup);
	json_flag(j, "program", a->program);
	json_flag(j, "cut", a->cut);
	json_close(j);
}
