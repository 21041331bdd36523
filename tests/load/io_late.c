// SPDX-License-Identifier: GPL-2.0
/*
 * Registers four buffers, is READY, and reads into the last only when it may go
 * on: COUNT times 512 bytes at offset 4096, seven at a time.
 *   io_late COUNT [renamed|same|spaced]	renamed: under another name than the ring was made; same: all
 *		of one user_data; spaced: one at a time, 20 ms apart
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>
#include "load_report.h"
#include "memory.h"

#define BLOCK	512
#define BATCH	7
#define BUFFERS	4

int main(int argc, char **argv)
{
	struct iovec iov[BUFFERS];
	unsigned int count, done, nr, batch = BATCH;
	struct io_uring ring;
	bool same, spaced;
	int file;

	report_init(&argc, argv);
	count = argc > 1 ? strtoul(argv[1], NULL, 10) : 101;
	same = argc > 2 && !strcmp(argv[2], "same");
	spaced = argc > 2 && !strcmp(argv[2], "spaced");
	if (spaced)
		batch = 1;
	file = must(mem_cached_file(PAGE), "a file to read");
	for (int i = 0; i < BUFFERS; i++)
		iov[i] = (struct iovec){ mem_pages(2), 2 * PAGE };
	must(uring_open(&ring, BATCH), "io_uring_setup");
	must(uring_register(ring.ring_fd, iov, BUFFERS), "register");
	if (argc > 2 && !strcmp(argv[2], "renamed"))
		must(prctl(PR_SET_NAME, "late: worker"), "PR_SET_NAME");
	report_ready();
	for (done = 0; done < count; done += nr) {
		nr = count - done < batch ? count - done : batch;
		if (spaced)
			usleep(20000);
		for (unsigned int i = 0; i < nr; i++) {
			struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);

			io_uring_prep_read_fixed(sqe, file, (char *)iov[3].iov_base + PAGE, BLOCK,
						 0, 3);
			sqe->user_data = same ? 0 : done + i;
		}
		must(io_uring_submit_and_wait(&ring, nr), "io_uring_submit");
		for (unsigned int i = 0; i < nr; i++) {
			struct io_uring_cqe *cqe;

			must(io_uring_wait_cqe(&ring, &cqe), "io_uring_wait_cqe");
			must(cqe->res == BLOCK ? 0 : -EIO, "READ_FIXED");
			io_uring_cqe_seen(&ring, cqe);
		}
	}
	return 0;
}
