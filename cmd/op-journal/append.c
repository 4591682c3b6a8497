/* append.c - op-journal append: events from NDJSON, all or none, as one commit, unless the condition forbids it.
 *
 * The condition is one query item made of --unless-type, --unless-tag and --after; --after alone rules out any event
 * that stands after it. Ids that the input names are checked against the whole journal from --after on, so that the
 * same input again is answered with the events that are there. With --request-id the ids are made from the key, the
 * first event carries the tag request:KEY, and both are looked for from the start of the journal: the key with other
 * content, or used by any other command, is refused. Nothing is told before what it rests on is durable. */
#include "domain.h"
#include "input.h"
#include "select.h"
#include "standing.h"
#include "verbs.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Who loses a race finds the winner's events when he looks again; more rounds than this mean something else. */
#define MAX_ROUNDS 8

struct appending {
  struct op_app *app;
  struct input input;
  struct selection unless;
  uint64_t after;
  bool conditional;                                        /* one of the options of the condition was given */
  char *request_ids;                                       /* --request-id: count ids of EVS_MAX_ID + 1 bytes */
  char request_tag[sizeof OP_TAG_REQUEST + OP_MAX_ID + 1]; /* "": no --request-id */
  const char **tags;                                       /* of the first event, with that one */
  struct id_index index;
};

/* Gives the first event the tag of the request, by which every command knows the key. */
static int tag_by_request(struct appending *a, struct op_error *error) {
  evs_new_event *event = &a->input.events[0];
  snprintf(a->request_tag, sizeof a->request_tag, OP_TAG_REQUEST ":%s", a->app->request_id);
  for (size_t i = 0; i < event->tag_count; i++)
    if (strcmp(event->tags[i], a->request_tag) == 0)
      return OP_OK;
  if (event->tag_count == EVS_MAX_TAGS) {
    op_fail(error, OP_DATA, "bad_line", "line %zu: %u tags leave no room for that of --request-id",
            a->input.lines[0].number, EVS_MAX_TAGS);
    op_error_number(error, "line", (int64_t)a->input.lines[0].number);
    op_error_text(error, "member", "tags");
    return OP_DATA;
  }
  a->tags = calloc(event->tag_count + 1, sizeof *a->tags);
  if (!a->tags)
    return op_fail(error, OP_TEMPORARY, "out_of_memory", "out of memory");
  if (event->tag_count)
    memcpy(a->tags, event->tags, event->tag_count * sizeof *a->tags);
  a->tags[event->tag_count++] = a->request_tag;
  event->tags = a->tags;
  return OP_OK;
}

/* What must not stand in the journal. */
struct ruled_out {
  const char *tags[1];
  evs_query_item items[2];
  evs_query query;
};

/* Gives the events the ids of their request, request:KEY:1 and on. */
static int name_by_request(struct appending *a, struct op_error *error) {
  size_t count = a->input.count;
  a->request_ids = calloc(count, EVS_MAX_ID + 1);
  if (!a->request_ids)
    return op_fail(error, OP_TEMPORARY, "out_of_memory", "out of memory");
  for (size_t i = 0; i < count; i++) {
    if (a->input.events[i].id) {
      op_fail(error, OP_DATA, "bad_line", "line %zu: `id` cannot stand beside --request-id, which names the events",
              a->input.lines[i].number);
      op_error_number(error, "line", (int64_t)a->input.lines[i].number);
      op_error_text(error, "member", "id");
      return OP_DATA;
    }
    char *id = a->request_ids + i * (EVS_MAX_ID + 1);
    snprintf(id, EVS_MAX_ID + 1, "request:%s:%zu", a->app->request_id, i + 1);
    a->input.events[i].id = id;
  }
  return OP_OK;
}

/* Reads the options and the whole input. */
static int prepare(struct appending *a, struct op_error *error) {
  struct op_app *app = a->app;
  int rc = selection_make(app, "unless-type", "unless-tag", NULL, &a->unless, error);
  if (!rc)
    rc = position_option(app, "after", 0, &a->after, error);
  if (!rc)
    rc = correlation_check(op_option(app, "correlation"), error);
  if (!rc)
    rc = input_read(stdin, op_option(app, "correlation"), &a->input, error);
  if (rc || a->input.count == 0)
    return rc;
  a->conditional = a->unless.given || op_option_given(app, "after");
  for (size_t i = 0; i < a->input.count; i++)
    if (!a->input.events[i].time_us)
      a->input.events[i].time_us = op_now_us(app);
  if (app->request_id)
    rc = name_by_request(a, error);
  if (!rc && app->request_id)
    rc = tag_by_request(a, error);
  size_t twice = 0;
  if (!rc && (rc = id_index_make(a->input.events, a->input.count, &a->index, &twice, error)) == OP_DATA)
    op_error_number(error, "line", (int64_t)a->input.lines[twice].number);
  return rc;
}

/* The tags as the inside of the JSON array that the journal holds. */
static void add_tags(const evs_new_event *event, struct op_text *text) {
  char escaped[6 * EVS_MAX_TAG + 1];
  op_text_reset(text);
  for (size_t i = 0; i < event->tag_count; i++) {
    evs_json_escape(event->tags[i], strlen(event->tags[i]), escaped, sizeof escaped);
    op_text_addf(text, "%s\"%s\"", i ? "," : "", escaped);
  }
}

/* Does the stored event hold just these tags? */
static bool same_tags(const evs_new_event *event, evs_slice stored) {
  struct op_text text = {0};
  add_tags(event, &text);
  bool same = text.len == stored.len && (text.len == 0 || memcmp(text.ptr, stored.ptr, text.len) == 0);
  op_text_free(&text);
  return same;
}

/* Is the plain text what the stored string says? NULL and null are the same. */
static bool same_string(const char *text, evs_slice stored) {
  char decoded[EVS_MAX_ID + 1];
  if (!text || !stored.ptr)
    return !text && !stored.ptr;
  return evs_json_unescape(stored, decoded, sizeof decoded) < sizeof decoded && strcmp(text, decoded) == 0;
}

/* Does the stored event say what event `i` of the input says? */
static bool same_event(const struct appending *a, size_t i, const evs_event *stored) {
  const evs_new_event *event = &a->input.events[i];
  evs_slice data = event->data ? (evs_slice){event->data, event->data_len} : (evs_slice){"{}", 2};
  int64_t time_us = event->time_us;
  bool same_time = !json_object_get(a->input.lines[i].root, "time") ||
                   (evs_time_parse(stored->time.ptr, stored->time.len, &time_us) && time_us == event->time_us);
  return same_time && same_string(event->type, stored->type) && same_string(event->correlation, stored->correlation) &&
         event->causation == stored->causation && same_tags(event, stored->tags) && data.len == stored->data.len &&
         memcmp(data.ptr, stored->data.ptr, data.len) == 0;
}

/* Exit 1: the key was used for something else. */
static int reused(const struct appending *a, uint64_t position, struct op_error *error) {
  op_fail(error, OP_REFUSED, "request_id_reused", "request id %s was used for other events, at position %" PRIu64,
          a->app->request_id, position);
  op_error_text(error, "requestId", a->app->request_id);
  op_error_number(error, "position", (int64_t)position);
  return OP_REFUSED;
}

/* Is this the event that would follow the last one of the request, had it been larger? */
static bool continues_request(const struct appending *a, const evs_event *event) {
  char next[EVS_MAX_ID + 1];
  snprintf(next, sizeof next, "request:%s:%zu", a->app->request_id, a->input.count + 1);
  return same_string(next, event->id);
}

/* Prints the events of this commit that stand in the journal from `first` to `last`, which are durable. With a request
 * id they must be the very events of the input: nothing is printed where they are not. */
static int show_stored(struct appending *a, uint64_t first, uint64_t last, struct op_error *error) {
  struct op_app *app = a->app;
  for (int pass = app->request_id ? 0 : 1; pass < 2; pass++) {
    evs_cursor *cursor = NULL;
    evs_error store_error;
    evs_event event;
    int rc = evs_read(app->store, NULL, first - 1, 0, &cursor, &store_error);
    if (rc)
      return op_fail_store(error, rc, &store_error);
    bool other = false;
    if (pass == 1)
      op_lines_begin(app->output);
    while (!other && (rc = evs_next(cursor, &event, &store_error)) == 0) {
      if (event.seq > last) {
        other = pass == 0 && continues_request(a, &event);
        break;
      }
      long place = a->index.count ? id_index_find(&a->index, event.id) : 0;
      if (pass == 0)
        other = place >= 0 && !same_event(a, (size_t)place, &event);
      else if (place >= 0 || a->index.count < a->input.count)
        op_line(app->output, &event);
    }
    if (pass == 1)
      op_lines_end(app->output);
    evs_cursor_close(cursor);
    if (rc && rc != EVS_END)
      return op_fail_store(error, rc, &store_error);
    if (other)
      return reused(a, first, error);
  }
  return OP_OK;
}

/* Shows a string as the journal will: the inside of a JSON string, in memory of `text`. */
static evs_slice inside(struct op_text *text, const char *string) {
  char escaped[6 * EVS_MAX_TAG + 1];
  if (!string)
    return (evs_slice){NULL, 0};
  size_t len = evs_json_escape(string, strlen(string), escaped, sizeof escaped);
  op_text_reset(text);
  op_text_add(text, escaped, len);
  return (evs_slice){text->ptr, text->len};
}

/* --dry-run: the events as they would be appended, without what only the journal gives them. */
static void show_drafts(struct appending *a) {
  struct op_text id = {0}, type = {0}, correlation = {0}, tags = {0};
  op_lines_begin(a->app->output);
  for (size_t i = 0; i < a->input.count; i++) {
    const evs_new_event *event = &a->input.events[i];
    char time[EVS_TIME_SIZE];
    evs_time_format(event->time_us, time);
    add_tags(event, &tags);
    evs_event shown = {
        .causation = event->causation,
        .id = inside(&id, event->id),
        .time = {time, strlen(time)},
        .type = inside(&type, event->type),
        .tags = {tags.ptr, tags.len},
        .correlation = inside(&correlation, event->correlation),
        .data = event->data ? (evs_slice){event->data, event->data_len} : (evs_slice){"{}", 2},
    };
    op_line(a->app->output, &shown);
  }
  op_lines_end(a->app->output);
  op_text_free(&id);
  op_text_free(&type);
  op_text_free(&correlation);
  op_text_free(&tags);
}

/* Does the key belong to somebody else, who used it before these events (if they are there at all)? */
static bool key_taken(const struct standing *ids) { return ids->tagged && (!ids->first || ids->tagged < ids->first); }

/* Exit 1: an event stands in the way. Told only once it is durable. */
static int conflict(struct appending *a, const struct standing *ids, uint64_t position, struct op_error *error) {
  evs_error store_error;
  uint64_t last = ids->last > ids->tagged ? ids->last : ids->tagged;
  int rc = evs_sync(a->app->store, last > position ? last : position, &store_error);
  if (rc)
    return op_fail_store(error, rc, &store_error);
  if (key_taken(ids))
    return reused(a, ids->tagged, error);
  if (ids->first && a->app->request_id)
    return reused(a, ids->first, error);
  uint64_t at = ids->first ? ids->first : position;
  if (ids->first)
    op_fail(error, OP_REFUSED, "conflict", "an event with one of these ids stands at position %" PRIu64, at);
  else
    op_fail(error, OP_REFUSED, "conflict", "an event that the condition rules out stands at position %" PRIu64, at);
  op_error_number(error, "position", (int64_t)at);
  return OP_REFUSED;
}

/* The events are there already, up to `last`. */
static int already_there(struct appending *a, uint64_t first, uint64_t last, struct op_error *error) {
  evs_error store_error;
  int rc = evs_sync(a->app->store, last, &store_error);
  if (rc)
    return op_fail_store(error, rc, &store_error);
  op_explain(a->app, "these events stand at positions %" PRIu64 " to %" PRIu64 " already", first, last);
  return show_stored(a, first, last, error);
}

/* The condition as a query: what the options rule out, and another use of the request's key. NULL: there is none. */
static const evs_query *make_condition(struct appending *a, struct ruled_out *out) {
  out->tags[0] = a->request_tag;
  out->query = (evs_query){out->items, 0};
  if (a->unless.given)
    out->items[out->query.count++] = a->unless.item;
  else if (a->conditional)
    return &out->query; /* without items it rules out every event */
  if (a->request_tag[0])
    out->items[out->query.count++] = (evs_query_item){.tags = out->tags, .tag_count = 1};
  return out->query.count ? &out->query : NULL;
}

/* The result of a look. What was seen and then taken back, or nobody knows, is looked at again. */
static int looked(int rc, bool *ret_again, const struct op_error *error) {
  *ret_again = rc && error->store_code == EVS_LOST;
  return rc;
}

/* Looks, and appends unless something stands there. *ret_again: somebody was faster, and looking again will show whom,
 * or what was looked at was taken back. */
static int try_append(struct appending *a, bool *ret_again, struct op_error *error) {
  struct op_app *app = a->app;
  *ret_again = false;
  struct standing ids = {.position = EVS_MAX_SEQ};
  uint64_t match = 0;
  uint64_t matched_to = EVS_MAX_SEQ;
  const evs_query any = {NULL, 0};
  const evs_query *query = a->unless.given ? selection_query(&a->unless) : &any;
  int rc = OP_OK;
  if (a->index.count)
    rc = standing_ids(app, &a->index, a->input.count, app->request_id ? 0 : a->after, a->request_tag, &ids, error);
  if (!rc && ids.all && !key_taken(&ids))
    return looked(already_there(a, ids.first, ids.last, error), ret_again, error);
  if (!rc && a->conditional)
    rc = standing_match(app, query, a->after, &match, &matched_to, error);
  if (rc)
    return looked(rc, ret_again, error);
  if (ids.first || ids.tagged || match)
    return looked(conflict(a, &ids, match, error), ret_again, error);
  evs_error store_error;
  if (app->dry_run) {
    rc = evs_check(app->store, a->input.events, a->input.count, &store_error);
    if (rc)
      return op_fail_store(error, rc, &store_error);
    show_drafts(a);
    return OP_OK;
  }
  struct ruled_out out;
  evs_condition condition = {make_condition(a, &out), ids.position < matched_to ? ids.position : matched_to};
  evs_appended appended = {0};
  rc = evs_append(app->store, a->input.events, a->input.count, a->index.count || a->conditional ? &condition : NULL,
                  &appended, &store_error);
  if (rc == 0)
    return show_stored(a, appended.first, appended.last, error);
  if (rc == EVS_EXISTS)
    return looked(already_there(a, appended.first, appended.last, error), ret_again, error);
  *ret_again = rc == EVS_CONFLICT;
  return op_fail_store(error, rc, &store_error);
}

/* Who decided after position N must have read to N: a position beyond the journal comes from another one, or from one
 * that lost its end, and a condition on it would let everything pass. */
static int check_after(struct appending *a, struct op_error *error) {
  evs_stat stat;
  evs_error store_error;
  int rc = evs_stat_get(a->app->store, &stat, &store_error);
  if (rc)
    return op_fail_store(error, rc, &store_error);
  if (a->after <= stat.written)
    return OP_OK;
  op_fail(error, OP_DATA, "beyond_head", "--after %" PRIu64 " lies beyond the head of the journal, %" PRIu64, a->after,
          stat.head);
  op_error_number(error, "after", (int64_t)a->after);
  op_error_number(error, "head", (int64_t)stat.head);
  return OP_DATA;
}

/* The verb append. */
int verb_append(struct op_app *app, struct op_error *error) {
  struct appending a = {.app = app};
  int rc = prepare(&a, error);
  if (rc)
    goto out;
  if (a.input.count == 0) {
    op_explain(app, "no events in the input: nothing appended");
    goto out;
  }
  rc = op_store_write(app, error);
  if (!rc)
    rc = check_after(&a, error);
  bool again = !rc;
  for (int round = 0; again && round < MAX_ROUNDS; round++)
    rc = try_append(&a, &again, error);
out:
  id_index_free(&a.index);
  free(a.request_ids);
  free(a.tags);
  input_free(&a.input);
  selection_free(&a.unless);
  return rc;
}
