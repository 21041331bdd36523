// SPDX-License-Identifier: GPL-2.0
/* fixbuf-trace: one program, one verb a job. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/err.h"
#include "base/signals.h"
#include "base/system.h"
#include "capture/kernel.h"
#include "commands/env.h"
#include "cli/options.h"

/* Output that did not arrive is a failure, but for a reader who has had enough. */
static int close_output(struct env *env, int status)
{
	int err = 0;

	errno = 0;
	if (fflush(env->output.out) || ferror(env->output.out)) {
		/* the stream remembers that an earlier write failed, not why: fail again */
		if (!errno && fputc('\n', env->output.out) != EOF)
			fflush(env->output.out);
		err = errno ? errno : EIO;
	}
	if (env->output.out != stdout && fclose(env->output.out) && !err)
		err = errno;
	if (err && err != EPIPE && status != EXIT_CANNOT)
		return misuse("cannot write to %s: %s; what was printed is incomplete",
			      env->output.path ? env->output.path : "standard output", strerror(err));
	return status;
}

int main(int argc, char **argv)
{
	const struct command *cmd;
	struct env env;
	int status;

	cmd = options_parse(argc, argv, &env);
	signals_catch();
	env.output.out = stdout;
	env.output.kernel = system_release();
	/* record opens its own, once it can record */
	if (env.output.path && cmd->run != cmd_record) {
		env.output.out = fopen(env.output.path, "we");
		if (!env.output.out)
			return misuse("cannot write to %s: %s; name a file that can be created",
				      env.output.path, strerror(errno));
	}
	status = close_output(&env, cmd->run(&env));
	options_free(&env);
	return status;
}
