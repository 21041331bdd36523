// SPDX-License-Identifier: GPL-2.0
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/output.h"
#include "base/terminal.h"

bool output_is_coloured(const struct output *to)
{
	const char *no = getenv("NO_COLOR");

	if (to->colour != COLOUR_AUTO)
		return to->colour == COLOUR_ALWAYS;
	/* https://no-color.org: set, and not empty */
	if ((no && *no) || terminal_is_dumb())
		return false;
	return isatty(fileno(to->out));
}

bool output_is_read(const struct output *to)
{
	struct pollfd p = { .fd = fileno(to->out) };

	/* a pipe whose reader has gone shows it before anything is written */
	return !ferror(to->out) && !(poll(&p, 1, 0) > 0 && p.revents & (POLLERR | POLLHUP));
}
