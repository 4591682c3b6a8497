/* journal_fixture.h - for the tests of libevstore: stores in a temporary directory, files that are damaged on purpose,
 * and other processes. The temporary directory belongs to one test; jf_setup() and jf_teardown() are its cmocka
 * functions.
 *
 * A child must not use cmocka's assertions, which would jump into its copy of the parent's tests: it uses JF_MUST,
 * which ends it with a message, and the parent sees the exit code. Children die with their parent, or after 50 s. */
#ifndef JOURNAL_FIXTURE_H
#define JOURNAL_FIXTURE_H

#include <evstore.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include <cmocka.h>

#define JF_PATH 256
#define JF_COUNT(array) (sizeof(array) / sizeof(array)[0])

/* In a child: ends it unless the condition holds. */
#define JF_MUST(condition)                                                                                             \
  do {                                                                                                                 \
    if (!(condition)) {                                                                                                \
      fprintf(stderr, "%s:%d: child: %s\n", __FILE__, __LINE__, #condition);                                           \
      _exit(90);                                                                                                       \
    }                                                                                                                  \
  } while (0)

/* Looks at a condition until it holds, for 20 s at most. */
#define JF_UNTIL(condition)                                                                                            \
  do {                                                                                                                 \
    int jf_left = 20000;                                                                                               \
    while (!(condition) && jf_left-- > 0)                                                                              \
      usleep(1000);                                                                                                    \
    assert_true(jf_left > 0);                                                                                          \
  } while (0)

struct jf {
  char root[JF_PATH];  /* the temporary directory */
  char store[JF_PATH]; /* root/store; not made yet */
};

int jf_setup(void **state);
/* On a file system in memory where there is one: for tests with thousands of syncs, where the disk adds nothing. */
int jf_setup_in_memory(void **state);
int jf_teardown(void **state);

/* The seed of this program: $EVS_SEED, or a fixed one. Printed once. */
uint64_t jf_seed(void);
/* The next number of a sequence, and one below `bound`. */
uint64_t jf_random(uint64_t *random);
uint64_t jf_below(uint64_t *random, uint64_t bound);

/* ---- stores ------------------------------------------------------------------------------------------- */

/* Opens; what fails ends the test (jf_open) or the child (jf_open_child). timeout_ms 0: the default. */
evs_store *jf_open(const char *url, unsigned flags, unsigned timeout_ms);
evs_store *jf_open_child(const char *url, unsigned flags, unsigned timeout_ms);

/* Event number `n` of a test: id `e-N`, type `Noted`, tags `n:N` and `parity:even|odd`, correlation `saga-N/10`, data
 * with Korean text and padding. All in static storage, 64 at a time. */
evs_new_event jf_event(uint64_t n, size_t padding);
/* Appends events number n, n+1 ... as one commit, without a condition; the answer of evs_append(). */
int jf_append(evs_store *store, uint64_t n, size_t count, size_t padding, evs_appended *ret_appended, evs_error *error);
/* The same; it must succeed, and the events stand at positions n, n+1 ... */
void jf_commit(evs_store *store, uint64_t n, size_t count, size_t padding);
/* Reads everything after `after` and asserts that these are events number after+1 to `last`, in order. */
void jf_assert_events(evs_store *store, uint64_t after, uint64_t last, unsigned flags);
/* Asserts that a slice has this text. */
void jf_assert_text(evs_slice slice, const char *text);
/* Asserts that evs_verify() finds nothing but this number of events. */
void jf_assert_sound(evs_store *store, uint64_t events);

/* What evs_verify() said, for asserting on it. */
struct jf_findings {
  size_t count;
  struct {
    int code;
    char file[64];
    uint64_t line, byte, bytes;
  } first[8];
};
int jf_visit_finding(void *context, const evs_finding *finding);

/* ---- files -------------------------------------------------------------------------------------------- */

/* root/name and so on, in one of 8 static buffers. */
const char *jf_path(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* STORE/journal/SEGMENT.ndjson */
const char *jf_segment(const char *store, uint64_t first);
bool jf_exists(const char *path);
/* The bytes of a file, with a NUL behind; free() them. */
char *jf_load(const char *path, size_t *ret_len);
/* Replaces a file's bytes in place (the inode stays) and gives it a time of its own. */
void jf_save(const char *path, const char *bytes, size_t len);
/* Removes a file or a directory with all that is in it; it need not be there. */
void jf_remove(const char *path);
/* A new directory at `to` with copies of STORE/journal's files. */
void jf_copy_store(const char *from, const char *to);
/* How many names in a directory contain `part`. */
size_t jf_names(const char *directory, const char *part);

/* ---- other processes ---------------------------------------------------------------------------------- */

/* Runs work(context) in a child, which ends with its result as exit code. */
pid_t jf_spawn(int (*work)(void *context), void *context);
/* Waits for a child to end and returns its exit code, or 128 + the signal that ended it. */
int jf_join(pid_t pid);
/* Ends a child with a signal and waits for it. */
void jf_kill(pid_t pid);

/* Two pipes between parent and child, of single bytes that mean "here I am" and "go on". */
struct jf_gate {
  int here[2], on[2];
};
void jf_gate_open(struct jf_gate *gate);
void jf_gate_close(struct jf_gate *gate);
/* In the child: tells the parent, and waits for its word. */
void jf_gate_report(struct jf_gate *gate);
void jf_gate_wait(struct jf_gate *gate);
/* In the parent. */
void jf_gate_expect(struct jf_gate *gate);
void jf_gate_let_on(struct jf_gate *gate);

/* Milliseconds of a clock that never jumps. */
int64_t jf_now_ms(void);

#endif
