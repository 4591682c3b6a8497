/* backend.h - what the bench programs ask of a store, ours or a peer's.
 *
 * One file per backend (backend_X.c) fills in one table of functions; the workloads (bench_X.c) know only the table.
 * All backends are given the same events. Ours and the raw file write each as a line of about 300 bytes; the others
 * store the same fields in their own way, in fewer bytes, which is left to their advantage.
 *
 * A function that cannot do what it is asked says why and ends the process (bench_die): a bench either measures a
 * correct run or none. */
#ifndef BENCH_BACKEND_H
#define BENCH_BACKEND_H

#include "evstore.h"

#define BENCH_DIGITS 8 /* of an event's number among those of its worker */
#define BENCH_TYPES 4  /* in a journal to be read, every fourth event is of the type that is looked for */

/* An event to append, of one worker. */
struct bench_event {
  const char *type;
  char id[24];          /* placed:WW-NNNNNNNN */
  char reservation[16]; /* WW-NNNNNNNN */
  char musical_tag[16], reservation_tag[32];
  char tags[64]; /* both of them as a JSON array, for who stores them so */
  char data[96];
  char time[EVS_TIME_SIZE];
};

/* What a worker does before each commit. */
enum bench_condition {
  BENCH_NONE,      /* nothing */
  BENCH_DIFFERENT, /* makes sure that nothing happened to its own musical since its last commit */
  BENCH_HOT,       /* makes sure that the musical, which is everybody's, has a seat left, and takes it */
};

/* What all workers of a run share. */
struct bench_run {
  const char *path; /* where the store is: a directory, a file or a socket */
  enum bench_condition condition;
  uint64_t seats; /* BENCH_HOT: how many there are */
};

/* What a worker has been doing. */
struct bench_tally {
  uint64_t events;    /* acknowledged */
  uint64_t conflicts; /* attempts that had to be made again */
};

struct bench_backend {
  const char *name;
  /* Makes the store, before there are any workers. */
  void (*create)(const struct bench_run *run);
  /* Opens it for one worker, in its process. */
  void *(*open)(const struct bench_run *run);
  /* One durable commit, under the condition of the run. False: no seats are left, and nothing was appended. */
  bool (*append)(void *handle, const struct bench_event *events, size_t count, struct bench_tally *tally);
  void (*close)(void *handle);
  /* Calls visit() for the id of every event of the type (NULL: all), in order, after looking at all of its fields.
   * Returns the bytes in them. */
  uint64_t (*read)(const struct bench_run *run, const char *type,
                   void (*visit)(void *context, const char *id, size_t len), void *context);
};

extern const struct bench_backend bench_evstore, bench_sqlite, bench_redis, bench_raw;

/* The backend of that name; ends the process where there is none. */
const struct bench_backend *bench_backend_find(const char *name);

/* The types of events, of which the first is that of a reservation. */
extern const char *const bench_types[BENCH_TYPES];

/* Fills in an event of the worker but for its number; `musical` is the worker's own or everybody's. */
void bench_event_init(struct bench_event *event, unsigned worker, unsigned musical);
/* Gives it its number. */
void bench_event_number(struct bench_event *event, uint64_t number);
/* Writes a number with BENCH_DIGITS digits. */
void bench_digits(char *at, uint64_t number);

/* Says why, and ends the process with exit code 1. */
_Noreturn void bench_die(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Seconds on a clock that only goes forward. */
double bench_seconds(void);

#endif
