/* test_child.c - another program is fed, heard and ended: whatever it does, the call comes back in time, tells what
 * became of it, and leaves no process and no descriptor behind. */
#include "child.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define FOREVER_MS 60000 /* a limit that no test reaches */
#define SOON_MS 150      /* one that is meant to be */
#define MEBIBYTE ((size_t)1 << 20)

/* One run of a shell script. */
struct run {
  struct op_child_result result;
  struct op_text output;
  struct op_error error;
  int code;
};

/* Runs a script with this input; its stdout is kept up to `max`. */
static void run_script(struct run *run, const char *script, const char *input, size_t len, size_t max, unsigned limit) {
  const char *const argv[] = {"sh", "-c", script, NULL};
  const struct op_child child = {(char *const *)(uintptr_t)argv, input, len, &run->output, max, limit, NULL};
  run->error = (struct op_error){0};
  run->code = op_child_run(&child, &run->result, &run->error);
}

/* How many descriptors this process has open. */
static int descriptors(void) {
  DIR *dir = opendir("/proc/self/fd");
  assert_non_null(dir);
  int count = 0;
  while (readdir(dir) != NULL)
    count++;
  closedir(dir);
  return count;
}

/* Runs, or is at least no corpse? */
static bool lives(long pid) {
  char path[64], line[512];
  snprintf(path, sizeof path, "/proc/%ld/stat", pid);
  FILE *file = fopen(path, "r");
  if (file == NULL)
    return false;
  bool read = fgets(line, sizeof line, file) != NULL;
  fclose(file);
  const char *state = read ? strrchr(line, ')') : NULL;
  return state != NULL && state[2] != 'Z' && state[2] != 'X';
}

/* Every end that a program can have, and what is kept of its output. */
static void ends_are_told_apart(void **state) {
  static const struct {
    const char *script;
    unsigned limit;
    enum op_child_end end;
    int number;
    const char *output;
  } cases[] = {
      {"echo hello", FOREVER_MS, OP_CHILD_EXITED, 0, "hello\n"},
      {"echo hello", 0, OP_CHILD_EXITED, 0, "hello\n"},
      {"cat; exit 75", FOREVER_MS, OP_CHILD_EXITED, 75, "input"},
      {"exit 255", FOREVER_MS, OP_CHILD_EXITED, 255, ""},
      {"echo half; kill -9 $$", FOREVER_MS, OP_CHILD_KILLED, SIGKILL, "half\n"},
      {"kill -TERM $$; echo survived", FOREVER_MS, OP_CHILD_KILLED, SIGTERM, ""},
      {"echo before; exec sleep 600", SOON_MS, OP_CHILD_TIMED_OUT, SIGKILL, "before\n"},
      {"trap '' TERM INT; exec >&-; exec sleep 600", SOON_MS, OP_CHILD_TIMED_OUT, SIGKILL, ""},
      {"cat >/dev/null; exec sleep 600", SOON_MS, OP_CHILD_TIMED_OUT, SIGKILL, ""},
      {"exec >&-; cat >/dev/null", FOREVER_MS, OP_CHILD_EXITED, 0, ""},
      {"kill -STOP $$", SOON_MS, OP_CHILD_TIMED_OUT, SIGKILL, ""},
  };
  (void)state;
  signal(SIGTERM, SIG_IGN); /* ours is not theirs */
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct run run = {0};
    int before = descriptors();
    run_script(&run, cases[i].script, "input", 5, 1000, cases[i].limit);
    assert_int_equal(run.code, OP_OK);
    assert_int_equal(run.result.end, cases[i].end);
    assert_int_equal(run.result.number, cases[i].number);
    assert_false(run.result.truncated);
    assert_int_equal(run.output.len, strlen(cases[i].output));
    assert_memory_equal(run.output.len != 0 ? run.output.ptr : "", cases[i].output, run.output.len);
    op_text_free(&run.output);
    assert_int_equal(descriptors(), before);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child, dead or alive */
    assert_int_equal(errno, ECHILD);
  }
  signal(SIGTERM, SIG_DFL);
}

/* What cannot be started is no end of a program. */
static void what_does_not_start_is_an_error(void **state) {
  char file[] = "/tmp/op-child-XXXXXX";
  (void)state;
  int fd = mkstemp(file);
  assert_true(fd >= 0);
  close(fd);
  const struct {
    const char *program;
    int code;
    const char *word;
  } cases[] = {
      {"/no/such/program", OP_NOINPUT, "no_command"},
      {"no-such-program-anywhere", OP_NOINPUT, "no_command"},
      {"/etc/passwd/program", OP_NOINPUT, "no_command"},
      {file, OP_NOPERM, "not_executable"},
      {"/tmp", OP_NOPERM, "not_executable"},
  };
  int before = descriptors();
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const char *const argv[] = {cases[i].program, NULL};
    struct op_text output = {0};
    struct op_error error = {0};
    struct op_child_result result;
    const struct op_child child = {(char *const *)(uintptr_t)argv, "x", 1, &output, 100, FOREVER_MS, NULL};
    assert_int_equal(op_child_run(&child, &result, &error), cases[i].code);
    assert_string_equal(error.code, cases[i].word);
    assert_non_null(strstr(error.message, cases[i].program));
    op_text_free(&output);
    error = (struct op_error){0};
    assert_int_equal(op_child_find(cases[i].program, &error), cases[i].code);
    assert_string_equal(error.code, cases[i].word);
  }
  assert_int_equal(descriptors(), before);
  unlink(file);
}

/* What is found can be run, by its path or by PATH, whatever stands there before. */
static void what_can_be_run_is_found(void **state) {
  static const char *const programs[] = {"sh", "/bin/sh", "true"};
  struct op_error error = {0};
  (void)state;
  char *before = strdup(getenv("PATH"));
  char path[1024];
  snprintf(path, sizeof path, "/no/such/directory:/etc:%s", before);
  setenv("PATH", path, 1);
  for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++)
    assert_int_equal(op_child_find(programs[i], &error), OP_OK);
  assert_int_equal(op_child_find("passwd/x", &error), OP_NOINPUT);
  setenv("PATH", "/no/such/directory", 1);
  assert_int_equal(op_child_find("sh", &error), OP_NOINPUT);
  setenv("PATH", "/no/such/directory:/etc", 1);
  assert_int_equal(op_child_find("passwd", &error), OP_NOPERM);
  setenv("PATH", before, 1);
  free(before);
}

/* More than a pipe holds, both ways at once: each side would wait for the other for ever if one were served first. */
static void large_input_and_output_pass_at_once(void **state) {
  struct run run = {0};
  char *input = malloc(MEBIBYTE);
  (void)state;
  assert_non_null(input);
  for (size_t i = 0; i < MEBIBYTE; i++)
    input[i] = (char)(i * 31); /* with NULs in it */
  run_script(&run, "cat", input, MEBIBYTE, 2 * MEBIBYTE, FOREVER_MS);
  assert_int_equal(run.code, OP_OK);
  assert_int_equal(run.output.len, MEBIBYTE);
  assert_memory_equal(run.output.ptr, input, MEBIBYTE);
  op_text_free(&run.output);
  free(input);
}

/* The bound holds, and who writes too much is neither blocked nor killed for it. */
static void output_is_bounded(void **state) {
  static const struct {
    const char *script;
    unsigned limit;
    size_t kept;
    bool truncated;
    enum op_child_end end;
  } cases[] = {
      {"printf 12345", FOREVER_MS, 5, false, OP_CHILD_EXITED},
      {"printf 123456", FOREVER_MS, 5, true, OP_CHILD_EXITED},
      {"head -c 3000000 /dev/zero", FOREVER_MS, 5, true, OP_CHILD_EXITED},
      {"exec cat /dev/zero", SOON_MS, 5, true, OP_CHILD_TIMED_OUT},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct run run = {0};
    run_script(&run, cases[i].script, NULL, 0, 5, cases[i].limit);
    assert_int_equal(run.result.end, cases[i].end);
    assert_int_equal(run.output.len, cases[i].kept);
    assert_int_equal(run.result.truncated, cases[i].truncated);
    op_text_free(&run.output);
  }
}

/* A child that does not read is fine, though SIGPIPE is at its default here: it would end this test. */
static void unread_input_is_no_failure(void **state) {
  struct run run = {0};
  char *input = calloc(1, MEBIBYTE);
  sigset_t pending;
  (void)state;
  signal(SIGPIPE, SIG_DFL);
  run_script(&run, "exec <&-; echo ok", input, MEBIBYTE, 100, FOREVER_MS);
  assert_int_equal(run.code, OP_OK);
  assert_int_equal(run.result.end, OP_CHILD_EXITED);
  assert_string_equal(run.output.ptr, "ok\n");
  sigpending(&pending);
  assert_false(sigismember(&pending, SIGPIPE));
  pthread_sigmask(SIG_BLOCK, NULL, &pending);
  assert_false(sigismember(&pending, SIGPIPE));
  op_text_free(&run.output);
  free(input);
}

/* The limit ends those whom the program started, too. */
static void the_limit_ends_descendants(void **state) {
  struct run run = {0};
  (void)state;
  run_script(&run, "sh -c 'echo $$; sleep 600; :' & wait", NULL, 0, 100, SOON_MS);
  assert_int_equal(run.result.end, OP_CHILD_TIMED_OUT);
  long grandchild = strtol(run.output.ptr, NULL, 10);
  assert_true(grandchild > 1);
  for (int i = 0; lives(grandchild) && i < 10000; i++) /* the kernel takes its time, not for long */
    usleep(1000);
  assert_false(lives(grandchild));
  op_text_free(&run.output);
}

/* Nor does another session help, or another group, whoever is how far below. */
static void the_limit_ends_who_left_the_group(void **state) {
  static const char *const scripts[] = {
      "setsid sh -c 'echo $$; sleep 600; :' & wait",
      "setsid sh -c \"setsid sh -c 'echo \\$\\$; sleep 600; :' & wait\" & wait",
  };
  (void)state;
  for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
    struct run run = {0};
    run_script(&run, scripts[i], NULL, 0, 100, 4 * SOON_MS);
    assert_int_equal(run.result.end, OP_CHILD_TIMED_OUT);
    long descendant = strtol(run.output.len > 0 ? run.output.ptr : "", NULL, 10);
    assert_true(descendant > 1);
    for (int j = 0; lives(descendant) && j < 10000; j++)
      usleep(1000);
    assert_false(lives(descendant));
    op_text_free(&run.output);
  }
}

/* Who is killed cannot kill its child: the kernel does. One without a limit is left alone. */
static void our_death_is_the_childs(void **state) {
  static const unsigned limits[] = {FOREVER_MS, 0};
  (void)state;
  for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
    int told[2];
    char number[32] = "";
    assert_int_equal(pipe(told), 0);
    pid_t parent = fork();
    if (parent == 0) {
      struct run run = {0};
      char script[64];
      snprintf(script, sizeof script, "echo $$ >&%d; exec sleep 600", told[1]);
      run_script(&run, script, NULL, 0, 100, limits[i]);
      _exit(1);
    }
    assert_true(parent > 0);
    assert_true(read(told[0], number, sizeof number - 1) > 0);
    long child = strtol(number, NULL, 10);
    assert_true(child > 1 && lives(child));
    kill(parent, SIGKILL);
    assert_int_equal(waitpid(parent, NULL, 0), parent);
    for (int j = 0; limits[i] != 0 && lives(child) && j < 10000; j++)
      usleep(1000);
    assert_int_equal(lives(child), limits[i] == 0);
    kill((pid_t)child, SIGKILL);
    close(told[0]);
    close(told[1]);
  }
}

/* A descendant that keeps stdout open holds nobody up. */
static void descendants_are_not_waited_for(void **state) {
  static const char *const scripts[] = {"sleep 600 & echo $!", "cat /dev/zero & echo $!"};
  (void)state;
  for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
    struct run run = {0};
    run_script(&run, scripts[i], NULL, 0, 20, FOREVER_MS);
    assert_int_equal(run.result.end, OP_CHILD_EXITED);
    assert_int_equal(run.result.number, 0);
    long grandchild = strtol(run.output.ptr, NULL, 10);
    if (grandchild > 1) /* in the second, zeros may come before its number */
      kill((pid_t)grandchild, SIGKILL);
    op_text_free(&run.output);
  }
}

/* One of many threads: its answers are its own. */
static void *run_many(void *context) {
  const char *word = context;
  for (int i = 0; i < 20; i++) {
    struct run run = {0};
    run_script(&run, i % 5 == 4 ? "cat; kill -9 $$" : "cat", word, strlen(word), 100, FOREVER_MS);
    bool right = run.code == OP_OK && run.output.len == strlen(word) && strcmp(run.output.ptr, word) == 0 &&
                 run.result.end == (i % 5 == 4 ? OP_CHILD_KILLED : OP_CHILD_EXITED);
    op_text_free(&run.output);
    if (!right)
      return context;
  }
  return NULL;
}

/* Several threads at once: none hears another's child, and none waits for a pipe that another's child holds. */
static void threads_do_not_disturb_one_another(void **state) {
  static char words[][8] = {"one", "two", "three", "four", "five", "six"};
  enum { THREADS = sizeof words / sizeof words[0] };
  pthread_t threads[THREADS];
  (void)state;
  int before = descriptors();
  for (size_t i = 0; i < THREADS; i++)
    assert_int_equal(pthread_create(&threads[i], NULL, run_many, words[i]), 0);
  for (size_t i = 0; i < THREADS; i++) {
    void *failed = NULL;
    assert_int_equal(pthread_join(threads[i], &failed), 0);
    assert_null(failed);
  }
  assert_int_equal(descriptors(), before);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ends_are_told_apart),
      cmocka_unit_test(what_does_not_start_is_an_error),
      cmocka_unit_test(what_can_be_run_is_found),
      cmocka_unit_test(large_input_and_output_pass_at_once),
      cmocka_unit_test(output_is_bounded),
      cmocka_unit_test(unread_input_is_no_failure),
      cmocka_unit_test(the_limit_ends_descendants),
      cmocka_unit_test(the_limit_ends_who_left_the_group),
      cmocka_unit_test(our_death_is_the_childs),
      cmocka_unit_test(descendants_are_not_waited_for),
      cmocka_unit_test(threads_do_not_disturb_one_another),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
