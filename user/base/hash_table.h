/* SPDX-License-Identifier: GPL-2.0 */
/*
 * uthash for keys that others choose. With a hash that everybody knows they choose keys that share
 * a bucket, and each look-up goes through all of them. Without memory the program ends with a sentence.
 */
#ifndef FIXBUF_BASE_HASH_TABLE_H
#define FIXBUF_BASE_HASH_TABLE_H

#include "base/alloc.h"
#include "base/hash.h"

#define HASH_FUNCTION(bytes, len, hash)	((hash) = hash_keyed(bytes, len))
#define uthash_fatal(what)		must_have(NULL)

#include <uthash.h>

#endif
