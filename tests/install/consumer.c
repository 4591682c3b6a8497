/* consumer.c - a program of somebody else: it knows evstore.h and what pkg-config says, and nothing of this project.
 *
 * Built and run by tests/install.bats outside the tree, once with the shared library and once with the static one.
 * consumer STORE appends a seat taken under a condition, shows that the same decision made twice is refused and that
 * the same events sent twice are not appended twice, and prints what it reads: "SEQ TYPE seat". Exit 0 when all was so.
 */
#include <evstore.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Appends "seat `seat` is taken by `who`", unless somebody took it after `position`. */
static int take(evs_store *store, const char *seat, const char *who, uint64_t position, evs_error *error) {
  char tag[64];
  char id[64];
  char data[128];
  snprintf(tag, sizeof tag, "seat:%s", seat);
  snprintf(id, sizeof id, "taken:%s:%s", seat, who);
  snprintf(data, sizeof data, "{\"seat\": \"%s\", \"by\": \"%s\"}", seat, who);
  const char *const tags[] = {tag};
  const char *const types[] = {"SeatTaken"};
  const evs_query_item item = {.types = types, .type_count = 1, .tags = tags, .tag_count = 1};
  const evs_query unless = {&item, 1};
  const evs_condition condition = {&unless, position};
  const evs_new_event event = {
      .id = id, .type = "SeatTaken", .tags = tags, .tag_count = 1, .data = data, .data_len = strlen(data)};
  return evs_append(store, &event, 1, &condition, NULL, error);
}

/* Prints every event. */
static int show(evs_store *store, evs_error *error) {
  evs_cursor *cursor = NULL;
  evs_event event;
  int rc = evs_read(store, NULL, 0, 0, &cursor, error);
  while (!rc && !(rc = evs_next(cursor, &event, error))) {
    evs_slice value;
    char seat[64] = "";
    if (evs_json_find(event.data, "seat", &value))
      evs_json_unescape(value, seat, sizeof seat);
    printf("%" PRIu64 " %.*s %s\n", event.seq, (int)event.type.len, event.type.ptr, seat);
  }
  evs_cursor_close(cursor);
  return rc == EVS_END ? 0 : rc;
}

/* Says what was not as it should be. */
static int complain(const char *what, int code, const evs_error *error) {
  fprintf(stderr, "%s: %s: %s\n", what, evs_code_name(code), error->message);
  return 1;
}

int main(int argc, char **argv) {
  evs_error error = {0};
  evs_store *store = NULL;
  uint64_t head = 0;
  const evs_open_options options = {.flags = EVS_CREATE};
  if (argc != 2)
    return complain("usage: consumer STORE", 0, &error);
  int rc = evs_open(argv[1], &options, &store, &error);
  if (rc)
    return complain("open", rc, &error);
  int failed = 0;
  if ((rc = take(store, "1A", "kim", 0, &error)))
    failed = complain("the first to take 1A", rc, &error);
  if (!failed && (rc = take(store, "1A", "lee", 0, &error)) != EVS_CONFLICT)
    failed = complain("the second to take 1A must be refused", rc, &error);
  if (!failed && (rc = take(store, "1A", "kim", 0, &error)) != EVS_EXISTS)
    failed = complain("the same again must be known", rc, &error);
  if (!failed && (rc = take(store, "1B", "lee", 0, &error)))
    failed = complain("1B is free", rc, &error);
  if (!failed && ((rc = evs_head(store, &head, &error)) || head != 2))
    failed = complain("two events are durable", rc, &error);
  if (!failed && (rc = show(store, &error)))
    failed = complain("reading", rc, &error);
  evs_close(store);
  return fflush(stdout) ? 1 : failed;
}
