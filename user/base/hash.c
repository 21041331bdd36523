// SPDX-License-Identifier: GPL-2.0
#include "base/hash.h"

__u64 hash_bytes(const void *bytes, size_t len)
{
	__u64 hash = 0xcbf29ce484222325;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ ((const unsigned char *)bytes)[i]) * 0x100000001b3;
	return hash;
}
