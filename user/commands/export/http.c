// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/child.h"
#include "base/descriptor.h"
#include "base/err.h"
#include "commands/export/http.h"
#include "commands/export/serve.h"

#define REAP_MS 2000
#define BACKLOG 1024	/* whoever connects while many do is refused no sooner */
#define UNIX "unix:"

/* "ADDR:PORT", "[ADDR]:PORT"; without ADDR it is every IPv4 address. 0 or -1. */
static int split(const char *address, char *host, size_t size, const char **port)
{
	const char *colon = strrchr(address, ':');
	size_t len = colon ? colon - address : 0;

	if (!colon || !colon[1])
		return -1;
	if (len >= 2 && address[0] == '[' && colon[-1] == ']') {
		address++;
		len -= 2;
	} else if (memchr(address, ':', len)) {
		return -1;
	}
	if (len >= size)
		return -1;
	memcpy(host, address, len);
	host[len] = 0;
	*port = colon + 1;
	return 0;
}

union address {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

/* Numbers only, nothing that a name server would have to say. 0 or -1. */
static int parse(const char *address, union address *at, socklen_t *len)
{
	const char *port_text;
	char host[128], *end;
	unsigned long port;

	memset(at, 0, sizeof(*at));
	if (split(address, host, sizeof(host), &port_text))
		return -1;
	port = strtoul(port_text, &end, 10);
	if (*end || *port_text < '0' || *port_text > '9' || port > 65535)
		return -1;
	if (!host[0] || inet_pton(AF_INET, host, &at->in.sin_addr) == 1) {
		at->in.sin_family = AF_INET;
		at->in.sin_port = htons(port);
		*len = sizeof(at->in);
		return 0;
	}
	at->in6.sin6_family = AF_INET6;
	at->in6.sin6_port = htons(port);
	*len = sizeof(at->in6);
	return inet_pton(AF_INET6, host, &at->in6.sin6_addr) == 1 ? 0 : -1;
}

/* With the port that the kernel chose, when that was left to it. */
static void note_address(struct export_http *h)
{
	union address at;
	socklen_t len = sizeof(at);
	char host[INET6_ADDRSTRLEN];

	if (getsockname(h->listener, &at.sa, &len))
		return;
	if (at.sa.sa_family == AF_INET) {
		h->loopback = ntohl(at.in.sin_addr.s_addr) >> 24 == 127;
		inet_ntop(AF_INET, &at.in.sin_addr, host, sizeof(host));
		snprintf(h->address, sizeof(h->address), "%s:%u", host, ntohs(at.in.sin_port));
	} else {
		h->loopback = IN6_IS_ADDR_LOOPBACK(&at.in6.sin6_addr);
		inet_ntop(AF_INET6, &at.in6.sin6_addr, host, sizeof(host));
		snprintf(h->address, sizeof(h->address), "[%s]:%u", host, ntohs(at.in6.sin6_port));
	}
}

int export_http_listen(struct export_http *h, const char *address)
{
	union address at;
	socklen_t len;
	int one = 1;

	h->listener = h->asked = -1;
	if (!strncmp(address, UNIX, strlen(UNIX))) {
		h->loopback = true;
		return unix_socket_listen(&h->local, address + strlen(UNIX), &h->listener);
	}
	if (parse(address, &at, &len))
		return misuse("'%s' is not an address to listen at; give ADDR:PORT, as 127.0.0.1:9836 or [::1]:9836, or unix:PATH",
			      address);
	h->listener = socket(at.sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (h->listener >= 0)
		setsockopt(h->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (h->listener < 0 || bind(h->listener, &at.sa, len) || listen(h->listener, BACKLOG))
		return cannot("cannot listen at %s: %s; choose another --listen", address,
			      strerror(errno));
	note_address(h);
	return 0;
}

int export_http_start(struct export_http *h, const struct web_config *web, const char *hosts,
		      __u64 stale_ns)
{
	struct timeval patience = { .tv_sec = 5 };
	struct serve_how how = {
		.parent = getpid(), .hosts = hosts, .stale_ns = stale_ns, .web = web,
	};
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return cannot("cannot make a pair of sockets: %s", strerror(errno));
	h->pid = fork();
	if (h->pid < 0)
		return cannot("cannot start the HTTP server: %s", strerror(errno));
	if (!h->pid) {
		prctl(PR_SET_NAME, "fixbuf-http");
		close(ends[0]);
		/* a terminal's Ctrl-C is for the process that started us: we end with it */
		signal(SIGINT, SIG_IGN);
		signal(SIGTERM, SIG_DFL);
		how.listener = h->listener;
		how.collector = ends[1];
		_exit(export_serve(&how));
	}
	close(ends[1]);
	close(h->listener);
	h->listener = -1;
	h->asked = ends[0];
	setsockopt(h->asked, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	return 0;
}

int export_http_wants(struct export_http *h, enum metrics_format *format)
{
	char c;

	if (read(h->asked, &c, 1) != 1)
		return -1;
	*format = c == SERVE_ASK_TEXT ? METRICS_TEXT : METRICS_OPENMETRICS;
	return 0;
}

int export_http_answer(struct export_http *h, enum metrics_format format, const char *text,
		       size_t len)
{
	const struct serve_answer head = { .format = format, .len = len };

	if (descriptor_write(h->asked, &head, sizeof(head)))
		return -1;
	return descriptor_write(h->asked, text, len);
}

void export_http_stop(struct export_http *h)
{
	if (h->listener >= 0)
		close(h->listener);
	if (h->asked >= 0)
		close(h->asked);
	h->listener = h->asked = -1;
	/* it may be another user's: it ends with its socket, not by a signal */
	if (h->pid > 0)
		child_reap(h->pid, REAP_MS);
	h->pid = 0;
	unix_socket_end(&h->local);
}
