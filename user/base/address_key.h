/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kernel addresses as others may read them: one stands for each address, the same one as long as
 * the key lives, and nobody without the key can tell which. Two that differ stay so.
 */
#ifndef FIXBUF_BASE_ADDRESS_KEY_H
#define FIXBUF_BASE_ADDRESS_KEY_H

#include <linux/types.h>
#include <stddef.h>
#include <stdio.h>

struct address_key {
	__u64 half[2];
};

/* A new key, which is written nowhere. */
void address_key_new(struct address_key *key);
/* Of bytes that others chose: who has not the key finds no two that share it but by chance, 1 to 2^64. */
__u64 address_key_hash(const struct address_key *key, const void *bytes, size_t len);
/*
 * What stands for the address. A number below 4096, as 0 for none, is no address and stays what it
 * is. NULL: the address.
 */
__u64 address_hidden(const struct address_key *key, __u64 address);

/* Prints a text with what stands for each address of the kernel in it: 16 digits, the first bit set. */
void put_addresses_hidden(FILE *out, const char *text, const struct address_key *key);

#endif
