# OuterPark: the store library, the commands over it, their tests. GNU make; `make help` lists the targets.
#
# Sources are found by their place:  libevstore/*.c    -> $(BUILD)/lib/libevstore.a and libevstore.so
#                                    cmd/common/*.c    -> $(BUILD)/lib/libopcommon.a
#                                    cmd/op-X/*.c      -> $(BUILD)/bin/op-X  (likewise cmd/outerpark)
#                                    tests/unit/*.c    -> $(BUILD)/unit/test_*
# There is no make per directory. `make demo` and `make test` start on a machine that has make and nothing else, so
# nothing here asks for a compiler or pkg-config before a recipe needs it.

MAKEFLAGS += --no-builtin-rules --no-print-directory
SHELL := /bin/sh
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:

# ---- what the caller may set ---------------------------------------------------------------------------------------

BUILD ?= build
PREFIX ?= /usr/local
DESTDIR ?=
bindir ?= $(PREFIX)/bin
libdir ?= $(PREFIX)/lib
includedir ?= $(PREFIX)/include
mandir ?= $(PREFIX)/share/man
datadir ?= $(PREFIX)/share/outerpark

ifeq ($(origin CC),default)
CC = gcc
endif
ifeq ($(origin AR),default)
AR = ar
endif
INSTALL ?= install
PKG_CONFIG ?= pkg-config
CFLAGS ?= -O2 -g
# WERROR=1: warnings are errors (developers, lint). SANITIZE=address,undefined: an instrumented build.
WERROR ?=
# Libraries that are linked into the programs where their archives are there: a command that lives for a millisecond
# should not spend half of it on loading them. STATIC= takes the shared ones (as distributions want it).
STATIC ?= sqlite3 yaml jansson
MORE_WARNINGS ?=
SANITIZE ?=
# How many jobs and test files at once; the files to test (default: all).
JOBS ?= $(eval JOBS := $$(shell nproc 2>/dev/null || echo 2))$(JOBS)
TESTS ?=

# ---- flags ---------------------------------------------------------------------------------------------------------

VERSION := $(shell sed -n 's/^\#define EVS_VERSION "\(.*\)".*/\1/p' libevstore/evstore.h)
SONAME := libevstore.so.0
SOFILE := libevstore.so.$(VERSION)

WARNINGS := -Wall -Wextra -Wvla -Wshadow -Wmissing-prototypes -Wwrite-strings -Wformat=2 $(if $(WERROR),-Werror) \
	$(MORE_WARNINGS)
SANITIZE_FLAGS := $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer)
MODULES := sqlite3 yaml-0.1 jansson smartcols
# What only one program stands on: MODULES_PROGRAM. op-pay loads libcurl itself, when it needs it (libcurl.h).
MODULES_op-ticket := libqrencode libpng

# Asked for once, when the first recipe wants them; $(call module_libs_of,PROGRAM) in the recipes of one program.
module_cflags_of = $(if $(MODULES_$(1)),$(shell $(PKG_CONFIG) --cflags $(MODULES_$(1))))
module_libs_of = $(if $(MODULES_$(1)),$(shell $(PKG_CONFIG) --libs $(MODULES_$(1))))
MODULE_CFLAGS = $(eval MODULE_CFLAGS := $$(shell $(PKG_CONFIG) --cflags $(MODULES)))$(MODULE_CFLAGS)
MODULE_LIBS = $(eval MODULE_LIBS := $$(shell libs=" $$$$($(PKG_CONFIG) --libs $(MODULES)) "; for lib in $(STATIC); do \
	[ -f "$$$$($(CC) -print-file-name=lib$$$$lib.a)" ] && libs=$$$$(echo "$$$$libs" | sed "s/ -l$$$$lib / -l:lib$$$$lib.a /"); \
	done; echo $$$$libs -lm))$(MODULE_LIBS)
CMOCKA_CFLAGS = $(eval CMOCKA_CFLAGS := $$(shell $(PKG_CONFIG) --cflags cmocka))$(CMOCKA_CFLAGS)
CMOCKA_LIBS = $(eval CMOCKA_LIBS := $$(shell $(PKG_CONFIG) --libs cmocka))$(CMOCKA_LIBS)

BASE_FLAGS := -std=c11 -D_GNU_SOURCE= -Ilibevstore $(WARNINGS) -MMD -MP
LINK_FLAGS := -Wl,--as-needed
COMPILE = $(CC) $(CPPFLAGS) $(CFLAGS) $(BASE_FLAGS) $(SANITIZE_FLAGS)
LINK = $(CC) $(CFLAGS) $(SANITIZE_FLAGS) $(LDFLAGS) $(LINK_FLAGS)

# ---- what there is -------------------------------------------------------------------------------------------------

comma := ,
objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))

LIB_SOURCES := $(wildcard libevstore/*.c)
COMMON_SOURCES := $(wildcard cmd/common/*.c)
PROGRAMS := $(sort $(patsubst cmd/%/main.c,%,$(wildcard cmd/op-*/main.c cmd/outerpark/main.c)))
PROGRAM_SOURCES := $(foreach program,$(PROGRAMS),$(wildcard cmd/$(program)/*.c))
ALL_MODULES := $(MODULES) $(foreach program,$(PROGRAMS),$(MODULES_$(program)))
UNIT_SOURCES := $(wildcard tests/unit/test_*.c)
UNIT_SHARED := $(filter-out $(UNIT_SOURCES),$(wildcard tests/unit/*.c))
CRASH_SOURCES := $(wildcard tests/crash/*.c)
UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(UNIT_SOURCES))
MAN_PAGES := $(wildcard man/*.1)
SCHEMAS := $(wildcard schemas/*.json)
EXAMPLES := $(filter-out %__pycache__,$(wildcard examples/*.* examples/*/*))
# What is installed below $(datadir) as it stands here, by the same path and with the same right to be run.
SHARED := $(SCHEMAS) $(EXAMPLES)

LIBEVSTORE := $(BUILD)/lib/libevstore.a
LIBOPCOMMON := $(BUILD)/lib/libopcommon.a
LIBSHARED := $(BUILD)/lib/$(SOFILE)
BINARIES := $(addprefix $(BUILD)/bin/,$(PROGRAMS))

.PHONY: all
all: $(LIBEVSTORE) $(LIBSHARED) $(BINARIES) ## build everything into build/

# ---- rebuild when the flags or the list of sources change ----------------------------------------------------------

# Rewrites the file only when its text differs, so that what depends on it is made again exactly then.
keep = @mkdir -p $(@D); printf '%s\n' '$(subst ','\'',$(strip $(1)))' | cmp -s - $@ || \
	printf '%s\n' '$(subst ','\'',$(strip $(1)))' > $@

.PHONY: FORCE
FORCE:
$(BUILD)/flags: FORCE
	$(call keep,$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $(BASE_FLAGS) $(SANITIZE_FLAGS))
$(BUILD)/sources: FORCE
	$(call keep,$(STATIC) $(LIB_SOURCES) $(COMMON_SOURCES) $(PROGRAM_SOURCES) $(UNIT_SHARED) $(CRASH_SOURCES))

# One clear line instead of a hundred where the tools or libraries are not there.
$(BUILD)/tools: Makefile
	@command -v $(firstword $(CC)) >/dev/null || { echo "make: there is no $(firstword $(CC)): run 'make deps'" >&2; exit 1; }
	@command -v $(PKG_CONFIG) >/dev/null || { echo "make: there is no $(PKG_CONFIG): run 'make deps'" >&2; exit 1; }
	@$(PKG_CONFIG) --exists $(ALL_MODULES) || \
		{ echo "make: not all of these are there: $(ALL_MODULES): run 'make deps'" >&2; exit 1; }
	@mkdir -p $(@D) && touch $@

# ---- compiling -----------------------------------------------------------------------------------------------------

$(call objects,$(LIB_SOURCES)): EXTRA_CFLAGS = -fPIC -fvisibility=hidden
$(call objects,$(COMMON_SOURCES) $(PROGRAM_SOURCES)): EXTRA_CFLAGS = -Icmd/common $(MODULE_CFLAGS)
$(foreach program,$(PROGRAMS),$(eval $(call objects,$(wildcard cmd/$(program)/*.c)): \
	EXTRA_CFLAGS += $$(call module_cflags_of,$(program))))
$(call objects,$(UNIT_SOURCES) $(UNIT_SHARED)): EXTRA_CFLAGS = -Icmd/common -I. -Itests/unit $(MODULE_CFLAGS) $(CMOCKA_CFLAGS)
$(call objects,$(CRASH_SOURCES)): EXTRA_CFLAGS = -I.

$(BUILD)/obj/%.o: %.c $(BUILD)/flags | $(BUILD)/tools
	@mkdir -p $(@D)
	$(COMPILE) $(EXTRA_CFLAGS) -c -o $@ $<

-include $(patsubst %.o,%.d,$(call objects,$(LIB_SOURCES) $(COMMON_SOURCES) $(PROGRAM_SOURCES) $(UNIT_SOURCES) $(UNIT_SHARED) \
	$(CRASH_SOURCES)))

# ---- linking -------------------------------------------------------------------------------------------------------

archive = @mkdir -p $(@D); rm -f $@
$(LIBEVSTORE): $(call objects,$(LIB_SOURCES)) $(BUILD)/sources
	$(archive)
	$(AR) rcs $@ $(filter %.o,$^)

$(LIBOPCOMMON): $(call objects,$(COMMON_SOURCES)) $(BUILD)/sources
	$(archive)
	$(AR) rcs $@ $(filter %.o,$^)

# The shared library stands on libc alone: every symbol that it wants must be there at its own link.
$(LIBSHARED): $(call objects,$(LIB_SOURCES)) $(BUILD)/sources
	@mkdir -p $(@D)
	$(LINK) -shared -Wl,-soname,$(SONAME) $(if $(SANITIZE),,-Wl,-z,defs) -o $@.new $(filter %.o,$^)
	@mv -f $@.new $@
	@ln -sf $(SOFILE) $(@D)/$(SONAME)
	@ln -sf $(SONAME) $(@D)/libevstore.so

# Linked beside its place and renamed, so that a program that is running is replaced whole.
# $(1): a program. Its objects without main.o are an archive, too, for the unit tests of its decisions.
define program_rules
$(BUILD)/bin/$(1): $(call objects,$(wildcard cmd/$(1)/*.c)) $(LIBOPCOMMON) $(LIBEVSTORE) $(BUILD)/sources
	@mkdir -p $$(@D)
	$$(LINK) -o $$@.new $$(filter %.o,$$^) $(LIBOPCOMMON) $(LIBEVSTORE) $$(MODULE_LIBS) \
		$$(call module_libs_of,$(1))
	@mv -f $$@.new $$@

$(BUILD)/unit/lib$(1).a: $(call objects,$(filter-out cmd/$(1)/main.c,$(wildcard cmd/$(1)/*.c))) $(BUILD)/sources
	$$(archive)
	$$(AR) rcs $$@ $$(filter %.o,$$^)
endef
$(foreach program,$(PROGRAMS),$(eval $(call program_rules,$(program))))

# tests/crash is an archive for the tests that name it: who uses io_calls.h gets io.c from there instead of the library,
# and who uses turns.h has calls of the library that wait go there.
LIBCRASH := $(BUILD)/unit/libcrash.a
CRASH_LDFLAGS := $(patsubst %,-Wl$(comma)--wrap=%,flock sched_yield nanosleep syscall clock_gettime)
$(LIBCRASH): $(call objects,$(filter-out %/main.c,$(CRASH_SOURCES))) $(BUILD)/sources
	$(archive)
	$(AR) rcs $@ $(filter %.o,$^)
$(BUILD)/unit/test_crash: UNIT_LDFLAGS = $(CRASH_LDFLAGS)
$(BUILD)/unit/test_store_wake: UNIT_LDFLAGS = $(patsubst %,-Wl$(comma)--wrap=%,flock syscall clock_gettime)
$(BUILD)/unit/crash: $(call objects,tests/crash/main.c) $(LIBCRASH) $(LIBEVSTORE)
	$(LINK) $(CRASH_LDFLAGS) -o $@.new $(filter %.o %.a,$^)
	@mv -f $@.new $@

# A unit test named test_X_... or test_op_X_... is linked with the command op-X (test_outerpark... with outerpark).
program_of = $(firstword $(foreach program,$(PROGRAMS),$(if $(filter \
	test_$(patsubst op-%,%,$(program)) test_$(patsubst op-%,%,$(program))_% \
	test_$(subst -,_,$(program)) test_$(subst -,_,$(program))_%,$(1)),$(program))))
# $(1): the name of a unit test.
define unit_rules
$(BUILD)/unit/$(1): $(call objects,tests/unit/$(1).c $(UNIT_SHARED)) \
		$(patsubst %,$(BUILD)/unit/lib%.a,$(call program_of,$(1))) $(LIBCRASH) $(LIBOPCOMMON) $(LIBEVSTORE)
	@mkdir -p $$(@D)
	$$(LINK) $$(UNIT_LDFLAGS) -o $$@.new $$(filter %.o %.a,$$^) $$(MODULE_LIBS) \
		$$(call module_libs_of,$(call program_of,$(1))) $$(CMOCKA_LIBS)
	@mv -f $$@.new $$@
endef
$(foreach test,$(notdir $(UNIT_TESTS)),$(eval $(call unit_rules,$(test))))


.PHONY: unit-binaries
unit-binaries: $(UNIT_TESTS) $(BUILD)/unit/crash $(BUILD)/unit/failing_disk.so

# Loaded into the commands by tests/failing-disk.bats; without sanitizers, which it would bring in too early.
$(BUILD)/unit/failing_disk.so: tests/preload/failing_disk.c $(BUILD)/flags | $(BUILD)/tools
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(filter-out -MMD -MP,$(BASE_FLAGS)) -fPIC -shared -o $@ $< -ldl

# ---- setting up ----------------------------------------------------------------------------------------------------

.PHONY: deps deps-test deps-lint
deps: ## install what building and running needs, where it is missing
	@mk/deps run
deps-test: ## the same for the tests
	@mk/deps test
deps-lint: ## the same for lint
	@mk/deps lint

# ---- installing ----------------------------------------------------------------------------------------------------

$(BUILD)/evstore.pc: libevstore/evstore.pc.in FORCE
	@mkdir -p $(@D)
	@sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(libdir)|' -e 's|@INCLUDEDIR@|$(includedir)|' \
		-e 's|@VERSION@|$(VERSION)|' libevstore/evstore.pc.in > $@

.PHONY: install
install: all $(BUILD)/evstore.pc ## install below PREFIX (DESTDIR honoured)
	$(INSTALL) -d "$(DESTDIR)$(bindir)" "$(DESTDIR)$(libdir)/pkgconfig" "$(DESTDIR)$(includedir)" \
		"$(DESTDIR)$(mandir)/man1" $(foreach dir,$(sort $(dir $(SHARED))),"$(DESTDIR)$(datadir)/$(dir)")
	$(if $(BINARIES),$(INSTALL) -m 755 $(BINARIES) "$(DESTDIR)$(bindir)")
	$(INSTALL) -m 644 $(LIBEVSTORE) "$(DESTDIR)$(libdir)"
	$(INSTALL) -m 755 $(LIBSHARED) "$(DESTDIR)$(libdir)"
	ln -sf $(SOFILE) "$(DESTDIR)$(libdir)/$(SONAME)"
	ln -sf $(SONAME) "$(DESTDIR)$(libdir)/libevstore.so"
	$(INSTALL) -m 644 libevstore/evstore.h "$(DESTDIR)$(includedir)"
	$(INSTALL) -m 644 $(BUILD)/evstore.pc "$(DESTDIR)$(libdir)/pkgconfig"
	$(if $(MAN_PAGES),$(INSTALL) -m 644 $(MAN_PAGES) "$(DESTDIR)$(mandir)/man1")
	@for file in $(SHARED); do \
		mode=644; [ ! -x "$$file" ] || mode=755; \
		$(INSTALL) -m $$mode "$$file" "$(DESTDIR)$(datadir)/$$file" || exit; \
	done

.PHONY: uninstall
uninstall: ## remove what install put there
	rm -f $(foreach program,$(PROGRAMS),"$(DESTDIR)$(bindir)/$(program)") \
		$(foreach file,libevstore.a $(SOFILE) $(SONAME) libevstore.so pkgconfig/evstore.pc,"$(DESTDIR)$(libdir)/$(file)") \
		$(foreach page,$(notdir $(MAN_PAGES)),"$(DESTDIR)$(mandir)/man1/$(page)") \
		"$(DESTDIR)$(includedir)/evstore.h"
	rm -f $(foreach file,$(SHARED),"$(DESTDIR)$(datadir)/$(file)")
	[ ! -d "$(DESTDIR)$(datadir)" ] || find "$(DESTDIR)$(datadir)" -depth -type d -empty -delete

.PHONY: clean
clean: ## remove the build (BUILD=...)
	rm -rf $(BUILD)

.PHONY: help
help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1	\2/p' $(MAKEFILE_LIST) | expand -t 18
	@echo "  Variables: BUILD PREFIX DESTDIR CC CFLAGS LDFLAGS WERROR=1 SANITIZE=address,undefined JOBS=N TESTS='FILE ...'"

include mk/develop.mk
include mk/fuzz.mk
include mk/bench.mk
