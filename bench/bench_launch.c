/* bench_launch.c - runs commands and tells what each one cost: bench_launch [-j N] [-i FILE] [-o FILE] < COMMANDS
 *
 * Each line of the input is a command: its words, with a tab between two. At most N run at once (default 1). Each reads
 * its stdin from the start of FILE (-i, default /dev/null), and what all of them print goes to the end of FILE (-o,
 * default /dev/null). Prints one JSON array of an array per command, in the order of the input: wall time in us, CPU
 * time in us, peak resident set in KiB, exit code (128+n: killed by signal n).
 *
 * A program of its own, because Linux counts the memory of who forks as that of the child until its exec: below an
 * interpreter no small figure can be seen, and its own start is a part of every small time. Exit 0, 64, 70. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_WORDS = 64 };

/* A command and what became of it. */
struct job {
  char *line;
  pid_t pid;
  long began_us, wall_us, cpu_us, rss_kib;
  int code;
};

/* Ends with what failed. */
static _Noreturn void die(const char *what) {
  fprintf(stderr, "bench_launch: %s: %s\n", what, strerror(errno));
  exit(70);
}

/* Microseconds of a clock that never jumps. */
static long now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Microseconds of CPU time. */
static long cpu_us(const struct rusage *usage) {
  return (usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1000000 + usage->ru_utime.tv_usec +
         usage->ru_stime.tv_usec;
}

/* All jobs of stdin. */
static struct job *read_jobs(size_t *ret_count) {
  struct job *jobs = NULL;
  size_t count = 0, size = 0;
  char *line = NULL;
  for (size_t room = 0; getline(&line, &room, stdin) > 0; line = NULL, room = 0) {
    if (count == size) {
      size = size ? size * 2 : 64;
      jobs = reallocarray(jobs, size, sizeof *jobs);
      if (!jobs)
        die("memory");
    }
    line[strcspn(line, "\n")] = '\0';
    jobs[count++] = (struct job){.line = line};
  }
  free(line);
  *ret_count = count;
  return jobs;
}

/* In the child: becomes the command. */
static _Noreturn void become(char *line, const char *input, int out) {
  int in = open(input, O_RDONLY | O_CLOEXEC);
  char *words[MAX_WORDS + 1] = {NULL};
  size_t count = 0;
  for (char *rest = line, *word; count < MAX_WORDS && (word = strsep(&rest, "\t"));)
    words[count++] = word;
  dup2(in, STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  dup2(out, STDERR_FILENO);
  execvp(words[0], words);
  _exit(127);
}

/* Starts a job. */
static void start(struct job *job, const char *input, int out) {
  job->began_us = now_us();
  job->pid = fork();
  if (job->pid < 0)
    die("fork");
  if (job->pid == 0)
    become(job->line, input, out);
}

/* Waits for any job that runs, the first `started` of all. */
static void reap(struct job *jobs, size_t started) {
  struct rusage usage;
  int status = 0;
  pid_t pid = wait4(-1, &status, 0, &usage);
  long now = now_us();
  if (pid < 0)
    die("wait");
  for (size_t i = started; i-- > 0;) {
    if (jobs[i].pid != pid)
      continue;
    jobs[i].pid = 0;
    jobs[i].wall_us = now - jobs[i].began_us;
    jobs[i].cpu_us = cpu_us(&usage);
    jobs[i].rss_kib = usage.ru_maxrss;
    jobs[i].code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return;
  }
}

/* Reads, runs, tells. */
int main(int argc, char **argv) {
  const char *input = "/dev/null", *path = "/dev/null";
  size_t limit = 1, count = 0, running = 0;
  for (int option; (option = getopt(argc, argv, "i:j:o:")) != -1;) {
    if (option == '?')
      return 64;
    if (option == 'i')
      input = optarg;
    else if (option == 'o')
      path = optarg;
    else
      limit = strtoul(optarg, NULL, 10);
  }
  int out = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (out < 0 || access(input, R_OK) != 0)
    die(out < 0 ? path : input);
  struct job *jobs = read_jobs(&count);
  for (size_t i = 0; i < count; i++) {
    if (running++ == limit) {
      reap(jobs, i);
      running--;
    }
    start(&jobs[i], input, out);
  }
  for (; running > 0; running--)
    reap(jobs, count);
  for (size_t i = 0; i < count; i++) {
    printf("%s[%ld,%ld,%ld,%d]", i ? "," : "[", jobs[i].wall_us, jobs[i].cpu_us, jobs[i].rss_kib, jobs[i].code);
    free(jobs[i].line);
  }
  puts(count ? "]" : "[]");
  free(jobs);
  return fflush(stdout) == 0 ? 0 : 70;
}
