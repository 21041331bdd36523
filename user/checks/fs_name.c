// SPDX-License-Identifier: GPL-2.0
#include <stddef.h>
#include <stdio.h>
#include "checks/fs_name.h"

const char *fs_name(__u32 magic)
{
	static const struct { __u32 magic; const char *name; } known[] = {
		{ 0xef53, "ext4" }, { 0x58465342, "xfs" }, { 0x9123683e, "btrfs" },
		{ 0x01021994, "tmpfs" }, { 0x858458f6, "ramfs" }, { 0x794c7630, "overlayfs" },
		{ 0x01021997, "9p" }, { 0x6969, "nfs" }, { 0x65735546, "fuse" },
		{ 0x5345434d, "secret memory" }, { 0x09041934, "an anonymous inode" },
		{ 0x958458f6, "hugetlbfs" },
		{ 0x2fc12fc1, "zfs" }, { 0xf2f52010, "f2fs" }, { 0x9fa0, "proc" },
		{ 0x6e736673, "a namespace" }, { 0x62656572, "sysfs" }, { 0x63677270, "cgroup2" },
		{ 0x0027e0eb, "cgroup" }, { 0x64626720, "debugfs" }, { 0x74726163, "tracefs" },
		{ 0x73636673, "securityfs" }, { 0x50495045, "a pipe" }, { 0x534f434b, "a socket" },
		{ 0x62646576, "a block device" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].magic == magic)
			return known[i].name;
	return NULL;
}

const char *fs_text(char buf[FS_NAME_LEN], __u32 magic)
{
	const char *name = fs_name(magic);

	if (name)
		snprintf(buf, FS_NAME_LEN, "%s", name);
	else
		snprintf(buf, FS_NAME_LEN, "file system 0x%x", magic);
	return buf;
}
