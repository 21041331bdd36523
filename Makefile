# SPDX-License-Identifier: GPL-2.0
#
# make            everything, under build/
# make demo       the main job on a real load; installs what is missing first
# make check      all tests that this machine can run; installs what is missing first
# make check-vm   the same live tests in stock kernels under QEMU
# make check-kernel  the series of patches/ on Debian's 6.12 and 7.3: built, booted, tested
# make bench      the budgets, measured
# make bench-vm   what watching costs in instructions, counted by QEMU
# make fuzz       what reads what others wrote, against any bytes; SECONDS=3600
# make install    DESTDIR= PREFIX=/usr/local
# make check-export  export with the real Prometheus, the package in clean Debian roots,
#                 the unit under the systemd of Debian 12 and 13
# make check-recall  each fault once and a minute of legal churn: what each command finds
# make deb        a Debian package; make dist: a tarball of the last commit
#
# V=1 shows the commands, STATIC=1 links one program to carry to another
# machine, SANITIZE=1 builds with ASan and UBSan under build/asan/.

.DELETE_ON_ERROR:
.SECONDARY:
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:

PREFIX ?= /usr/local
CC ?= gcc
ifeq ($(origin CC),default)
CC := gcc
endif
CLANG ?= clang
LLVM_OBJCOPY ?= llvm-objcopy
BPFTOOL ?= $(firstword $(shell command -v bpftool /usr/sbin/bpftool 2>/dev/null) bpftool)
PKG_CONFIG ?= pkg-config
PROTOC_C ?= protoc-c
VERSION := 0.1

# As the kernel names them. ARCH= of another one than this machine's builds for that with clang
# and lld, under build/ARCH, with the libraries of $(SYSROOT).
arch_name = $(patsubst x86_64,x86,$(patsubst aarch64,arm64,$(patsubst s390x,s390,$(patsubst \
	riscv64,riscv,$(patsubst ppc64le,powerpc,$(1))))))
HOST_ARCH := $(call arch_name,$(shell uname -m))
ARCH := $(HOST_ARCH)
override ARCH := $(call arch_name,$(ARCH))
CROSS := $(filter-out $(HOST_ARCH),$(ARCH))
TRIPLE_x86 := x86_64-linux-gnu
TRIPLE_arm64 := aarch64-linux-gnu
TRIPLE := $(TRIPLE_$(ARCH))
ifeq ($(TRIPLE),)
$(error there is no $(ARCH): bpf/kernel/regs.h knows the registers of x86 and arm64)
endif
B := build$(if $(CROSS),/$(CROSS))$(if $(SANITIZE),/asan)

ifneq ($(CROSS),)
SYSROOT ?= build/vm-cache/sysroot-$(ARCH)
ROOT := $(abspath $(SYSROOT))
CC := $(CLANG) --target=$(TRIPLE) --sysroot=$(ROOT)
LDFLAGS += -fuse-ld=lld -Wl,-rpath-link,$(ROOT)/usr/lib/$(TRIPLE)
export PKG_CONFIG_LIBDIR := $(ROOT)/usr/lib/$(TRIPLE)/pkgconfig:$(ROOT)/usr/share/pkgconfig
export PKG_CONFIG_SYSROOT_DIR := $(ROOT)
endif

ifeq ($(V),1)
Q :=
msg = @:
else
Q := @
msg = @printf '  %-8s %s\n' "$(1)" "$(patsubst $(B)/%,%,$(2))"
endif

# a comma would end an argument of $(if)
SAN := -fsanitize=address,undefined
WARN := -Wall -Wextra -Werror -Wmissing-field-initializers
CFLAGS ?= -O2 -g
ALL_CFLAGS = $(CFLAGS) $(WARN) -std=gnu11 -D_GNU_SOURCE -Ibpf -Iuser -I$(B) \
	$(if $(STATIC),-DNO_HTTP -DNO_NSS) -DVERSION='"$(VERSION)"' $(if $(SANITIZE),$(SAN) -fno-omit-frame-pointer)
# the kernel walks a user's stack by frame pointers
TEST_CFLAGS = -Itests/lib -fno-omit-frame-pointer
LINK = $(CC) $(LDFLAGS) $(if $(STATIC),-static) $(if $(SANITIZE),$(SAN))
LIBS = $(shell $(PKG_CONFIG) $(if $(STATIC),--static) --libs libbpf $(if $(STATIC),libdw) libelf json-c libzstd libprotobuf-c zlib)
# -lm last: linked statically, it is what the one before it needs
LIBS += -liberty -lcap-ng -pthread $(if $(STATIC),-lsqlite3) -lm

# What one job needs it loads (user/base/library.h), by the name that a program linked with it would
# have. Linked statically there is no HTTP server: not all of what it takes comes as archives.
soname = $(shell readelf -d $$($(CC) -print-file-name=$(1).so) | sed -n 's/.*SONAME.*\[\(.*\)\]/\1/p')
$(B)/obj/user/capture/symbols_elf.o $(B)/obj/fuzz/user/capture/symbols_elf.o: \
	ALL_CFLAGS += $(if $(STATIC),,-DLIBDW='"$(call soname,libdw)"')
$(B)/obj/user/commands/export/serve.o: ALL_CFLAGS += $(if $(STATIC),,-DLIBMICROHTTPD='"$(call soname,libmicrohttpd)"')
$(B)/obj/user/views/sqlite_file.o $(B)/obj/fuzz/user/views/sqlite_file.o: \
	ALL_CFLAGS += $(if $(STATIC),,-DLIBSQLITE='"$(call soname,libsqlite3)"')
$(B)/obj/user/commands/export/login.o: ALL_CFLAGS += $(if $(STATIC),,-DLIBCRYPT='"$(call soname,libcrypt)"')

# clang for the BPF target does not know where the distribution keeps <asm/*.h>;
# -idirafter, so that its own headers come first
BPF_CFLAGS = -g -O2 -target bpf -mcpu=v3 -D__TARGET_ARCH_$(ARCH) -Ibpf $(WARN) \
	-idirafter $(ROOT)/usr/include/$(TRIPLE)

BPF_OBJS := $(patsubst bpf/%.bpf.c,$(B)/obj/bpf/%.bpf.o,$(wildcard bpf/*.bpf.c))
TEXTS := $(wildcard user/share/schema/*.json user/share/completion/* user/share/page/* user/share/sql/*)
USER_OBJS := $(patsubst user/%.c,$(B)/obj/user/%.o,$(wildcard user/*/*.c user/*/*/*.c))
USER_OBJS += $(B)/obj/texts.o $(B)/obj/perfetto.o
LIB_OBJS := $(filter-out %/cli/main.o,$(USER_OBJS))
TEST_LIB_OBJS := $(patsubst tests/lib/%.c,$(B)/obj/tests/lib/%.o,$(wildcard tests/lib/*.c))
LOADS := $(patsubst tests/load/%.c,$(B)/tests/load/%,$(wildcard tests/load/*.c))
# in user/'s folders
UNITS := $(patsubst %.c,$(B)/%,$(shell find tests/unit -name '*.c'))
LIVES := $(patsubst tests/live/%.c,$(B)/tests/live/%,$(wildcard tests/live/*.c))
BENCHES := $(patsubst tests/bench/%.c,$(B)/tests/bench/%,$(wildcard tests/bench/*.c))
# for QEMU on this processor
VMS := $(if $(filter x86,$(HOST_ARCH)),$(patsubst tests/vm/%.c,build/tests/vm/%,$(wildcard tests/vm/*.c)))
SYSTEMD := $(patsubst tests/systemd/%.c,$(B)/tests/systemd/%,$(wildcard tests/systemd/*.c))
GUESTS := $(patsubst tests/kernel/%.c,$(B)/tests/kernel/%,$(wildcard tests/kernel/*.c))
GUEST_LIB_OBJS := $(patsubst %.c,$(B)/obj/%.o,$(wildcard tests/kernel/lib/*.c) \
	$(patsubst %,tests/lib/%.c,tap witness memory) user/base/own_ring.c user/base/err.c user/base/system.c user/base/files.c user/base/alloc.c)

# of another architecture: what its guests run
all: $(B)/fixbuf-trace $(LOADS) $(LIVES) $(BENCHES) $(if $(CROSS),,$(UNITS) $(SYSTEMD) $(GUESTS) $(VMS))

# What the last build was made with: another choice rebuilds.
FLAGS_NOW := $(CC) $(CFLAGS) $(LDFLAGS) STATIC=$(STATIC) $(VERSION)
$(shell mkdir -p $(B); [ "$$(cat $(B)/flags 2>/dev/null)" = '$(FLAGS_NOW)' ] || echo '$(FLAGS_NOW)' > $(B)/flags)

# Tests whose source is gone are not run any more, nor in the way of a folder of their name.
GONE := $(filter-out $(UNITS) $(LIVES) $(LOADS),$(shell \
	find $(B)/tests/unit $(B)/tests/live $(B)/tests/load -type f 2>/dev/null))
$(if $(GONE),$(shell rm -f $(GONE)))

# libbpf goes through all symbols for each section: without clang's labels, which nobody asks for, it
# opens the object in half of the time
$(B)/obj/bpf/%.bpf.o: bpf/%.bpf.c Makefile
	$(call msg,BPF,$@)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -MT $@ -MF $(@:.o=.d) -c $< -o $(@:.o=.tmp.o)
	$(Q)$(LLVM_OBJCOPY) -w -N 'LBB*' $(@:.o=.tmp.o)
	$(Q)$(BPFTOOL) gen object $@ $(@:.o=.tmp.o)
	$(Q)rm -f $(@:.o=.tmp.o)

# The walk is all that some commands take, and has to start fast: an object of its own.
WALK_OBJS := $(patsubst %,$(B)/obj/bpf/%.bpf.o,walk tasks descriptors mapped in_flight polled ring_memory submitters umems waited)
$(B)/walk.bpf.o: $(WALK_OBJS)
$(B)/fixbuf.bpf.o: $(filter-out $(WALK_OBJS),$(BPF_OBJS))
$(B)/walk.bpf.o $(B)/fixbuf.bpf.o:
	$(call msg,BPFLINK,$@)
	$(Q)$(BPFTOOL) gen object $@ $^

SKELS := $(B)/walk.skel.h $(B)/fixbuf.skel.h
$(SKELS): $(B)/%.skel.h: $(B)/%.bpf.o
	$(call msg,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name $*_bpf > $@

$(B)/perfetto.pb-c.c $(B)/perfetto.pb-c.h &: user/share/perfetto.proto
	$(call msg,PROTOC,$@)
	$(Q)$(PROTOC_C) --proto_path=user/share --c_out=$(B) $(notdir $<)

$(B)/obj/perfetto.o: $(B)/perfetto.pb-c.c
	$(call msg,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -c $< -o $@

$(B)/obj/user/%.o: user/%.c Makefile $(B)/flags | $(SKELS) $(B)/perfetto.pb-c.h
	$(call msg,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

$(B)/obj/tests/%.o: tests/%.c Makefile $(B)/flags
	$(call msg,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(TEST_CFLAGS) -MMD -MP -c $< -o $@

# files that the program carries, as C strings (user/base/embedded.h)
$(B)/texts.c: $(TEXTS) $(sort $(dir $(TEXTS))) Makefile
	$(call msg,TEXTS,$@)
	$(Q){ echo '#include "base/embedded.h"'; echo 'const struct text texts[] = {'; \
	for f in $(TEXTS); do \
		echo "{ \"$${f#user/share/}\","; sed -e 's/[\\"]/\\&/g' -e 's/.*/"&\\n"/' $$f; echo '},'; \
	done; echo '};'; echo 'const size_t nr_texts = sizeof(texts) / sizeof(texts[0]);'; } > $@

$(B)/obj/texts.o: $(B)/texts.c
	$(call msg,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -c $< -o $@

$(B)/fixbuf-trace: $(USER_OBJS)
	$(call msg,LINK,$@)
	$(Q)$(LINK) -o $@ $^ $(LIBS)

$(filter-out %/calls_32,$(LOADS)) $(LIVES) $(SYSTEMD) $(filter-out %/recording,$(BENCHES)): $(B)/tests/%: $(B)/obj/tests/%.o $(TEST_LIB_OBJS)
	$(call msg,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(LINK) -o $@ $^ $(shell $(PKG_CONFIG) $(if $(STATIC),--static) --libs liburing json-c zlib libzstd) -lm

# Of 32 bits, by the compiler alone; where that makes no such programs, what says so stands in its place
ifeq ($(ARCH),arm64)
CC_32 = $(CLANG) --target=arm-linux-gnueabihf -march=armv7-a -marm -fuse-ld=lld
else
CC_32 = $(CC) -m32 -no-pie
endif
CC_32 += -std=gnu11 -O2 -ffreestanding -fno-stack-protector -fno-pic -nostdlib -static
$(B)/tests/load/calls_32: tests/load/calls_32.c Makefile $(B)/flags
	$(call msg,CC,$@)
	@mkdir -p $(@D)
	$(Q)if echo 'void _start(void) {}' | $(CC_32) -x c -o $@ - 2>/dev/null; then \
		$(CC_32) $(WARN) -idirafter $(ROOT)/usr/include/$(TRIPLE) -o $@ $<; \
	else \
		printf '%s\n' '#!/bin/sh' 'echo "SKIP the compiler makes no 32-bit programs"; exit 77' >$@; chmod 755 $@; \
	fi

$(B)/tests/bench/recording: $(B)/obj/tests/bench/recording.o $(LIB_OBJS)
	$(call msg,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(LINK) -o $@ $^ $(LIBS)

# they run in the guest of a kernel of our own
$(GUESTS): $(B)/tests/kernel/%: $(B)/obj/tests/kernel/%.o $(GUEST_LIB_OBJS)
	$(call msg,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(LINK) -pthread -o $@ $^

$(VMS): build/tests/vm/%: build/obj/tests/vm/%.o
	$(call msg,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(LINK) -o $@ $^

$(UNITS:$(B)/%=$(B)/obj/%.o): TEST_CFLAGS += -Itests/unit
$(UNITS): $(B)/tests/unit/%: $(B)/obj/tests/unit/%.o $(LIB_OBJS)
	$(call msg,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(LINK) -o $@ $^ $(LIBS) -lcmocka

-include $(wildcard $(B)/obj/*/*.d $(B)/obj/*/*/*.d $(B)/obj/*/*/*/*.d $(B)/obj/*/*/*/*/*.d)

# ---- fuzzing ------------------------------------------------------------------

FUZZ_SAN := -fsanitize=address,undefined -fno-sanitize-recover=undefined
# what any bytes pass through is watched; the rest of the program is as it is
FUZZED := $(patsubst user/%.c,%,$(wildcard user/model/*.c user/checks/*.c user/recording/*.c \
	user/views/*.c user/commands/report/*.c user/commands/diff/*.c) $(patsubst %,user/base/%.c,alloc fmt json json_read maps table untrusted wrap)) \
	$(patsubst %,commands/export/%,metrics request host web_config) capture/mappings capture/symbols_elf
FUZZ_OBJS := $(patsubst %,$(B)/obj/fuzz/user/%.o,$(FUZZED))
FUZZ_REST := $(filter-out $(patsubst %,$(B)/obj/user/%.o,$(FUZZED)),$(LIB_OBJS))
FUZZ_CC = $(CLANG) $(ALL_CFLAGS) -Itests/lib $(FUZZ_SAN) -fsanitize=fuzzer-no-link -MMD -MP -c

$(B)/obj/fuzz/user/%.o: user/%.c Makefile $(B)/flags | $(SKELS) $(B)/perfetto.pb-c.h
	$(call msg,FUZZCC,$@)
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $< -o $@

$(B)/obj/fuzz/tests/%.o: tests/fuzz/%.c Makefile $(B)/flags
	$(call msg,FUZZCC,$@)
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $< -o $@

$(B)/tests/fuzz/names: $(patsubst %,$(B)/obj/fuzz/tests/%.o,names story) $(B)/obj/tests/lib/strict.o
$(B)/tests/fuzz/diff: $(B)/obj/tests/lib/strict.o
FUZZERS := $(patsubst %,$(B)/tests/fuzz/%,report names maps request web elf diff)
$(filter-out %/names,$(FUZZERS)): $(B)/tests/fuzz/%: $(B)/obj/fuzz/tests/%.o
$(FUZZERS): $(FUZZ_OBJS) $(FUZZ_REST)
	$(call msg,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(LDFLAGS) $(FUZZ_SAN) -fsanitize=fuzzer -o $@ $^ $(LIBS)

$(B)/tests/fuzz/corpus: $(patsubst %,$(B)/obj/tests/fuzz/%.o,corpus story) $(LIB_OBJS)
	$(call msg,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(LINK) -o $@ $^ $(LIBS)

# ---- set-up -----------------------------------------------------------------

BUILD_DEPS := gcc make libc6-dev linux-libc-dev clang llvm bpftool libbpf-dev libdw-dev libbz2-dev libelf-dev \
	zlib1g-dev libzstd-dev libjson-c-dev uthash-dev liburing-dev protobuf-c-compiler libprotobuf-c-dev pkg-config
CHECK_DEPS := libcmocka-dev sqlite3 fio valgrind libclang-rt-dev protobuf-compiler python3-jsonschema bash zsh fish groff man-db
BUILD_DEPS += libcap-ng-dev libiberty-dev libsqlite3-dev $(if $(STATIC),,libmicrohttpd-dev)
# of another architecture: what to link with, and the guest's commands
LIB_DEPS = $(filter %-dev,$(BUILD_DEPS)) libgcc-$(shell gcc -dumpversion)-dev busybox-static
VM_DEPS := qemu-system-$(if $(filter arm64,$(ARCH)),arm,x86) busybox-static cpio e2fsprogs debian-archive-keyring binutils gzip kmod xz-utils
KERNEL_DEPS := $(VM_DEPS) git flex bison bc libssl-dev dwarves ccache dpkg-dev rsync patch perl g++

sysroot = $(if $(CROSS),ARCH=$(ARCH) sh tests/vm/sysroot.sh $(LIB_DEPS) >/dev/null)

deps:
	@sh tests/run/deps.sh $(BUILD_DEPS) $(CHECK_DEPS) $(if $(CROSS),lld)
	@$(sysroot)

# ---- jobs -------------------------------------------------------------------

# as many compilers as processors, unless make was told how many
make_all = $(MAKE) --no-print-directory $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc)) all

demo: deps
	@+$(make_all)
	@sh tests/run/demo.sh $(B)

check: deps
	@+$(make_all)
	@sh tests/run/check.sh $(B)

check-vm: deps
	@sh tests/run/deps.sh $(VM_DEPS)
	@+$(make_all)
	@ARCH=$(ARCH) sh tests/vm/check-vm.sh $(B)

SECONDS ?= 600
fuzz: deps fuzzers
	@for f in $(notdir $(FUZZERS)); do sh tests/fuzz/run.sh $(B) $$f $(SECONDS) || exit; done

fuzzers: $(FUZZERS) $(B)/tests/fuzz/corpus

# The same suites under sanitizers, and each patch by itself, take as long again:
# check-kernel-debug, check-kernel-patches. kernel-cost counts instructions.
check-kernel check-kernel-debug check-kernel-patches kernel-cost: deps
	@sh tests/run/deps.sh $(KERNEL_DEPS) $(if $(filter %-patches,$@),sparse python3-ply python3-git)
	@+$(make_all)
	@sh tests/kernel/$@.sh $(B)

bench: deps
	@+$(make_all)
	@sh tests/bench/bench.sh $(B)

bench-vm: deps
	@sh tests/run/deps.sh $(VM_DEPS)
	@+$(make_all)
	@sh tests/bench/bench-vm.sh $(B)

# what can be asked here for what a program of another architecture says
TELLS := build/fixbuf-trace
ifneq ($(CROSS),)
$(TELLS): FORCE
	@+env -u PKG_CONFIG_LIBDIR -u PKG_CONFIG_SYSROOT_DIR $(MAKE) --no-print-directory ARCH=$(HOST_ARCH) $@
FORCE:
else
TELLS := $(B)/fixbuf-trace
endif

# shell, where below share/
install_completion = $(TELLS) --completion $(1) | install -Dm644 /dev/stdin $(DESTDIR)$(PREFIX)/share/$(2)

install: $(B)/fixbuf-trace $(TELLS)
	install -Dm755 $(B)/fixbuf-trace $(DESTDIR)$(PREFIX)/sbin/fixbuf-trace
	install -Dm644 user/share/fixbuf-trace.8 $(DESTDIR)$(PREFIX)/share/man/man8/fixbuf-trace.8
	$(call install_completion,bash,bash-completion/completions/fixbuf-trace)
	$(call install_completion,zsh,zsh/site-functions/_fixbuf-trace)
	$(call install_completion,fish,fish/vendor_completions.d/fixbuf-trace.fish)

# what takes packages too large for make check: the real Prometheus, lintian, clean roots, guests
check-export: deps
	@for p in prometheus lintian debootstrap dpkg-dev $(VM_DEPS); do \
		sh tests/run/deps.sh $$p || echo "without $$p, what takes it is skipped"; done
	@+$(make_all)
	@sh tests/run/check-export.sh $(B)

# what takes two minutes and all processors; more of each: recall.py itself
check-recall: deps
	@+$(make_all)
	@python3 tests/run/recall.py $(B) 1 1

# the time of its files is that of the last commit, where there is one
deb: deps-deb $(B)/fixbuf-trace
	@sh user/share/package/deb.sh $(B) $(VERSION) $(firstword $(SOURCE_DATE_EPOCH) $(shell git log -1 --format=%ct 2>/dev/null) 0) $(if $(CROSS),$(CROSS) $(ROOT))

dist: | $(B)
	@sh user/share/package/dist.sh $(B) $(VERSION)

deps-deb:
	@sh tests/run/deps.sh $(BUILD_DEPS) dpkg-dev xz-utils $(if $(CROSS),lld)
	@$(sysroot)

$(B):
	@mkdir -p $@

clean:
	$(Q)rm -rf build

.PHONY: all deps demo check check-vm check-kernel check-kernel-debug check-kernel-patches kernel-cost bench bench-vm fuzz fuzzers install clean
.PHONY: check-export check-recall deb deps-deb dist
