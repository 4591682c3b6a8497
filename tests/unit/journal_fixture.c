/* journal_fixture.c - stores, damaged files and other processes for the tests of libevstore, see journal_fixture.h. */
#include "journal_fixture.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#define CHILD_SECONDS 50

/* Makes a temporary directory below `tmp`. */
static int setup_in(const char *tmp, void **state) {
  struct jf *jf = calloc(1, sizeof *jf);
  if (!jf)
    return -1;
  snprintf(jf->root, sizeof jf->root, "%.200s/evstore-unit-XXXXXX", tmp);
  if (!mkdtemp(jf->root)) {
    free(jf);
    return -1;
  }
  snprintf(jf->store, sizeof jf->store, "%.240s/store", jf->root);
  *state = jf;
  return 0;
}

int jf_setup(void **state) {
  const char *tmp = getenv("TMPDIR");
  return setup_in(tmp ? tmp : "/tmp", state);
}

int jf_setup_in_memory(void **state) {
  return access("/dev/shm", W_OK | X_OK) || setup_in("/dev/shm", state) ? jf_setup(state) : 0;
}

int jf_teardown(void **state) {
  struct jf *jf = *state;
  jf_remove(jf->root);
  free(jf);
  return 0;
}

uint64_t jf_seed(void) {
  static uint64_t seed;
  if (seed == 0) {
    const char *given = getenv("EVS_SEED");
    seed = given ? strtoull(given, NULL, 10) : 20261120;
    seed += seed == 0;
    print_message("# seed %" PRIu64 " (EVS_SEED=%" PRIu64 " repeats it)\n", seed, seed);
  }
  return seed;
}

/* splitmix64 */
uint64_t jf_random(uint64_t *random) {
  uint64_t z = *random += UINT64_C(0x9E3779B97F4A7C15);
  z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
  z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
  return z ^ z >> 31;
}

uint64_t jf_below(uint64_t *random, uint64_t bound) { return jf_random(random) % bound; }

/* ---- stores ------------------------------------------------------------------------------------------- */

evs_store *jf_open_child(const char *url, unsigned flags, unsigned timeout_ms) {
  const evs_open_options options = {.flags = flags, .timeout_ms = timeout_ms};
  evs_store *store = NULL;
  evs_error error = {0};
  if (evs_open(url, &options, &store, &error)) {
    fprintf(stderr, "# child: %s\n", error.message);
    _exit(91);
  }
  return store;
}

evs_store *jf_open(const char *url, unsigned flags, unsigned timeout_ms) {
  const evs_open_options options = {.flags = flags, .timeout_ms = timeout_ms};
  evs_store *store = NULL;
  evs_error error = {0};
  if (evs_open(url, &options, &store, &error))
    fail_msg("%s", error.message);
  return store;
}

/* What an event of a number consists of. */
struct texts {
  char id[32], number[32], correlation[32];
  const char *tags[2];
  char data[160];
  char *padded;
};

/* The data of event `n`, into buf of `size` bytes. */
static size_t data_of(uint64_t n, size_t padding, char *buf, size_t size) {
  int len = snprintf(buf, size, "{\"n\":%" PRIu64 ",\"name\":\"뮤지컬 \\\"겨울\\\" 🎭\",\"padding\":\"%*s\"}", n,
                     (int)padding, "");
  return (size_t)len;
}

evs_new_event jf_event(uint64_t n, size_t padding) {
  static struct texts all[64];
  static unsigned next;
  struct texts *texts = &all[next++ % 64];
  snprintf(texts->id, sizeof texts->id, "e-%" PRIu64, n);
  snprintf(texts->number, sizeof texts->number, "n:%" PRIu64, n);
  snprintf(texts->correlation, sizeof texts->correlation, "saga-%" PRIu64, n / 10);
  texts->tags[0] = texts->number;
  texts->tags[1] = n % 2 ? "parity:odd" : "parity:even";
  size_t size = sizeof texts->data + padding;
  char *data = texts->data;
  if (padding > 50) {
    free(texts->padded);
    texts->padded = malloc(size);
    data = texts->padded;
  }
  size_t len = data ? data_of(n, padding, data, padding > 50 ? size : sizeof texts->data) : 0;
  return (evs_new_event){.id = texts->id,
                         .type = "Noted",
                         .tags = texts->tags,
                         .tag_count = 2,
                         .correlation = texts->correlation,
                         .causation = n - 1,
                         .data = data,
                         .data_len = len,
                         .time_us = INT64_C(1795178096000000) + (int64_t)n};
}

int jf_append(evs_store *store, uint64_t n, size_t count, size_t padding, evs_appended *ret_appended,
              evs_error *error) {
  evs_new_event events[64];
  if (count > JF_COUNT(events))
    abort();
  for (size_t i = 0; i < count; i++)
    events[i] = jf_event(n + i, padding);
  return evs_append(store, events, count, NULL, ret_appended, error);
}

void jf_commit(evs_store *store, uint64_t n, size_t count, size_t padding) {
  evs_error error = {0};
  evs_appended appended = {0};
  if (jf_append(store, n, count, padding, &appended, &error))
    fail_msg("append of %" PRIu64 ": %s", n, error.message);
  assert_int_equal(appended.first, n);
  assert_int_equal(appended.last, n + count - 1);
}

void jf_assert_text(evs_slice slice, const char *text) {
  if (slice.len != strlen(text) || memcmp(slice.ptr, text, slice.len) != 0)
    fail_msg("\"%.*s\" instead of \"%s\"", (int)slice.len, slice.ptr, text);
}

/* Is this event number `n` of a test, as jf_event() made it? */
static void assert_event(const evs_event *event, uint64_t n) {
  char text[EVS_TIME_SIZE + 64];
  evs_slice value = {0};
  int64_t number = 0;
  evs_new_event made = jf_event(n, 0);
  assert_int_equal(event->seq, n);
  assert_int_equal(event->causation, n - 1);
  jf_assert_text(event->id, made.id);
  jf_assert_text(event->type, "Noted");
  jf_assert_text(event->correlation, made.correlation);
  evs_time_format(made.time_us, text);
  jf_assert_text(event->time, text);
  snprintf(text, sizeof text, "\"%s\",\"%s\"", made.tags[0], made.tags[1]);
  jf_assert_text(event->tags, text);
  assert_true(evs_json_find(event->data, "n", &value) && evs_json_int(value, &number));
  assert_int_equal(number, n);
  assert_true(evs_json_find(event->data, "name", &value));
  evs_json_unescape(value, text, sizeof text);
  assert_string_equal(text, "뮤지컬 \"겨울\" 🎭");
}

void jf_assert_events(evs_store *store, uint64_t after, uint64_t last, unsigned flags) {
  evs_cursor *cursor = NULL;
  evs_event event;
  evs_error error = {0};
  int rc = evs_read(store, NULL, after, flags, &cursor, &error);
  uint64_t n = after;
  while (!rc && !(rc = evs_next(cursor, &event, &error)))
    assert_event(&event, ++n);
  if (rc != EVS_END)
    fail_msg("reading after %" PRIu64 ": %s", n, error.message);
  assert_int_equal(n, last);
  assert_int_equal(evs_cursor_position(cursor), last);
  evs_cursor_close(cursor);
}

int jf_visit_finding(void *context, const evs_finding *finding) {
  struct jf_findings *findings = context;
  if (findings->count < JF_COUNT(findings->first)) {
    size_t i = findings->count;
    findings->first[i].code = finding->code;
    findings->first[i].line = finding->line;
    findings->first[i].byte = finding->byte;
    findings->first[i].bytes = finding->bytes;
    snprintf(findings->first[i].file, sizeof findings->first[i].file, "%.63s", finding->file);
  }
  findings->count++;
  return 0;
}

void jf_assert_sound(evs_store *store, uint64_t events) {
  struct jf_findings findings = {0};
  evs_error error = {0};
  uint64_t found = 0;
  int rc = evs_verify(store, jf_visit_finding, &findings, &found, &error);
  if (rc || findings.count)
    fail_msg("verify: %s, %zu findings, the first in %s line %" PRIu64, rc ? error.message : "torn", findings.count,
             findings.first[0].file, findings.first[0].line);
  assert_int_equal(found, events);
}

/* ---- files -------------------------------------------------------------------------------------------- */

const char *jf_path(const char *format, ...) {
  static char paths[8][2 * JF_PATH];
  static unsigned next;
  char *path = paths[next++ % 8];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(path, sizeof paths[0], format, arguments);
  va_end(arguments);
  return path;
}

const char *jf_segment(const char *store, uint64_t first) {
  return jf_path("%s/journal/%020" PRIu64 ".ndjson", store, first);
}

bool jf_exists(const char *path) { return access(path, F_OK) == 0; }

char *jf_load(const char *path, size_t *ret_len) {
  struct stat st;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0 || fstat(fd, &st))
    fail_msg("cannot open %s: %s", path, strerror(errno));
  char *bytes = malloc((size_t)st.st_size + 1);
  assert_non_null(bytes);
  assert_int_equal(read(fd, bytes, (size_t)st.st_size), st.st_size);
  bytes[st.st_size] = '\0';
  close(fd);
  *ret_len = (size_t)st.st_size;
  return bytes;
}

void jf_save(const char *path, const char *bytes, size_t len) {
  static time_t when = 1700000000;
  when++;
  const struct timespec times[2] = {{.tv_sec = when}, {.tv_sec = when}};
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0)
    fail_msg("cannot open %s: %s", path, strerror(errno));
  assert_int_equal(write(fd, bytes, len), len);
  assert_int_equal(futimens(fd, times), 0);
  close(fd);
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *place) {
  (void)info, (void)kind, (void)place;
  return remove(path);
}

void jf_remove(const char *path) { nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS); }

void jf_copy_store(const char *from, const char *to) {
  DIR *dir = opendir(jf_path("%s/journal", from));
  assert_non_null(dir);
  mkdir(to, 0700);
  mkdir(jf_path("%s/journal", to), 0700);
  for (struct dirent *entry; (entry = readdir(dir));) {
    if (entry->d_name[0] == '.')
      continue;
    size_t len = 0;
    char *bytes = jf_load(jf_path("%s/journal/%s", from, entry->d_name), &len);
    jf_save(jf_path("%s/journal/%s", to, entry->d_name), bytes, len);
    free(bytes);
  }
  closedir(dir);
}

size_t jf_names(const char *directory, const char *part) {
  size_t count = 0;
  DIR *dir = opendir(directory);
  if (!dir)
    return 0;
  for (struct dirent *entry; (entry = readdir(dir));)
    count += entry->d_name[0] != '.' && strstr(entry->d_name, part) != NULL;
  closedir(dir);
  return count;
}

/* ---- other processes ---------------------------------------------------------------------------------- */

pid_t jf_spawn(int (*work)(void *context), void *context) {
  fflush(NULL);
  pid_t parent = getpid();
  pid_t pid = fork();
  assert_true(pid >= 0);
  if (pid > 0)
    return pid;
  static const int caught[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGSYS}; /* cmocka would go on with the next test */
  for (size_t i = 0; i < JF_COUNT(caught); i++)
    signal(caught[i], SIG_DFL);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent)
    _exit(92);
  alarm(CHILD_SECONDS);
  _exit(work(context));
}

int jf_join(pid_t pid) {
  int status = 0;
  pid_t got;
  do
    got = waitpid(pid, &status, 0);
  while (got < 0 && errno == EINTR);
  assert_int_equal(got, pid);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void jf_kill(pid_t pid) {
  kill(pid, SIGKILL);
  jf_join(pid);
}

void jf_gate_open(struct jf_gate *gate) {
  assert_int_equal(pipe(gate->here), 0);
  assert_int_equal(pipe(gate->on), 0);
}

void jf_gate_close(struct jf_gate *gate) {
  close(gate->here[0]);
  close(gate->here[1]);
  close(gate->on[0]);
  close(gate->on[1]);
}

void jf_gate_report(struct jf_gate *gate) { JF_MUST(write(gate->here[1], ".", 1) == 1); }

void jf_gate_wait(struct jf_gate *gate) {
  char c;
  JF_MUST(read(gate->on[0], &c, 1) == 1);
}

void jf_gate_expect(struct jf_gate *gate) {
  char c;
  struct pollfd ready = {.fd = gate->here[0], .events = POLLIN};
  assert_int_equal(poll(&ready, 1, 20000), 1);
  assert_int_equal(read(gate->here[0], &c, 1), 1);
}

void jf_gate_let_on(struct jf_gate *gate) { assert_int_equal(write(gate->on[1], ".", 1), 1); }

int64_t jf_now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
