/* SPDX-License-Identifier: GPL-2.0 */
/* Kernel addresses in facts, hidden from who reads the file. */
#ifndef FIXBUF_RECORDING_HIDE_H
#define FIXBUF_RECORDING_HIDE_H

#include <abi/fact.h>
#include "base/address_key.h"

/* Those that were equal stay so, in all facts of one key, and no others are. */
void hide_addresses(const struct address_key *key, struct fact *f);

#endif
