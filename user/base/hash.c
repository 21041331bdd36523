// SPDX-License-Identifier: GPL-2.0
#include <stdbool.h>
#include <string.h>
#include <sys/auxv.h>
#include "base/address_key.h"
#include "base/hash.h"

__u64 hash_bytes(const void *bytes, size_t len)
{
	__u64 hash = 0xcbf29ce484222325;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ ((const unsigned char *)bytes)[i]) * 0x100000001b3;
	return hash;
}

__u32 hash_keyed(const void *bytes, size_t len)
{
	/* 16 bytes that the kernel drew for this process: no call, which a filter might refuse */
	static struct address_key key;
	static bool known;

	if (!known)
		memcpy(&key, (const void *)getauxval(AT_RANDOM), sizeof(key));
	known = true;
	return address_key_hash(&key, bytes, len);
}
