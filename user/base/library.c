// SPDX-License-Identifier: GPL-2.0
#include <dlfcn.h>
#include <errno.h>
#include "base/err.h"
#include "base/library.h"

int library_load(const char *soname, const char *const *names, size_t nr, void **to)
{
	void *library = dlopen(soname, RTLD_NOW | RTLD_LOCAL);

	if (!library)
		return err_set(ENOENT, "cannot load %s: %s; install it", soname, dlerror());
	for (size_t i = 0; i < nr; i++) {
		to[i] = dlsym(library, names[i]);
		if (!to[i])
			return err_set(ENOSYS, "%s has no %s(); install the one that this was built for",
				       soname, names[i]);
	}
	return 0;
}
