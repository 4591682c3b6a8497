# bench.mk - ours measured beside what a user would pick instead, in one run on one disk; see bench/run.
#
#   bench/bench_X.c   -> $(BUILD)/bench/bench_X, linked with the other C files of bench/
#   bench/*.py        what is measured, and how the peers are started

BENCH_SOURCES := $(wildcard bench/bench_*.c)
BENCH_SHARED := $(filter-out $(BENCH_SOURCES),$(wildcard bench/*.c))
BENCH_PROGRAMS := $(patsubst bench/%.c,$(BUILD)/bench/%,$(BENCH_SOURCES))
# What to measure (default: everything); QUICK=1: whether it works, not how fast; RUNS=N: repetitions.
BENCHES ?=
RUNS ?=

$(call objects,$(BENCH_SOURCES) $(BENCH_SHARED)): EXTRA_CFLAGS = $(MODULE_CFLAGS)

$(BENCH_PROGRAMS): $(BUILD)/bench/%: $(call objects,$(BENCH_SHARED)) $(LIBEVSTORE) $(BUILD)/sources
$(BENCH_PROGRAMS): $(BUILD)/bench/%: $(BUILD)/obj/bench/%.o
	@mkdir -p $(@D)
	$(LINK) -o $@.new $(filter %.o %.a,$^) -lsqlite3 -lhiredis
	@mv -f $@.new $@

-include $(patsubst %.o,%.d,$(call objects,$(BENCH_SOURCES) $(BENCH_SHARED)))

.PHONY: bench bench-binaries bench-deps
bench-binaries: $(BENCH_PROGRAMS)
bench-deps: ## install what bench compares with, where it is missing
	@mk/deps bench
bench: bench-deps ## measure ours beside the peers (BENCHES='append-1 read' QUICK=1 RUNS=N)
	$(again) -s all bench-binaries
	@BUILD='$(BUILD)' bench/run $(if $(QUICK),--quick) $(if $(RUNS),--runs $(RUNS)) $(BENCHES)
