// SPDX-License-Identifier: GPL-2.0
/*
 * Through TCP all users of a machine have one address; the kernel says whose socket is at the other
 * end (net/ipv4/inet_diag.c, since 2.6.14 for each user; Linux 3.3 names it sock_diag).
 */
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include "commands/export/peer.h"

union address {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

int peer_open(void)
{
	return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_SOCK_DIAG);
}

bool peer_same(struct peer a, struct peer b)
{
	return a.kind == b.kind && a.value == b.value;
}

static void put_address(const union address *a, __be32 ip[4], __be16 *port)
{
	if (a->sa.sa_family == AF_INET6) {
		memcpy(ip, &a->in6.sin6_addr, sizeof(a->in6.sin6_addr));
		*port = a->in6.sin6_port;
	} else {
		memcpy(ip, &a->in.sin_addr, sizeof(a->in.sin_addr));
		*port = a->in.sin_port;
	}
}

/* The user whose socket of this machine is theirs as .own is ours. */
static bool find_user(int diag, const union address *own, const union address *their, __u64 *uid)
{
	struct {
		struct nlmsghdr head;
		struct inet_diag_req_v2 body;
	} ask = {
		.head = { .nlmsg_len = sizeof(ask), .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			  .nlmsg_flags = NLM_F_REQUEST },
		.body = { .sdiag_family = their->sa.sa_family, .sdiag_protocol = IPPROTO_TCP,
			  .id.idiag_cookie = { INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE } },
	};
	struct {
		struct nlmsghdr head;
		struct inet_diag_msg body;
		char more[512];
	} is;
	ssize_t n;

	put_address(their, ask.body.id.idiag_src, &ask.body.id.idiag_sport);
	put_address(own, ask.body.id.idiag_dst, &ask.body.id.idiag_dport);
	if (send(diag, &ask, sizeof(ask), 0) != sizeof(ask))
		return false;
	/* the kernel answers before send() returns */
	n = recv(diag, &is, sizeof(is), 0);
	if (n < (ssize_t)(sizeof(is.head) + sizeof(is.body)) ||
	    is.head.nlmsg_type != SOCK_DIAG_BY_FAMILY)
		return false;
	/* one that nobody has open any more is told as root's, and so is one that waits for an end */
	if (is.body.idiag_state != TCP_ESTABLISHED && is.body.idiag_state != TCP_CLOSE_WAIT)
		return false;
	*uid = is.body.idiag_uid;
	return true;
}

static struct peer of_address(const union address *a)
{
	const struct in6_addr *ip6 = &a->in6.sin6_addr;
	struct peer p = { .kind = PEER_UNKNOWN };

	if (a->sa.sa_family == AF_INET6 && !IN6_IS_ADDR_V4MAPPED(ip6)) {
		p.kind = PEER_IPV6;
		memcpy(&p.value, ip6, sizeof(p.value));
	} else {
		p.kind = PEER_IPV4;
		p.value = a->sa.sa_family == AF_INET6 ? ip6->s6_addr32[3] : a->in.sin_addr.s_addr;
	}
	return p;
}

struct peer peer_of(int diag, int connection)
{
	struct peer p = { .kind = PEER_UNKNOWN };
	union address own = { 0 }, their = { 0 };
	socklen_t own_len = sizeof(own), their_len = sizeof(their);
	struct ucred user;
	socklen_t user_len = sizeof(user);

	if (getsockname(connection, &own.sa, &own_len) || getpeername(connection, &their.sa, &their_len))
		return p;
	if (own.sa.sa_family == AF_UNIX) {
		if (getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &user, &user_len))
			return p;
		return (struct peer){ .kind = PEER_USER, .value = user.uid };
	}
	if (diag >= 0 && find_user(diag, &own, &their, &p.value)) {
		p.kind = PEER_USER;
		return p;
	}
	return of_address(&their);
}
