// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "http.h"
#include "tool.h"

#define PATIENCE_S 20

int http_connect(int port)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET, .sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct timeval patience = { .tv_sec = PATIENCE_S };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(fd, (struct sockaddr *)&at, sizeof(at))) {
		close(fd);
		return -1;
	}
	return fd;
}

char *http_talk(int port, const char *bytes, size_t len)
{
	int fd = http_connect(port);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
	char *text;
	ssize_t n;

	/* a server that refuses may close the connection while the request is still being sent */
	while (f && len && (n = send(fd, bytes, len, MSG_NOSIGNAL)) > 0) {
		bytes += n;
		len -= n;
	}
	text = stream_text(f);
	if (f)
		fclose(f);
	return text;
}

char *http_get(int port, const char *path, const char *headers)
{
	char request[1024];
	int len = snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n",
			   path, headers);

	return http_talk(port, request, len);
}

int http_status(const char *answer)
{
	int status;

	return sscanf(answer, "HTTP/1.1 %d", &status) == 1 ? status : 0;
}

const char *http_body(const char *answer)
{
	const char *end = strstr(answer, "\r\n\r\n");

	return end ? end + 4 : "";
}
