// SPDX-License-Identifier: GPL-2.0
#include "commands/stat/told.h"

void told_add(struct told *t, const struct findings *fs, bool keep)
{
	if (findings_worst(fs) > t->worst)
		t->worst = findings_worst(fs);
	for (size_t i = 0; keep && i < fs->nr; i++) {
		if (finding_index_find(t->index, &fs->list[i]) >= 0)
			continue;
		finding_index_add(&t->index, &fs->list[i], t->list.nr);
		finding_add(&t->list, fs->list[i], "%s", fs->list[i].detail);
	}
}

void told_free(struct told *t)
{
	findings_free(&t->list);
	finding_index_free(&t->index);
}
