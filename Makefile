# copycost: builds into build/<triplet>/, so that several architectures live side by side.
#
#   make                 the program: build/<triplet>/copycost
#   make static          one file without shared libraries: build/<triplet>-static/copycost
#   make check           all tests (./run.sh check also installs what they need)
#   make check-kernels   the kernel tests alone; ARCH=aarch64|arm|riscv64 runs them under qemu-user
#   make lint            compilers with -Werror, clang-tidy, cppcheck, shellcheck, formats, types
#   make bench           how repeatable this suite's figures are on this machine
#   make bench-ab        false alarms and power of `copycost ab`; BENCH_AB='--null 30 --power 30'
#   make bench-ipc       the ipc experiment beside plain loops and perf bench
#   make install         honours PREFIX and DESTDIR
#
# Variables: CC CFLAGS LDFLAGS ARCH (cross: aarch64, arm or riscv64, by Debian's cross compiler),
# SYSROOT (of ARCH; made by lab/sysroot.sh unless given, empty: the cross compiler's own), EMULATOR,
# SANITIZE (such as address,undefined), WITHOUT (such as "hwloc numa papi": leave back ends out), V=1.

ARCH ?=
triplet_of_aarch64 := aarch64-linux-gnu
triplet_of_arm := arm-linux-gnueabihf
triplet_of_riscv64 := riscv64-linux-gnu
ifneq ($(ARCH),)
CROSS := $(or $(triplet_of_$(ARCH)),$(error unknown ARCH '$(ARCH)': aarch64, arm or riscv64))
CC := $(CROSS)-gcc
# The kernel tests need a C library only, which the cross compiler brings.
SYSROOT ?= $(if $(filter check-kernels,$(MAKECMDGOALS)),,build/sysroot/$(ARCH))
endif

TRIPLET := $(shell $(CC) -dumpmachine 2>/dev/null)
comma := ,
variant := $(if $(STATIC),-static)$(if $(ARCH),$(if $(SYSROOT),,-no-sysroot))$(if $(SANITIZE),-$(subst $(comma),-,$(SANITIZE)))$(if $(WITHOUT),-without-$(subst $() ,-,$(strip $(WITHOUT))))
BUILD := build/$(TRIPLET)$(variant)
ISA := $(patsubst arm%,arm,$(firstword $(subst -, ,$(TRIPLET))))

# A sysroot that is missing is made, and make starts anew, since it looks there for what links.
ifneq ($(and $(filter build/sysroot/%,$(SYSROOT)),$(filter-out program,$(or $(MAKECMDGOALS),all))),)
include $(SYSROOT)/made.mk
$(SYSROOT)/made.mk: lab/sysroot.sh lab/unpack.sh
	$(Q)lab/sysroot.sh $(ARCH)
endif
# Debian's cross compilers look into a folder of their own first, which may hold another C library.
SYSROOT_FLAGS := $(if $(SYSROOT),--sysroot=$(SYSROOT) \
	$(foreach folder,usr/lib lib,-B$(SYSROOT)/$(folder)/$(TRIPLET)/) \
	$(foreach folder,include/$(TRIPLET) include,-isystem $(SYSROOT)/usr/$(folder)))

.DEFAULT_GOAL := all
Q := $(if $(V),,@)
CFLAGS ?= -O2 -g
WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
BASE_FLAGS := -std=gnu11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -I. -I$(BUILD) $(WARNINGS) -MMD -MP -pthread \
	-fno-omit-frame-pointer $(SYSROOT_FLAGS) $(if $(STATIC),-static) $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all)
LIBS := -ljansson -lz -lmd -lm -ldl -lrt -pthread

# Registries list what a file adds in the order in which it stands there.
cc_option = $(shell $(CC) -Werror $(1) -c -x c /dev/null -o /dev/null 2>/dev/null && echo $(1))
BASE_FLAGS += $(call cc_option,-fno-toplevel-reorder)

# A plain copy loop must stay the loop that was written: no call of memcpy, no vectors of the
# compiler's own.
ARCH_FLAGS := -fno-builtin $(call cc_option,-fno-tree-loop-distribute-patterns) \
	-fno-tree-vectorize -fno-tree-slp-vectorize -fno-unroll-loops

# Optional back ends, by what links here. Static libraries do not say what they need themselves, and
# libpcap's wants those of sockets that nobody captures from here. OCaml's runtime never frees its
# signal stack, which a sanitizer complains of.
back_ends := hwloc numa papi http_parser pcap uring mnl ocaml
OCAMLOPT := ocamlfind ocamlopt
ocaml_folder := $(shell $(OCAMLOPT) -where 2>/dev/null)
header_of_hwloc := hwloc.h
header_of_numa := numa.h
header_of_papi := papi.h
header_of_http_parser := http_parser.h
header_of_pcap := pcap/pcap.h
header_of_uring := liburing.h
header_of_mnl := libmnl/libmnl.h
header_of_ocaml := $(ocaml_folder)/caml/mlvalues.h
libs_of_hwloc := -lhwloc
libs_of_numa := -lnuma
libs_of_papi := -lpapi $(if $(STATIC),-lpfm -lsde)
libs_of_http_parser := -lhttp_parser
libs_of_pcap := -lpcap
libs_of_uring := -luring
libs_of_mnl := -lmnl
libs_of_ocaml := $(shell $(OCAMLOPT) -config-var native_c_libraries 2>/dev/null)
# An object of its own shows whether OCaml's compiler is one for this CPU.
probe_of_ocaml := -x none -Wl,--unresolved-symbols=ignore-all $(ocaml_folder)/std_exit.o
links = $(shell echo 'int main(void) { return 0; }' | \
	$(CC) $(CFLAGS) $(CPPFLAGS) $(SYSROOT_FLAGS) $(if $(STATIC),-static) -include $(header_of_$(1)) \
	-x c - $(LDFLAGS) $(or $(probe_of_$(1)),$(libs_of_$(1))) -o /dev/null 2>/dev/null && echo $(1))
without := $(WITHOUT) $(if $(STATIC),pcap) $(if $(SANITIZE),ocaml)
have := $(strip $(foreach name,$(filter-out $(without),$(back_ends)),$(call links,$(name))))
# $(call with,NAME,IF,ELSE)
with = $(if $(filter $(1),$(have)),$(2),$(3))
LIBS += $(foreach name,$(have),$(libs_of_$(name)))
BASE_FLAGS += $(call with,ocaml,-isystem $(ocaml_folder))

# generic/ fills every gap: a file there is left out where the ISA's folder has one of that name.
isa_sources := $(sort $(wildcard arch/$(ISA)/*.c))
generic_sources := $(filter-out $(patsubst arch/$(ISA)/%,arch/generic/%,$(isa_sources)),$(sort $(wildcard arch/generic/*.c)))
arch_sources := $(sort $(wildcard arch/*.c)) $(generic_sources) $(isa_sources)
topology_back_end := topology_$(call with,hwloc,hwloc,sysfs)
sysfs_sources := $(sort $(wildcard harness/topology_sysfs*.c))
chosen_sources := $(sysfs_sources) harness/counters_papi.c \
	$(wildcard $(foreach kind,topology_hwloc nodes_ heads_ capture_ uring_ veth_,harness/$(kind)*.c))
harness_sources := $(filter-out $(chosen_sources),$(sort $(wildcard harness/*.c))) \
	$(sort $(wildcard harness/$(topology_back_end)*.c)) \
	$(if $(STATIC),$(call with,hwloc,$(sort $(wildcard harness/static/*.c)))) \
	$(call with,papi,harness/counters_papi.c) \
	harness/nodes_$(call with,numa,numa,single).c \
	harness/heads_$(call with,http_parser,http_parser,none).c \
	harness/capture_$(call with,pcap,pcap,none).c \
	harness/uring_$(call with,uring,liburing,none).c \
	harness/veth_$(call with,mnl,mnl,none).c
command_sources := microbench/main.c $(sort $(wildcard microbench/command/*.c))
plt_back_end := microbench/call/plt_ifunc.c
HAVE_IFUNC := $(shell $(CC) $(CFLAGS) $(CPPFLAGS) $(BASE_FLAGS) -MF /dev/null -c $(plt_back_end) \
	-o /dev/null 2>/dev/null && echo yes)
experiment_sources := $(filter-out microbench/main.c,$(sort $(wildcard microbench/*.c))) \
	$(filter-out microbench/call/plt_% $(foreach folder,command test ocaml,microbench/$(folder)/%), \
	$(sort $(wildcard microbench/*/*.c))) \
	$(if $(HAVE_IFUNC),$(plt_back_end),microbench/call/plt_none.c) \
	microbench/ocaml/ocaml_$(call with,ocaml,native,none).c
objects_of = $(patsubst %.c,$(BUILD)/%.o,$(1))
arch_objects := $(call objects_of,$(arch_sources))
harness_objects := $(call objects_of,$(harness_sources))
experiment_objects := $(call objects_of,$(experiment_sources)) \
	$(call with,ocaml,$(BUILD)/microbench/ocaml/program.o)
command_objects := $(call objects_of,$(command_sources))
objects := $(arch_objects) $(harness_objects) $(experiment_objects) $(command_objects)

.PHONY: all
all: $(BUILD)/copycost

$(BUILD)/copycost: $(objects)
	$(Q)$(CC) $(CFLAGS) $(BASE_FLAGS) $(LDFLAGS) $^ $(LIBS) -o $@
	$(Q)echo "built $@ (ISA $(ISA), with $(or $(have),no optional back end)$(if $(filter-out $(have),$(back_ends)),; without $(filter-out $(have),$(back_ends))))"

.PHONY: static
static:
	$(Q)$(MAKE) --no-print-directory STATIC=yes all

$(BUILD)/arch/%.o: arch/%.c Makefile
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(BASE_FLAGS) $(ARCH_FLAGS) -c $< -o $@

$(BUILD)/%.o: %.c Makefile
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(BASE_FLAGS) -c $< -o $@

$(BUILD)/microbench/call/%.o: BASE_FLAGS += $(call cc_option,-fplt)

# OCaml's code with its whole runtime in one object.
$(BUILD)/microbench/ocaml/program.o: microbench/ocaml/copies.ml Makefile
	$(Q)mkdir -p $(@D)
	$(Q)$(OCAMLOPT) -g -w +a-70 -c $< -o $(@D)/copies.cmx
	$(Q)$(OCAMLOPT) -output-complete-obj $(@D)/copies.cmx -o $@
# The assembler reads this one, of which the compiler knows nothing.
$(BUILD)/microbench/vector/corpus.o: microbench/corpus/http-heads.txt

# What was built, from what and how: facts that travel with every dataset. Written only when they
# change, so that the build stays incremental.
COMMIT := $(shell git rev-parse --short=12 HEAD 2>/dev/null)$(shell git diff --quiet HEAD -- arch harness microbench Makefile 2>/dev/null || echo +)
$(BUILD)/build.h: FORCE
	$(Q)mkdir -p $(@D)
	$(Q)printf '%s\n' '#define BUILD_COMPILER "$(shell $(CC) --version | head -n 1)"' \
		'#define BUILD_FLAGS "$(CFLAGS)$(if $(STATIC), -static) $(ARCH_FLAGS)"' '#define BUILD_COMMIT "$(COMMIT)"' \
		'#define BUILD_TRIPLET "$(TRIPLET)"' '#define BUILD_TOPOLOGY $(topology_back_end)' \
		'#define BUILD_OCAML "$(call with,ocaml,$(shell $(OCAMLOPT) -version))"' >$@.new
	$(Q)cmp -s $@.new $@ && rm $@.new || mv $@.new $@
FORCE:
$(BUILD)/harness/machine.o $(BUILD)/harness/topology_open.o: $(BUILD)/build.h

# Tests in C: <layer>/test/test_*.c, each a cmocka program linked with everything but the command.
test_sources := $(sort $(wildcard arch/test/test_*.c harness/test/test_*.c microbench/test/test_*.c))
tests := $(patsubst %.c,$(BUILD)/%,$(test_sources))
# Without cmocka, so that they run on any ISA.
kernel_sources := arch/test/check_kernels.c arch/test/count_instructions.c
kernel_programs := $(patsubst %.c,$(BUILD)/%,$(kernel_sources))
.PHONY: tests kernel-programs
kernel-programs: $(kernel_programs)
tests: $(tests) $(kernel_programs)
.SECONDARY: $(tests:=.o)
$(BUILD)/arch/test/test_%: $(BUILD)/arch/test/test_%.o $(arch_objects)
	$(Q)$(CC) $(CFLAGS) $(BASE_FLAGS) $(LDFLAGS) $^ -lcmocka -ldl -lm -o $@
$(BUILD)/harness/test/test_%: $(BUILD)/harness/test/test_%.o $(arch_objects) $(harness_objects)
	$(Q)$(CC) $(CFLAGS) $(BASE_FLAGS) $(LDFLAGS) $^ -lcmocka $(LIBS) -o $@
# Both back ends are tested where hwloc is there.
$(addprefix $(BUILD)/harness/test/test_topology_,hwloc sysfs): \
	$(filter-out $(harness_objects),$(call objects_of,$(sysfs_sources)))
$(BUILD)/microbench/test/test_%: $(BUILD)/microbench/test/test_%.o $(arch_objects) $(harness_objects) $(experiment_objects)
	$(Q)$(CC) $(CFLAGS) $(BASE_FLAGS) $(LDFLAGS) $^ -lcmocka $(LIBS) -o $@

# The kernel tests on any ISA. A missing cross compiler or emulator is said, but is no failure.
check_kernels := $(BUILD)/arch/test/check_kernels
.PHONY: check-kernels
check-kernels:
	$(Q)MAKE='$(MAKE)' CC='$(CC)' SYSROOT='$(SYSROOT)' EMULATOR='$(EMULATOR)' arch/test/check-kernels.sh '$(ARCH)' $(check_kernels) || test $$? -eq 77
$(kernel_programs): %: %.o $(arch_objects)
	$(Q)$(CC) $(CFLAGS) $(BASE_FLAGS) $(LDFLAGS) $^ -ldl -o $@

-include $(patsubst %.o,%.d,$(objects) $(call objects_of,$(sysfs_sources))) $(tests:=.d) $(kernel_programs:=.d)

# Prints where the program is built.
.PHONY: program
program:
	@echo "$(CURDIR)/$(BUILD)/copycost"

# Tests: pytest runs and counts them all; .ci/test_c.py hands it the C programs. TESTS narrows it
# down: make check TESTS=results, or TESTS='.ci/test_c.py -k statistics'.
PYTHON ?= $(shell .ci/find-python run test)
TESTS ?= $(wildcard .ci arch harness microbench results plots lab)
.PHONY: check
check: all tests
	$(Q)LSAN_OPTIONS="suppressions=$(CURDIR)/.ci/leaks:print_suppressions=0" \
		COPYCOST="$(CURDIR)/$(BUILD)/copycost" COPYCOST_BUILD=$(BUILD) EMULATOR="$(EMULATOR)" \
		PYTHONPATH=.ci "$(PYTHON)" -m pytest -c .ci/pytest.ini --rootdir=. $(TESTS)

# Boots every machine that lab/emulate knows, each with the program built for it.
.PHONY: check-boards
check-boards:
	$(Q)for arch in '' aarch64 arm; do \
		$(MAKE) --no-print-directory ARCH=$$arch STATIC=yes all kernel-programs || exit; \
	done
	$(Q)$(MAKE) --no-print-directory check TESTS=lab/test/check_boards.py

LINT_STEPS := gcc clang tidy cppcheck shellcheck format black mypy
.PHONY: lint lint-steps $(LINT_STEPS:%=lint-%)
lint: $(LINT_STEPS:%=lint-%)
lint-steps:
	@echo $(LINT_STEPS)
lint-gcc lint-clang: lint-%:
	$(Q)$(MAKE) --no-print-directory CC=$* BUILD=build/lint-$* CFLAGS="$(CFLAGS) -Werror" all tests

c_files = $(sort $(wildcard $(foreach layer,arch harness microbench,$(layer)/*.$(1) $(layer)/*/*.$(1))))
c_headers := $(call c_files,h)
tidy_sources := $(arch_sources) $(sort $(harness_sources) $(sysfs_sources)) $(experiment_sources) $(command_sources) \
	$(test_sources) $(kernel_sources)
lint-tidy: $(tidy_sources:%.c=$(BUILD)/%.tidy)
$(BUILD)/%.tidy: %.c $(c_headers) .clang-tidy $(BUILD)/build.h
	$(Q)mkdir -p $(@D)
	$(Q)clang-tidy --quiet $< -- $(filter-out -M% -f%,$(BASE_FLAGS)) 2>$@.log || \
		{ cat $@.log; exit 1; }
	$(Q)touch $@
# Suppressed: differences of the linker's bounds (comparePointers), struct fault as an output
# (ctuuninitvar), versions of libraries whose headers it does not read (preprocessorErrorDirective).
cppcheck_flags := --std=c11 --enable=warning,performance,portability --inline-suppr \
	--suppress=comparePointers --suppress=ctuuninitvar --suppress=preprocessorErrorDirective
lint-cppcheck: $(BUILD)/build.h
	$(Q)cppcheck --quiet --error-exitcode=1 $(cppcheck_flags) -D_GNU_SOURCE -I. -I$(BUILD) \
		arch harness microbench
lint-shellcheck:
	$(Q)shellcheck run.sh .ci/run .ci/find-python lab/debian-suite lab/init $(wildcard */*.sh */test/*.sh)
lint-format:
	$(Q)clang-format --dry-run -Werror $(c_headers) $(call c_files,c)
lint-black:
	$(Q)black --quiet --check --diff $(wildcard .ci arch harness microbench results plots lab) lab/emulate
mypy_flags := --ignore-missing-imports --python-version 3.9
lint-mypy:
	$(Q)mypy $(mypy_flags) results plots
	$(Q)mypy $(mypy_flags) $(wildcard .ci/*.py arch/test/*.py microbench/test/*.py)
	$(Q)mypy $(mypy_flags) lab/boards lab/emulate $(wildcard lab/test/*.py)

# The program, its man page and completion, and the Python packages that read and draw datasets.
PREFIX ?= /usr/local
SHARE := $(DESTDIR)$(PREFIX)/share
python_files = $(shell find results plots \
	\( -name test -o -name data -o -name local -o -name __pycache__ \) -prune -o -type f -print)
.PHONY: install
install: all
	$(Q)install -D $(BUILD)/copycost "$(DESTDIR)$(PREFIX)/bin/copycost"
	$(Q)mkdir -p "$(SHARE)/man/man1" "$(SHARE)/bash-completion/completions"
	$(Q)$(EMULATOR) $(BUILD)/copycost help --man >"$(SHARE)/man/man1/copycost.1"
	$(Q)$(EMULATOR) $(BUILD)/copycost help --bash-completion \
		>"$(SHARE)/bash-completion/completions/copycost"
	$(Q)for file in $(python_files); do \
		install -D -m 644 $$file "$(SHARE)/copycost/$$file" || exit; \
	done

# The kernels as a shared object that exports each copy by its name, and the list of those that can be
# compared: for `./run.sh ab`, which builds them of two revisions, with CFLAGS that have -fPIC.
.PHONY: kernels
kernels: $(BUILD)/kernels.so $(BUILD)/comparable_kernels
$(BUILD)/kernels.so: $(arch_objects)
	$(Q)for object in $^; do \
		$(shell $(CC) -print-prog-name=objcopy) --wildcard --globalize-symbol='copy_*' $$object || exit; \
	done
	$(Q)$(CC) $(CFLAGS) $(BASE_FLAGS) $(LDFLAGS) -shared $^ -ldl -o $@
$(BUILD)/comparable_kernels: .ci/comparable_kernels.c $(BUILD)/kernels.so
	$(Q)$(CC) $(CFLAGS) $(BASE_FLAGS) $(LDFLAGS) $< $(arch_objects) -ldl -o $@

.PHONY: bench
bench: all
	$(Q)PYTHONPATH=. "$(PYTHON)" .ci/bench.py "$(BUILD)/copycost"

BENCH_AB ?= --null 5 --power 5
.PHONY: bench-ab
bench-ab: all
	$(Q)PYTHONPATH=. "$(PYTHON)" .ci/bench_ab.py "$(BUILD)/copycost" $(BENCH_AB)

.PHONY: bench-ipc
bench-ipc: all $(BUILD)/ipc_loops
	$(Q)PYTHONPATH=. "$(PYTHON)" .ci/ipc_loops.py "$(BUILD)/copycost" "$(BUILD)/ipc_loops"
$(BUILD)/ipc_loops: .ci/ipc_loops.c
	$(Q)$(CC) $(CFLAGS) -D_GNU_SOURCE $(WARNINGS) $< -o $@
