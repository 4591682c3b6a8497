/* file_turn.c - evs_turn(): those who decide on the same thing do so one after the other.
 *
 * A condition makes sure that nobody decides on what has changed meanwhile. When sixteen processes sell the seats of
 * one musical at once, fifteen of sixteen decisions would be made in vain; so each waits for its turn before it reads.
 * The control page has a few words, and a topic's word holds the pid of whoever is deciding. That is a hint and no
 * lock: a turn that takes too long, or whose process died, is passed over, and then the condition decides as ever.
 *
 * Contention management of this kind is known from optimistic concurrency control ("who lost goes first"); the turn
 * ends with the write, before the sync, so that all who decided one after the other still share one fdatasync. */
#include "file.h"

#include <sched.h>
#include <string.h>

#define SPINS 400   /* looks without a system call, of which a decision takes a few */
#define YIELDS 16   /* of the processor to others, then it sleeps */
#define SLICE_MS 2u /* of sleep */
#define LIMIT_MS 20 /* after which it goes on without a turn */

/* The word of a topic. */
static _Atomic uint32_t *word_of(struct evs__page *page, const char *topic) {
  return &page->turns[evs__crc32c(0, topic, strlen(topic)) % EVS__TURNS];
}

/* Lets the holder go on. */
static void pause_for(struct evs__page *page, _Atomic uint32_t *word, uint32_t holder, int tries) {
  for (int i = 0; i < SPINS && atomic_load(word) == holder; i++)
    evs__cpu_relax();
  if (atomic_load(word) != holder)
    return;
  if (tries < YIELDS) {
    sched_yield();
    return;
  }
  atomic_fetch_add(&page->turn_waiters, 1);
  evs__futex_wait(word, holder, EVS__ANY_BITS, SLICE_MS);
  atomic_fetch_sub(&page->turn_waiters, 1);
}

void evs__file_turn(evs_store *store, const char *topic) {
  struct evs__file *file = evs__file(store);
  bool exists = false;
  evs__file_turn_end(store);
  if (evs__attach_reader(file, &exists, NULL) || !file->page || !file->page_writable)
    return;
  _Atomic uint32_t *word = word_of(file->page, topic);
  int64_t deadline = 0;
  for (int tries = 0;; tries++) {
    uint32_t holder = 0;
    if (atomic_compare_exchange_strong(word, &holder, file->pid)) {
      file->turn = word;
      return;
    }
    if (tries >= YIELDS) {
      int64_t now = evs__monotonic_ms();
      deadline = deadline ? deadline : now + LIMIT_MS;
      if (now >= deadline || holder == file->pid)
        return;
      if (evs__process_ended(holder))
        atomic_compare_exchange_strong(word, &holder, 0);
    }
    pause_for(file->page, word, holder, tries);
  }
}

void evs__file_turn_end(evs_store *store) {
  struct evs__file *file = evs__file(store);
  uint32_t self = file->pid;
  if (!file->turn)
    return;
  atomic_compare_exchange_strong(file->turn, &self, 0);
  if (atomic_load(&file->page->turn_waiters))
    evs__futex_wake(file->turn, EVS__ANY_BITS, 1);
  file->turn = NULL;
}
