/* child.h - another program, run without a shell: what it reads, what it answers, how long it may take.
 *
 * Safe to be called from several threads at once: there is no shared state, every descriptor is closed in the other
 * children, and SIGPIPE is held back in the calling thread alone. A child with a time limit is a process group of its
 * own, so that Ctrl-C leaves a call in hand alone. The limit ends it with all that it started (descendants.h says what
 * escapes); our own death ends it, too, whatever we die of, but not what it started. A child without a limit stays in
 * our group and outlives us. */
#ifndef OP_CHILD_H
#define OP_CHILD_H

#include "output.h"

struct op_child {
  char *const *argv; /* argv[0] is looked for in PATH; ends with NULL */
  const char *input; /* its standard input, `input_len` bytes; it need not read them */
  size_t input_len;
  struct op_text *output;   /* becomes what it writes to stdout; NULL: it inherits our stdout */
  size_t output_max;        /* bytes of output that are kept; the rest is read and dropped */
  unsigned timeout_ms;      /* from its start to its end; 0: no limit */
  char *const *environment; /* NULL: ours */
};

enum op_child_end {
  OP_CHILD_EXITED,    /* `number` is its exit code */
  OP_CHILD_KILLED,    /* by a signal that was not ours: `number` */
  OP_CHILD_TIMED_OUT, /* killed by us, with its descendants */
};

struct op_child_result {
  enum op_child_end end;
  int number;
  bool truncated; /* it wrote more than output_max */
};

/* Could this program be run, as far as can be seen without running it? 0, or 66 and 77 as op_child_run(). */
int op_child_find(const char *program, struct op_error *error);

/* Runs the program and waits for its end; stdin and stdout are served at once, so that neither blocks the other. Once
 * it has exited nobody waits for those who still hold its stdout. A signal to us never cuts it short. 0, or where it
 * did not run at all: 66 no_command, 77 not_executable, 75 no_resources; 74 where its end cannot be known. */
int op_child_run(const struct op_child *child, struct op_child_result *ret_result, struct op_error *error);

#endif
