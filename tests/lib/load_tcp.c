// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "load_report.h"
#include "load_tcp.h"

size_t load_tcp_unsent(const struct load_tcp *t)
{
	int n = 0;

	must(ioctl(t->out, SIOCOUTQNSD, &n), "SIOCOUTQNSD");
	return n;
}

void load_tcp_fill(struct load_tcp *t)
{
	static const char filler[16384];
	int small = 4096, large = 1 << 20;
	size_t before = 0;

	must(setsockopt(t->in, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)), "SO_RCVBUF");
	must(setsockopt(t->out, SOL_SOCKET, SO_SNDBUF, &large, sizeof(large)), "SO_SNDBUF");
	for (int i = 0; i < 64; i++) {
		ssize_t n = send(t->out, filler, sizeof(filler), MSG_DONTWAIT);

		must(n < 0 ? -errno : 0, "send");
		t->unread += n;
		/* what is still on its way is not unsent for long */
		usleep(20000);
		if (before && load_tcp_unsent(t) >= before + n)
			return;
		before = load_tcp_unsent(t);
	}
	report_skip("the receiver's window has no end");
}

void load_tcp_drain(struct load_tcp *t)
{
	char to[4096];

	while (t->unread) {
		ssize_t n = recv(t->in, to, t->unread < sizeof(to) ? t->unread : sizeof(to), 0);

		must(n <= 0 ? -EIO : 0, "recv");
		t->unread -= n;
	}
}
