// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include "base/system.h"

#define FIRST_USER_NAMESPACE	0xeffffffdU	/* PROC_USER_INIT_INO of the kernel */

bool system_capable(unsigned int cap)
{
	unsigned long long effective = 0;
	char line[128];
	FILE *f = fopen("/proc/self/status", "re");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "CapEff: %llx", &effective) == 1)
			break;
	if (f)
		fclose(f);
	return effective >> cap & 1;
}

bool system_first_user_namespace(void)
{
	struct stat st;

	return stat("/proc/self/ns/user", &st) || st.st_ino == FIRST_USER_NAMESPACE;
}

int system_setting(const char *name, int otherwise)
{
	int value = otherwise;
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/sys/kernel/%s", name);
	f = fopen(path, "re");
	if (f && fscanf(f, "%d", &value) != 1)
		value = otherwise;
	if (f)
		fclose(f);
	return value;
}

const char *system_release(void)
{
	static struct utsname u;

	if (!u.release[0])
		uname(&u);
	return u.release;
}
