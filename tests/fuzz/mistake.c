/* mistake.c - judges the error that a reader of a file gave, see mistake.h. */
#include "mistake.h"

#include "fuzz.h"
#include "yaml_list.h"

#include <string.h>

/* What holds of a mistake. */
void fuzz_check_mistake(const struct op_error *error, const char *path, size_t size) {
  char place[400];
  FUZZ_CHECK(error->exit_code == OP_DATA && fuzz_is_clean_line(error->message));
  FUZZ_CHECK(error->figure_count == 3);
  int64_t line = error->figures[1].number, column = error->figures[2].number;
  FUZZ_CHECK(line >= 1 && line <= (int64_t)size + 1 && column >= 1 && column <= (int64_t)size + 1);
  snprintf(place, sizeof place, "%s:%lld:%lld: ", path, (long long)line, (long long)column);
  FUZZ_CHECK(strncmp(error->message, place, strlen(place)) == 0 && error->message[strlen(place)]);
}

/* Are there lists or maps inside of more than OP_YAML_MAX_DEPTH others, before anything that is no YAML? */
static bool is_deep(const uint8_t *data, size_t size) {
  yaml_parser_t parser;
  yaml_event_t event;
  int depth = 0, deepest = 0;
  bool more = true;
  FUZZ_CHECK(yaml_parser_initialize(&parser));
  yaml_parser_set_input_string(&parser, data, size);
  while (more && yaml_parser_parse(&parser, &event)) {
    depth += event.type == YAML_SEQUENCE_START_EVENT || event.type == YAML_MAPPING_START_EVENT;
    depth -= event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT;
    deepest = depth > deepest ? depth : deepest;
    more = event.type != YAML_STREAM_END_EVENT;
    yaml_event_delete(&event);
  }
  yaml_parser_delete(&parser);
  return deepest > OP_YAML_MAX_DEPTH;
}

/* What is too deep is refused as that, whatever else is wrong behind it. */
void fuzz_check_depth(const struct op_error *error, const uint8_t *data, size_t size) {
  static const char end[] = "nested more than 32 deep here";
  if (!is_deep(data, size))
    return;
  size_t len = strlen(error->message);
  FUZZ_CHECK(len > strlen(end) && strcmp(error->message + len - strlen(end), end) == 0);
}
