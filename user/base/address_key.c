// SPDX-License-Identifier: GPL-2.0
/*
 * A Feistel network of four rounds, each with the keyed hash SipHash-2-4 (Aumasson and Bernstein,
 * "SipHash: a fast short-input PRF"): a permutation of 64 bits.
 */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include "base/address_key.h"
#include "base/err.h"

#define ROUNDS 4
#define FIRST_ADDRESS 4096	/* below there is none, and numbers there have a meaning of their own */

void address_key_new(struct address_key *key)
{
	ssize_t n;

	do {
		n = getrandom(key, sizeof(*key), 0);
	} while (n < 0 && errno == EINTR);
	/* so few bytes come whole */
	if (n != sizeof(*key))
		exit(cannot("cannot make a key: %s", strerror(errno)));
}

static __u64 rotate(__u64 x, unsigned int by)
{
	return x << by | x >> (64 - by);
}

static void mix(__u64 v[4], unsigned int times)
{
	while (times--) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = rotate(v[1], 13) ^ v[0];
		v[3] = rotate(v[3], 16) ^ v[2];
		v[0] = rotate(v[0], 32);
		v[2] += v[1];
		v[0] += v[3];
		v[1] = rotate(v[1], 17) ^ v[2];
		v[3] = rotate(v[3], 21) ^ v[0];
		v[2] = rotate(v[2], 32);
	}
}

__u64 address_key_hash(const struct address_key *key, const void *bytes, size_t len)
{
	__u64 v[4] = {
		key->half[0] ^ 0x736f6d6570736575, key->half[1] ^ 0x646f72616e646f6d,
		key->half[0] ^ 0x6c7967656e657261, key->half[1] ^ 0x7465646279746573,
	};
	size_t words = len / sizeof(__u64) + 1;

	for (size_t i = 0; i < words; i++) {
		__u64 word = 0;

		memcpy(&word, (const char *)bytes + i * sizeof(word),
		       i + 1 < words ? sizeof(word) : len % sizeof(word));
		word = le64toh(word) | (i + 1 < words ? 0 : (__u64)len << 56);
		v[3] ^= word;
		mix(v, 2);
		v[0] ^= word;
	}
	v[2] ^= 0xff;
	mix(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static __u64 permute(const struct address_key *key, __u64 address)
{
	__u32 left = address >> 32, right = address;

	for (__u64 round = 0; round < ROUNDS; round++) {
		__u64 input = round << 32 | right;
		__u32 next = left ^ (__u32)address_key_hash(key, &input, sizeof(input));

		left = right;
		right = next;
	}
	return (__u64)left << 32 | right;
}

__u64 address_hidden(const struct address_key *key, __u64 address)
{
	if (!key || address < FIRST_ADDRESS)
		return address;
	/* on along its cycle, which comes back to an address at the latest with the one it began with */
	do {
		address = permute(key, address);
	} while (address < FIRST_ADDRESS);
	return address;
}

void put_addresses_hidden(FILE *out, const char *text, const struct address_key *key)
{
	while (*text) {
		size_t n = strspn(text, "0123456789abcdef");

		if (n == 16 && strchr("89abcdef", *text))
			fprintf(out, "%016llx", address_hidden(key, strtoull(text, NULL, 16)));
		else
			fwrite(text, 1, n ? n : 1, out);
		text += n ? n : 1;
	}
}
