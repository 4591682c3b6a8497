# develop.mk - demo, tests, sanitizers, valgrind, lint: what is run rather than built.
#
# Each step first installs what it needs and then starts make again, so that what the step found missing at the start
# (a compiler, pkg-config) is there when the building begins.

# The scenario of a seed: a folder of examples/ with a demo.sh.
SCENARIO ?= outerpark
DEMO ?= examples/$(SCENARIO)/demo.sh
SCENARIOS := $(patsubst examples/%/demo.sh,%,$(wildcard examples/*/demo.sh))
again = +@$(MAKE) --no-print-directory -j$(JOBS)
built = $(again) -s all
export BUILD SANITIZE JOBS

ifneq ($(filter demo,$(MAKECMDGOALS)),)
$(if $(wildcard $(DEMO)),,$(error there is no $(DEMO): SCENARIO is one of $(SCENARIOS)))
endif

.PHONY: demo
demo: deps ## build, and play the scenario of a seed on a temporary store (SCENARIO=outerpark)
	$(built)
	@PATH="$(abspath $(BUILD))/bin:$$PATH" $(DEMO)

.PHONY: test unit bats check-install
test: deps-test ## build and run all tests; the last line counts them
	$(built) unit-binaries
	@tests/run $(TESTS)
unit: deps-test ## only the unit tests
	$(built) unit-binaries
	@tests/run --unit
bats: deps-test ## only the tests of the commands
	$(built) unit-binaries
	@tests/run --bats
check-install: deps-test ## only the test that installs and uses the library from outside
	$(built)
	@tests/run tests/install.bats

# Power failures: see tests/crash/crash.h. The seed is printed; a failed state is kept in $(BUILD)/crash.
STATES ?= 50000
SEED ?= $(shell date +%s)
.PHONY: crash
crash: deps-test ## STATES=50000 disk states that a power failure could leave (SEED=N, RUN=N repeat)
	$(again) -s $(BUILD)/unit/crash
	@$(BUILD)/unit/crash --states $(STATES) --seed $(SEED) $(if $(RUN),--run $(RUN)) --jobs $(JOBS) --keep $(BUILD)/crash

# A build of its own, so that it never mixes with the plain one. QUICK=1 leaves out the tests tagged slow.
.PHONY: sanitize
sanitize: deps-test ## all tests again with ASan and UBSan
	$(again) -s BUILD=build/asan SANITIZE=address,undefined CFLAGS='-O1 -g' all unit-binaries
	@BUILD=build/asan SANITIZE=address,undefined tests/run $(if $(QUICK),--quick) $(TESTS)

.PHONY: valgrind
valgrind: deps-test ## every command of a scenario under valgrind: no leak, no error
	$(built)
	@tests/valgrind

# The choices repeat with the seed; where a kill lands depends on the machine, too. What is found is kept, its path printed.
KILLS ?= 10000
SEED ?=
.PHONY: kill
kill: deps-test ## kill whatever runs on a store under load, KILLS=10000 times (SEED=N)
	$(built)
	@PATH="$(abspath $(BUILD))/bin:$$PATH" python3 -B tests/correctness/kill_campaign.py --kills $(KILLS) $(if $(SEED),--seed $(SEED))

# What a fault is and which tests must find it stands in tests/mutants/NAME.mutant.
MUTANTS ?=
.PHONY: mutants
mutants: deps-test ## one deliberate fault at a time (MUTANTS="NAME ...", default all): a test fails for each
	$(built) unit-binaries
	@tests/mutants/run $(MUTANTS)

# ---- lint ----------------------------------------------------------------------------------------------------------

LINT_C := $(LIB_SOURCES) $(COMMON_SOURCES) $(PROGRAM_SOURCES) $(UNIT_SOURCES) $(UNIT_SHARED) $(wildcard tests/install/*.c) \
	$(wildcard tests/*/*.c examples/*.c bench/*.c)
LINT_H := $(wildcard libevstore/*.h cmd/*/*.h tests/*/*.h bench/*.h)
TIDY_FLAGS = $(filter-out -MMD -MP,$(BASE_FLAGS)) -Icmd/common -I. -Itests/unit -Itests/fuzz $(MODULE_CFLAGS) $(CMOCKA_CFLAGS)

.PHONY: lint lint-format lint-gcc lint-clang lint-tidy lint-shell lint-layers
lint: deps-lint ## format, warnings of two compilers, clang-tidy, shellcheck, direction of dependencies
	@tests/lint/run lint-format lint-layers lint-shell lint-gcc lint-clang lint-tidy
lint-format:
	@tests/lint/format $(sort $(LINT_C) $(LINT_H))
lint-layers:
	@tests/lint/layers
lint-shell:
	@tests/lint/shell
lint-gcc:
	$(again) -k -s BUILD=$(BUILD)/lint-gcc CC=gcc WERROR=1 SANITIZE= all unit-binaries bench-binaries
# What gcc says of -Wformat-nonliteral is enough: clang also wants it of functions that take a va_list.
lint-clang:
	$(again) -k -s BUILD=$(BUILD)/lint-clang CC=clang WERROR=1 SANITIZE= MORE_WARNINGS=-Wno-format-nonliteral \
		all unit-binaries bench-binaries
lint-tidy:
	@printf '%s\n' $(sort $(LINT_C)) | TIDY_FLAGS='$(TIDY_FLAGS)' xargs -P $(JOBS) -n 4 tests/lint/tidy

.PHONY: format
format: deps-lint ## lay out every C file as .clang-format says
	@clang-format -i $(sort $(LINT_C) $(LINT_H))
