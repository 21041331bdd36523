/* SPDX-License-Identifier: GPL-2.0 */
/* Opening what another user may have put a link in the way of. */
#ifndef FIXBUF_BASE_OPEN_SAFELY_H
#define FIXBUF_BASE_OPEN_SAFELY_H

/*
 * As open(2), and what it creates is ours alone. Links on the way are followed only where nobody but
 * us and root could have made them, links that those lead through among them, else it is -ELOOP; so
 * it is where the last part is one. A folder is to end in "/.", so that it is held to the same. A
 * descriptor or -errno.
 */
int open_safely(const char *path, int flags);
/*
 * A file to print to, created (0666 less the umask), or as it was: to empty it is the caller's; but -ELOOP
 * at a link that others than us and root could have made, and -EPERM at what is another user's in a
 * folder in which others may put something. -EDEADLK at a file that open_input() opened, by this or
 * another name, and -EEXIST at one that begins with .kept (16 bytes at most): these stay as they are.
 * A descriptor or -errno.
 */
int open_output(const char *path, const char *kept);
/*
 * A file to read that whoever runs this names: what is open already may be a pipe, as a shell's <()
 * is; in a folder one is ESPIPE, as what others put there may never have an end. As open(2) it is -1
 * with errno.
 */
int open_input(const char *path);
/* Why that failed, or reading what it gave. */
const char *input_error(int err);

#endif
