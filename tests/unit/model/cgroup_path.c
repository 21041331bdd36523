// SPDX-License-Identifier: GPL-2.0
/* What the path of a control group says of unit and container, as runtimes name their folders. */
#include "model/cgroup_path.h"
#include "unit.h"

#define ID "3f2a4c5d6e7f80910111213141516171819aabbccddeeff00112233445566778"

static void is_told(struct untrusted got, const char *want)
{
	assert_int_equal(got.len, want ? strlen(want) : 0);
	if (want)
		assert_memory_equal(got.bytes, want, got.len);
}

static void units(void **state)
{
	(void)state;
	is_told(cgroup_unit("/system.slice/db.service"), "db.service");
	is_told(cgroup_unit("/system.slice/db.service/workers"), "db.service");
	is_told(cgroup_unit("/user.slice/user-7.slice/user@7.service/app.slice/a.scope"), "a.scope");
	is_told(cgroup_unit("/user.slice"), NULL);
	is_told(cgroup_unit("/"), NULL);
	is_told(cgroup_unit("/.service"), NULL);
}

static void containers(void **state)
{
	(void)state;
	is_told(cgroup_container("/system.slice/docker-" ID ".scope"), ID);
	is_told(cgroup_container("/docker/" ID), ID);
	is_told(cgroup_container("/machine.slice/libpod-" ID ".scope/container"), ID);
	is_told(cgroup_container("/machine.slice/libpod-conmon-" ID ".scope"), NULL);
	is_told(cgroup_container("/kubepods.slice/kubepods-pod1.slice/cri-containerd-" ID ".scope"), ID);
	is_told(cgroup_container("/kubepods/besteffort/pod1/" ID), ID);
	is_told(cgroup_container("/system.slice/db.service"), NULL);
	is_told(cgroup_container("/docker/abc"), NULL);
	is_told(cgroup_container("/docker/x" ID), NULL);
}

static void is_cut(const char *path, const char *want)
{
	char *cut = cgroup_cut(path, 40);

	assert_string_equal(cut, want);
	free(cut);
}

/* Two containers are told apart by what --container takes; of a folder its name is kept. */
static void cut(void **state)
{
	(void)state;
	is_cut("/", "/");
	is_cut("/system.slice/db.service", "/system.slice/db.service");
	is_cut("/system.slice/docker-" ID ".scope", ".../docker-3f2a4c5d6e7f...scope");
	is_cut("/system.slice/docker-" ID ".scope/init", ".../docker-3f2a4c5d6e7f...scope/init");
	is_cut("/docker/" ID, "/docker/3f2a4c5d6e7f...");
	is_cut("/kubepods/besteffort/pod0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0/" ID, ".../3f2a4c5d6e7f...");
	is_cut("/a/user-7.slice/user@7.service/app.slice/one.service", ".../user@7.service/app.slice/one.service");
	is_cut("/user.slice/app-org.example.Terminal-of-that-name-4711.scope",
	       ".../app-org.example.Terminal...711.scope");
	is_cut("/one-folder-alone-whose-name-is-longer-than-that.service", "/one-folder-alone-whose-name...t.service");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(units),
		cmocka_unit_test(containers),
		cmocka_unit_test(cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
