// SPDX-License-Identifier: GPL-2.0
/* fixbuf-trace list: every ring of every process and its registered buffers, now. */
#include "base/err.h"
#include "base/json.h"
#include "capture/snapshot.h"
#include "commands/env.h"
#include "views/rings.h"

static void print(struct env *env, const struct ledger *l, unsigned int unsteady)
{
	if (env->output.json) {
		struct json j = { 0 };

		json_begin(&j, env->output.out);
		/* the walk is the same on every tier and is all that a snapshot takes */
		view_rings_json(&j, &env->output, &env->select, l, TIER_TRACEPOINTS, false);
		json_uint(&j, "unsteady_rings", unsteady);
		json_end(&j);
		json_free(&j);
		return;
	}
	view_rings_text(&env->output, &env->select, l);
	if (unsteady)
		fprintf(env->output.out, "%u ring%s changed too fast to be read; run it again\n", unsteady,
			unsteady == 1 ? "" : "s");
}

int cmd_list(struct env *env)
{
	struct ledger *l = ledger_new();
	struct snapshot s;
	int status = snapshot_open(&s, env, false);

	if (!status && walk_rings(s.walk, l))
		status = cannot("%s", err_text());
	if (!status)
		print(env, l, walk_unsteady(s.walk));
	snapshot_close(&s);
	ledger_free(l);
	return status;
}
