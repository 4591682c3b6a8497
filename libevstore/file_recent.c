/* file_recent.c - what was written lately, by tag: how a condition is checked without reading the journal.
 *
 * The control page has a table of words. Who writes an event, under the write lock, stores its seq at the hash of
 * each of its tags and of its id. So where the word of a tag holds no seq after the position of a condition, no event
 * with that tag was written since, and sixty-four processes that sell sixty-four musicals need not read one another's
 * lines. A later seq may belong to another tag of the same hash: then the journal is read.
 *
 * Invariant: every event after page->recent_from, up to the tail, is in the table. Whoever rebuilds the tail begins it
 * anew; words from before then only cause a reading that finds nothing. */
#include "file.h"

#include <string.h>

/* Tags and ids are hashed apart, since both are free text. */
enum kind { TAG = 1, ID = 2 };

/* The word of a text. CRC-32C spreads well and takes one instruction for eight bytes. */
static size_t word_of(enum kind kind, const char *text) { return evs__crc32c(kind, text, strlen(text)) % EVS__RECENT; }

/* Was the text last written at or before `after`? */
static bool is_older(const struct evs__page *page, enum kind kind, const char *text, uint64_t after) {
  return atomic_load_explicit(&page->recent[word_of(kind, text)], memory_order_relaxed) <= after;
}

void evs__recent_begin(struct evs__page *page, uint64_t seq) { atomic_store(&page->recent_from, seq); }

void evs__recent_add(struct evs__page *page, const evs_new_event *event, const char *id, uint64_t seq) {
  for (size_t i = 0; i < event->tag_count; i++)
    atomic_store_explicit(&page->recent[word_of(TAG, event->tags[i])], seq, memory_order_relaxed);
  atomic_store_explicit(&page->recent[word_of(ID, id)], seq, memory_order_relaxed);
}

/* An event matches an item only when it has all of its tags, so one old tag is enough. */
static bool item_excluded(const struct evs__page *page, const evs_query_item *item, uint64_t after) {
  for (size_t i = 0; i < item->tag_count; i++)
    if (is_older(page, TAG, item->tags[i], after))
      return true;
  return false;
}

bool evs__recent_excludes(const struct evs__page *page, const evs_condition *condition, const char *const *ids,
                          size_t id_count) {
  uint64_t after = condition->after;
  const evs_query *unless = condition->unless;
  if (after >= atomic_load(&page->tail_seq))
    return true;
  if (after < atomic_load(&page->recent_from) || (unless && unless->count == 0))
    return false;
  for (size_t i = 0; unless && i < unless->count; i++)
    if (!item_excluded(page, &unless->items[i], after))
      return false;
  for (size_t i = 0; i < id_count; i++)
    if (!is_older(page, ID, ids[i], after))
      return false;
  return true;
}
