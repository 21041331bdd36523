// SPDX-License-Identifier: GPL-2.0
/* Owners by cgroup: who is one, and what looking that up costs at most. */
#include "facts.h"
#include "commands/export/model.h"

static const struct selection everybody;

#define SECOND 1000000000ULL

static struct export_model m;
static unsigned int nr_reads;

static bool read_none(__u32 pid, char path[CGROUP_LABEL])
{
	(void)pid, (void)path;
	nr_reads++;
	return false;
}

static bool read_folder(__u32 pid, char path[CGROUP_LABEL])
{
	nr_reads++;
	snprintf(path, CGROUP_LABEL, "/pod%u", pid % 2);
	return true;
}

static int set_up(void **state)
{
	(void)state;
	export_model_init(&m, EXPORT_BY_CGROUP, 3, &everybody);
	cgroups_init(&m.cgroups, read_folder);
	cgroups_begin(&m.cgroups, SECOND);
	nr_reads = 0;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	export_model_free(&m);
	return 0;
}

static void call_of_pid(__u32 pid, __u32 uid)
{
	struct fact_call c = fact_call(RING, CALL_REGISTER, 1, 1, 0);

	c.h.pid = pid;
	c.h.uid = uid;
	export_call(&m, &c, NULL);
}

static const struct owner *in_cgroup(const char *path)
{
	for (struct owner *o = m.owners; o; o = o->hh.next)
		if (!strcmp(o->cgroup, path))
			return o;
	return NULL;
}

/* Processes of one group are one owner, and each is read once. */
static void by_cgroup(void **state)
{
	(void)state;
	for (int n = 0; n < 7; n++)
		for (__u32 pid = 10; pid < 15; pid++)
			call_of_pid(pid, 1000);
	assert_int_equal(nr_reads, 5);
	assert_int_equal(HASH_COUNT(m.owners), 2);
	assert_int_equal(in_cgroup("/pod0")->calls[0].count, 21);
	assert_int_equal(in_cgroup("/pod1")->calls[0].count, 14);
	/* after a while, whoever has the id then */
	cgroups_begin(&m.cgroups, SECOND + CGROUP_FRESH_NS);
	call_of_pid(10, 1000);
	assert_int_equal(nr_reads, 6);
	/* who is gone meanwhile stays where it was */
	m.cgroups.read = read_none;
	cgroups_begin(&m.cgroups, SECOND + 3 * CGROUP_FRESH_NS);
	call_of_pid(11, 1000);
	assert_int_equal(in_cgroup("/pod1")->calls[0].count, 15);
	/* another user's process is another one */
	call_of_pid(11, 1001);
	assert_int_equal(in_cgroup("")->key.uid, 1001);
}

/* Whoever has many processes takes a bounded part of what is read, and the others have theirs. */
static void cgroup_reads(void **state)
{
	(void)state;
	for (__u32 pid = 1; pid <= 10 * CGROUP_READS_OF_USER; pid++)
		call_of_pid(pid, 1000);
	assert_int_equal(nr_reads, CGROUP_READS_OF_USER);
	call_of_pid(100001, 1001);
	assert_int_equal(nr_reads, CGROUP_READS_OF_USER + 1);
	for (__u32 uid = 2000; uid < 2000 + 2 * CGROUP_READS; uid++)
		call_of_pid(200000 + uid, uid);
	assert_int_equal(nr_reads, CGROUP_READS);
	cgroups_begin(&m.cgroups, 2 * SECOND);
	call_of_pid(300001, 1000);
	assert_int_equal(nr_reads, CGROUP_READS + 1);
	assert_true(HASH_COUNT(m.owners) <= 3);
}

/* Passes of a collection, over so many processes; how many have no group in the last. */
static unsigned int unknown_after(unsigned int passes, __u32 nr, __u32 uid)
{
	unsigned int unknown = 0;

	for (unsigned int i = 0; i < passes; i++) {
		cgroups_begin(&m.cgroups, (1 + 30 * i) * SECOND);
		unknown = 0;
		for (__u32 pid = 1; pid <= nr; pid++)
			unknown += !cgroups_id(&m.cgroups, pid, uid);
	}
	return unknown;
}

/* Thousands of containers, of one user or of root: each gets its turn, also beside those that are read again. */
static void crowd(void **state)
{
	(void)state;
	assert_int_equal(unknown_after(2, 1009, 0), 0);
	tear_down(state);
	set_up(state);
	assert_int_equal(unknown_after(1009 / (CGROUP_READS_OF_USER / 2) + 1, 1009, 1000), 0);
	/* more than half of all that are remembered */
	tear_down(state);
	set_up(state);
	assert_int_equal(unknown_after(40, CGROUPS_KNOWN / 2 + 1009, 0), 0);
}

/* Of processes that move to another each time. */
static bool read_new_folder(__u32 pid, char path[CGROUP_LABEL])
{
	nr_reads++;
	snprintf(path, CGROUP_LABEL, pid > 1000000 ? "/pod%u" : "/pod%u.%u", pid, nr_reads);
	return true;
}

/* Of the processes that are remembered a user has a quarter: others find room, and new ones of his when those are gone. */
static void share(void **state)
{
	__u32 known = 0, nr = CGROUPS_OF_USER + 1009;

	(void)state;
	m.cgroups.read = read_new_folder;
	for (__u32 n = 1; n <= 4 * CGROUPS_OF_USER / CGROUP_READS_OF_USER; n++) {
		cgroups_begin(&m.cgroups, SECOND + n);
		for (__u32 pid = 1; pid <= nr; pid++)
			cgroups_id(&m.cgroups, pid, 1000);
	}
	for (__u32 pid = 1; pid <= nr; pid++)
		known += !!cgroups_id(&m.cgroups, pid, 1000);
	assert_int_equal(known, CGROUPS_OF_USER);
	assert_int_not_equal(cgroups_id(&m.cgroups, 1000001, 1001), 0);
	cgroups_begin(&m.cgroups, 2 * SECOND);
	assert_int_equal(cgroups_id(&m.cgroups, nr + 1, 1000), 0);
	cgroups_begin(&m.cgroups, 3 * SECOND);
	assert_int_not_equal(cgroups_id(&m.cgroups, nr + 1, 1000), 0);
}

/* One user's groups without end are forgotten at a quarter, and no other's. */
static void share_of_names(void **state)
{
	__u64 now = SECOND, of_other, first;

	(void)state;
	m.cgroups.read = read_new_folder;
	first = cgroups_id(&m.cgroups, 1, 1000);
	of_other = cgroups_id(&m.cgroups, 1000001, 1001);
	for (int i = 0; i < 2 * CGROUPS_KNOWN / (CGROUP_READS_OF_USER / 2); i++) {
		cgroups_begin(&m.cgroups, now += 2 * CGROUP_FRESH_NS);
		for (__u32 pid = 1; pid <= CGROUP_READS_OF_USER / 2; pid++)
			cgroups_id(&m.cgroups, pid, 1000);
		/* not forgotten: a read that fails changes nothing */
		m.cgroups.read = read_none;
		assert_int_equal(cgroups_id(&m.cgroups, 1000001, 1001), of_other);
		assert_string_equal(cgroups_path(&m.cgroups, of_other), "/pod1000001");
		m.cgroups.read = read_new_folder;
	}
	assert_string_equal(cgroups_path(&m.cgroups, first), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(by_cgroup, set_up, tear_down),
		cmocka_unit_test_setup_teardown(cgroup_reads, set_up, tear_down),
		cmocka_unit_test_setup_teardown(crowd, set_up, tear_down),
		cmocka_unit_test_setup_teardown(share, set_up, tear_down),
		cmocka_unit_test_setup_teardown(share_of_names, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
