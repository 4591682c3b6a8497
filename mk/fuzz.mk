# fuzz.mk - hostile bytes: fuzz targets, built to replay the inputs that are kept (a part of the tests) or with libFuzzer.
#
#   tests/fuzz/fuzz_X.c    -> $(BUILD)/fuzz/fuzz_X
#
# FUZZER=1 links them with libFuzzer, which has a main() of its own; tests/fuzz/replay.c is the other one.

FUZZER ?=
FUZZ_BUILD := build/fuzz
# What `make fuzz` runs, and for how long: TARGETS='line json' SECONDS_EACH=60
TARGETS ?=
SECONDS_EACH ?= 1200

FUZZ_SOURCES := $(wildcard tests/fuzz/fuzz_*.c)
FUZZ_SHARED := $(filter-out $(FUZZ_SOURCES) tests/fuzz/replay.c,$(wildcard tests/fuzz/*.c))
FUZZ_TARGETS := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(FUZZ_SOURCES))
FUZZ_MAIN := $(if $(FUZZER),,tests/fuzz/replay.c)

$(call objects,$(FUZZ_SOURCES) $(FUZZ_SHARED) tests/fuzz/replay.c): \
	EXTRA_CFLAGS = -Icmd/common -I. -Itests/fuzz $(MODULE_CFLAGS)
-include $(patsubst %.o,%.d,$(call objects,$(FUZZ_SOURCES) $(FUZZ_SHARED) tests/fuzz/replay.c))

# A target named fuzz_X_... is linked with the command op-X, as a unit test is. $(1): its name.
define fuzz_rules
$(BUILD)/fuzz/$(1): $(call objects,tests/fuzz/$(1).c $(FUZZ_SHARED) $(FUZZ_MAIN)) \
		$(patsubst %,$(BUILD)/unit/lib%.a,$(call program_of,$(patsubst fuzz_%,test_%,$(1)))) $(LIBOPCOMMON) $(LIBEVSTORE)
	@mkdir -p $$(@D)
	$$(LINK) $(if $(FUZZER),-fsanitize=fuzzer) -o $$@.new $$(filter %.o %.a,$$^) $$(MODULE_LIBS) \
		$$(call module_libs_of,$(call program_of,$(patsubst fuzz_%,test_%,$(1))))
	@mv -f $$@.new $$@
endef
$(foreach target,$(notdir $(FUZZ_TARGETS)),$(eval $(call fuzz_rules,$(target))))

.PHONY: fuzz-binaries
fuzz-binaries: $(FUZZ_TARGETS)
unit-binaries: fuzz-binaries

.PHONY: deps-fuzz fuzz fuzz-corpus
deps-fuzz:
	@mk/deps fuzz
fuzzers = $(again) -s BUILD=$(FUZZ_BUILD) CC=clang FUZZER=1 SANITIZE=fuzzer-no-link,address,undefined CFLAGS='-O1 -g' \
	MORE_WARNINGS=-Wno-format-nonliteral \
	fuzz-binaries
fuzz: deps-fuzz ## fuzz every reader of foreign bytes (SECONDS_EACH=1200 TARGETS='line ...')
	$(fuzzers)
	@tests/fuzz/run $(SECONDS_EACH) $(TARGETS)
fuzz-corpus: deps-fuzz ## keep what fuzzing found in tests/fuzz/corpus, minimised
	$(fuzzers)
	@tests/fuzz/keep $(TARGETS)
