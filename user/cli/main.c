// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "base/err.h"
#include "base/output.h"
#include "base/page_size.h"
#include "base/signals.h"
#include "base/system.h"
#include "cli/options.h"
#include "commands/output_file.h"

/*
 * What is opened later must not take the number of a standard stream that our caller closed: what
 * is printed would go there. Writing to such a stream fails as before, as this is read only.
 */
static void fill_standard_streams(void)
{
	int fd = open("/dev/null", O_RDONLY);

	while (fd >= 0 && fd <= STDERR_FILENO)
		fd = open("/dev/null", O_RDONLY);
	if (fd >= 0)
		close(fd);
}

/* Output that did not arrive is a failure, but for a reader who has had enough. */
static int close_output(struct output *o, int status)
{
	int err = 0;

	errno = 0;
	if (fflush(o->out) || ferror(o->out)) {
		/* the stream remembers that an earlier write failed, not why: fail again */
		if (!errno && fputc('\n', o->out) != EOF)
			fflush(o->out);
		err = errno ? errno : EIO;
	}
	if (o->out != stdout && output_file_close(o, status) && !err)
		err = errno;
	if (err && err != EPIPE && status != EXIT_CANNOT)
		return misuse("cannot write to %s: %s; what was printed is incomplete",
			      o->path ? o->path : "standard output", strerror(err));
	return status;
}

static char whole_lines[1 << 16];

int main(int argc, char **argv)
{
	const struct command *cmd;
	void *options;
	struct output *o;
	int status;

	fill_standard_streams();
	signals_begin();
	page_size_set(sysconf(_SC_PAGESIZE));
	cmd = options_parse(argc, argv, &options);
	o = options;
	o->out = stdout;
	/* glibc's own size is a pipe's page: there lines would be written in parts, with a program's between */
	if (!isatty(STDOUT_FILENO))
		setvbuf(stdout, whole_lines, _IOFBF, sizeof(whole_lines));
	o->kernel = system_release();
	status = cmd->opens_output ? 0 : output_file_open(o);
	if (status)
		return status;
	/* not before: opening a FIFO may take a reader that never comes */
	signals_catch();
	status = close_output(o, cmd->run(options));
	options_free(cmd, options);
	return status;
}
