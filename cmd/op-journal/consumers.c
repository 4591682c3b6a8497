/* consumers.c - op-journal consumers and seek: who has read how far.
 *
 * Two kinds have an offset: consumers, which are any program's and are moved by `consume` or `seek`, and models, the
 * read models that the commands keep for themselves in state/. A model's offset says what its tables hold: it cannot be
 * moved, only built again. Every built-in model is listed, even where its command never ran. An offset beyond the head
 * is warned of on stderr, too. Of a consumer that is divided its parts are listed, those that never ran too, and
 * nothing of how it was divided before. */
#include "models.h"
#include "parking_model.h"
#include "select.h"
#include "verbs.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const struct op_column columns[] = {
    {"consumer", "CONSUMER", false}, {"offset", "OFFSET", true},         {"head", "HEAD", true},  {"lag", "LAG", true},
    {"parked", "PARKED", true},      {"updatedAt", "UPDATED AT", false}, {"kind", "KIND", false},
};
#define COLUMNS (sizeof columns / sizeof *columns)

/* A consumer that is divided, and which of its parts were listed. */
struct divided {
  char consumer[EVS_MAX_CONSUMER + 1];
  unsigned parts;
  bool seen[MAX_PARTS];
};

struct listing {
  struct op_app *app;
  struct op_model *model; /* what is parked, and the parts */
  uint64_t head;
  struct divided *divided;
  size_t divided_count;
  struct op_error *error;
};

/* Says loudly that an offset lies beyond the head. The head is read again first: it may have moved on since. */
static void warn_beyond(struct listing *listing, const char *name, uint64_t offset, bool model) {
  evs_error store_error;
  uint64_t head = 0;
  if (offset <= listing->head)
    return;
  if (evs_head(listing->app->store, &head, &store_error) == 0)
    listing->head = head;
  if (offset <= listing->head)
    return;
  if (model)
    op_warn(listing->app,
            "read model %s has folded up to %" PRIu64 ", beyond the head of the journal, %" PRIu64
            ": the journal is another one, or lost its end; the next call of its command builds it again",
            name, offset, listing->head);
  else
    op_warn(listing->app,
            "the offset of consumer %s, %" PRIu64 ", lies beyond the head of the journal, %" PRIu64
            ": the journal is another one, or lost its end; 'op-journal seek %s N' sets it",
            name, offset, listing->head, name);
}

/* One row. An offset beyond the head has a lag below zero: said, never hidden. */
static void row(const struct listing *listing, const char *name, const uint64_t *offset, const int64_t *parked,
                int64_t updated_us, const char *kind) {
  struct op_output *output = listing->app->output;
  char time[EVS_TIME_SIZE];
  op_cell_text(output, name);
  if (offset)
    op_cell_number(output, (int64_t)*offset);
  else
    op_cell_null(output);
  op_cell_number(output, (int64_t)listing->head);
  if (offset)
    op_cell_number(output, (int64_t)listing->head - (int64_t)*offset);
  else
    op_cell_null(output);
  if (parked)
    op_cell_number(output, *parked);
  else
    op_cell_null(output);
  if (updated_us > 0)
    evs_time_format(updated_us, time);
  op_cell_text(output, updated_us > 0 ? time : NULL);
  op_cell_text(output, kind);
  op_row_end(output);
}

/* The row of an offset, with what is parked in that part. 0 or 1 with listing->error filled. */
static int offset_row(struct listing *listing, const char *name, uint64_t offset, int64_t updated_us) {
  char consumer[EVS_MAX_CONSUMER + 1];
  struct part part = part_of_name(name, consumer);
  int64_t parked = 0;
  if (parking_count(listing->model, consumer, part, &parked, listing->error))
    return 1;
  warn_beyond(listing, name, offset, false);
  row(listing, name, &offset, &parked, updated_us, "consumer");
  return 0;
}

/* Does the offset count, as its consumer is divided now? */
static int counts(const struct listing *listing, const char *name, bool *ret_counts) {
  char consumer[EVS_MAX_CONSUMER + 1];
  struct part part = part_of_name(name, consumer);
  int parts = -1;
  int rc = parts_load(listing->model, consumer, &parts, listing->error);
  *ret_counts = parts < 0 || (unsigned)parts == part.of;
  for (size_t i = 0; part.of && i < listing->divided_count; i++)
    if (*ret_counts && strcmp(listing->divided[i].consumer, consumer) == 0)
      listing->divided[i].seen[part.number - 1] = true;
  return rc;
}

/* One row for each offset that counts. */
static int consumer_row(void *context, const evs_consumer_info *info) {
  struct listing *listing = context;
  bool wanted = false;
  int rc = counts(listing, info->name, &wanted);
  return rc ? 1 : wanted ? offset_row(listing, info->name, info->offset, info->updated_us) : 0;
}

/* Remembers that a consumer is divided. */
static void add_divided(void *context, const char *consumer, unsigned parts) {
  struct listing *listing = context;
  struct divided *more = realloc(listing->divided, (listing->divided_count + 1) * sizeof *more);
  if (!more)
    return; /* then parts that never ran are not listed */
  listing->divided = more;
  more[listing->divided_count] = (struct divided){.parts = parts};
  snprintf(more[listing->divided_count++].consumer, sizeof more->consumer, "%s", consumer);
}

/* One row for each part that never ran. */
static int missing_rows(struct listing *listing) {
  for (size_t i = 0; i < listing->divided_count; i++) {
    const struct divided *divided = &listing->divided[i];
    for (unsigned k = 1; k <= divided->parts; k++) {
      char name[EVS_MAX_CONSUMER + 1];
      if (!divided->seen[k - 1] && part_name(divided->consumer, (struct part){k, divided->parts}, name) &&
          offset_row(listing, name, 0, 0))
        return 1;
    }
  }
  return 0;
}

/* Opens the store and reads its head. */
static int open_head(struct listing *listing, struct op_error *error) {
  evs_error store_error;
  int rc = op_store_read(listing->app, error);
  if (rc)
    return rc;
  rc = evs_head(listing->app->store, &listing->head, &store_error);
  return rc ? op_fail_store(error, rc, &store_error) : OP_OK;
}

/* The verb consumers. */
int verb_consumers(struct op_app *app, struct op_error *error) {
  struct listing listing = {.app = app, .error = error};
  struct model_info *models = NULL;
  size_t count = 0;
  evs_error store_error;
  int rc = op_model_open_there(app, parking_model(), &listing.model, error);
  if (!rc)
    rc = parts_all(listing.model, add_divided, &listing, error);
  if (!rc)
    rc = models_list(app, &models, &count, error);
  if (!rc)
    rc = open_head(&listing, error); /* after the offsets: so that none of them seems beyond it */
  if (rc)
    goto out;
  op_rows_begin(app->output, columns, COLUMNS, false);
  rc = evs_consumers(app->store, consumer_row, &listing, &store_error);
  if (!rc)
    rc = missing_rows(&listing);
  if (rc) {
    rc = rc == 1 ? error->exit_code : op_fail_store(error, rc, &store_error);
    goto out;
  }
  for (size_t i = 0; i < count; i++) {
    warn_beyond(&listing, models[i].name, models[i].offset, true);
    row(&listing, models[i].name, models[i].known ? &models[i].offset : NULL, NULL, models[i].updated_us, "model");
  }
  op_rows_end(app->output);
out:
  op_model_close(listing.model);
  free(listing.divided);
  free(models);
  return rc;
}

/* Is there a consumer of this name? Ends the visit with 1. */
static int same_name(void *context, const evs_consumer_info *info) { return strcmp(context, info->name) == 0; }

/* An offset that does not count, as the consumer is divided now, is not set. Exit 1 parts_differ. */
static int check_counts(struct listing *listing, const char *name, struct op_error *error) {
  char consumer[EVS_MAX_CONSUMER + 1];
  bool good = true;
  int rc = counts(listing, name, &good);
  if (rc || good)
    return rc;
  part_of_name(name, consumer);
  op_fail(error, OP_REFUSED, "parts_differ",
          "%s is no offset of consumer %s as it is run now; 'op-journal consumers' lists those", name, consumer);
  op_error_text(error, "consumer", consumer);
  return error->exit_code;
}

/* The verb seek. */
int verb_seek(struct op_app *app, struct op_error *error) {
  struct listing listing = {.app = app, .error = error};
  char *name = app->operands[0];
  evs_error store_error;
  int64_t position = 0;
  int64_t parked = 0;
  if (op_check_number("position", "usage", app->operands[1], 0, (int64_t)EVS_MAX_SEQ, &position, error))
    return op_usage(app, error, "SEQ must be a position (a whole number, 0 or more), not '%s'", app->operands[1]);
  int rc = open_head(&listing, error);
  if (rc)
    return rc;
  if ((uint64_t)position > listing.head) {
    op_fail(error, OP_DATA, "beyond_head", "position %" PRId64 " lies beyond the head of the journal, %" PRIu64,
            position, listing.head);
    op_error_number(error, "position", position);
    op_error_number(error, "head", (int64_t)listing.head);
    return OP_DATA;
  }
  rc = evs_consumers(app->store, same_name, name, &store_error);
  if (rc != 0 && rc != 1)
    return op_fail_store(error, rc, &store_error);
  bool built_in = false;
  bool taken = rc == 1;
  if (!taken && (rc = models_built_in(app, name, &built_in, error)))
    return rc;
  if (!built_in && strlen(name) <= EVS_MAX_CONSUMER) {
    rc = op_model_open(app, parking_model(), &listing.model, error);
    if (!rc)
      rc = check_counts(&listing, name, error);
    if (!rc)
      rc = parking_count(listing.model, name, (struct part){0, 0}, &parked, error);
    op_model_close(listing.model);
    if (rc)
      return rc;
  }
  if (built_in)
    return op_fail(error, OP_REFUSED, "built_in",
                   "%s is a built-in read model, whose offset cannot be moved; `op-journal rebuild %s` builds it again",
                   name, name);
  int64_t now_us = op_now_us(app); /* what is stored is what is printed */
  rc = app->dry_run ? 0 : evs_consumer_seek(app->store, name, (uint64_t)position, now_us, &store_error);
  if (rc)
    return op_fail_store(error, rc, &store_error);
  uint64_t offset = (uint64_t)position;
  op_rows_begin(app->output, columns, COLUMNS, true);
  row(&listing, name, &offset, &parked, now_us, "consumer");
  op_rows_end(app->output);
  return OP_OK;
}
