/* fuzz_line.c - the line reader: evs__line_parse() of arbitrary bytes.
 *
 * A first byte that is odd has the CRC made right, so that the fuzzer gets behind it. What the reader accepts has the
 * CRC that RFC 3720 defines, bit by bit, and it must have been read whole: its parts, put together again, are the line.
 * And it agrees with strangers: where jansson takes the line for JSON, the values are the same; where the writer
 * (evs__line_prepare(), evs__line_finish()) can make an event of the same values, it makes the same bytes. */
#include "fuzz.h"

#include "libevstore/line.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* CRC-32C, one bit after the other. */
static uint32_t naive_crc(const char *bytes, size_t len) {
  uint32_t crc = UINT32_MAX;
  for (size_t i = 0; i < len; i++) {
    crc ^= (uint8_t)bytes[i];
    for (int bit = 0; bit < 8; bit++)
      crc = crc >> 1 ^ (crc & 1 ? 0x82F63B78u : 0);
  }
  return ~crc;
}

/* The line with the right CRC, where it ends with one at all. */
static void mend_crc(char *line, size_t len) {
  char digits[9];
  if (len < EVS__CRC_TAIL)
    return;
  snprintf(digits, sizeof digits, "%08x", (unsigned)naive_crc(line, len - EVS__CRC_TAIL));
  memcpy(line + len - 10, digits, 8);
}

/* Adds a string of the line with what stands around it. */
static void add(struct evs__buf *buf, const char *before, evs_slice slice, const char *after) {
  FUZZ_CHECK(evs__buf_adds(buf, before) == 0 && evs__buf_add(buf, slice.ptr, slice.len) == 0 &&
             evs__buf_adds(buf, after) == 0);
}

/* The same for a number. */
static void add_number(struct evs__buf *buf, const char *before, uint64_t number) {
  FUZZ_CHECK(evs__buf_adds(buf, before) == 0 && evs__buf_add_u64(buf, number) == 0);
}

/* The parts, put together by the grammar of FORMAT.md, must be the line. */
static void check_parts(const struct evs__line *line, const char *text, size_t len, bool has_format) {
  const evs_event *event = &line->event;
  struct evs__buf buf = {0};
  add_number(&buf, "{\"seq\":", event->seq);
  if (has_format)
    add_number(&buf, ",\"format\":", line->format);
  add(&buf, ",\"id\":\"", event->id, "\"");
  add(&buf, ",\"time\":\"", event->time, "\"");
  add(&buf, ",\"type\":\"", event->type, "\"");
  add(&buf, ",\"tags\":[", event->tags, "]");
  if (event->correlation.ptr)
    add(&buf, ",\"correlation\":\"", event->correlation, "\"");
  else
    FUZZ_CHECK(evs__buf_adds(&buf, ",\"correlation\":null") == 0);
  /* A causation of 0 is as good as null to the reader; nobody writes it. */
  static const char zero[] = ",\"causation\":0";
  if (event->causation || (len - buf.len > sizeof zero && memcmp(text + buf.len, zero, sizeof zero - 1) == 0))
    add_number(&buf, ",\"causation\":", event->causation);
  else
    FUZZ_CHECK(evs__buf_adds(&buf, ",\"causation\":null") == 0);
  if (line->commit_end)
    add_number(&buf, ",\"durable\":", line->durable);
  add(&buf, ",\"data\":", event->data, ",\"crc\":\"");
  char tail[16];
  snprintf(tail, sizeof tail, "%08x\"}", (unsigned)naive_crc(text, len - EVS__CRC_TAIL));
  FUZZ_CHECK(evs__buf_adds(&buf, tail) == 0 && buf.len == len && memcmp(buf.ptr, text, len) == 0);
  FUZZ_CHECK(event->line.ptr == text && event->line.len == len);
  evs__buf_free(&buf);
}

/* Is this JSON string what the slice says, decoded? NULL and null are the same. */
static bool same_string(const json_t *value, evs_slice slice) {
  if (!slice.ptr)
    return json_is_null(value);
  size_t len = evs_json_unescape(slice, NULL, 0);
  char *text = malloc(len + 1);
  FUZZ_CHECK(text != NULL && evs_json_unescape(slice, text, len + 1) == len);
  bool same =
      json_is_string(value) && json_string_length(value) == len && memcmp(json_string_value(value), text, len) == 0;
  free(text);
  return same;
}

/* Whole numbers below 2^53 are all that the envelope holds. */
static bool same_number(const json_t *value, uint64_t number) {
  return json_is_integer(value) ? (uint64_t)json_integer_value(value) == number : number == 0;
}

/* Tags that are spelt as the writer spells them are found. */
static void check_tags(const evs_event *event, const json_t *list) {
  struct evs__buf buf = {0};
  const json_t *tag = NULL;
  size_t i = 0;
  bool plain = true;
  json_array_foreach(list, i, tag) {
    const char *text = json_string_value(tag);
    FUZZ_CHECK(text != NULL);
    size_t len = json_string_length(tag);
    plain = plain && strlen(text) == len && len <= EVS_MAX_TAG;
    FUZZ_CHECK(evs__buf_adds(&buf, i > 0 ? ",\"" : "\"") == 0 && evs__buf_add_escaped(&buf, text, len) == 0 &&
               evs__buf_adds(&buf, "\"") == 0);
  }
  plain = plain && buf.len == event->tags.len && (buf.len == 0 || memcmp(buf.ptr, event->tags.ptr, buf.len) == 0);
  json_array_foreach(list, i, tag) { FUZZ_CHECK(!plain || evs_event_has_tag(event, json_string_value(tag))); }
  evs__buf_free(&buf);
}

/* What jansson reads there, where it takes the line for JSON without a member twice. */
static void check_values(const struct evs__line *line, const json_t *root) {
  const evs_event *event = &line->event;
  FUZZ_CHECK(json_is_object(root));
  FUZZ_CHECK(same_number(json_object_get(root, "seq"), event->seq));
  FUZZ_CHECK(same_number(json_object_get(root, "format"), line->format));
  FUZZ_CHECK(same_number(json_object_get(root, "causation"), event->causation));
  FUZZ_CHECK(same_number(json_object_get(root, "durable"), line->durable));
  FUZZ_CHECK((json_object_get(root, "durable") != NULL) == line->commit_end);
  FUZZ_CHECK(same_string(json_object_get(root, "id"), event->id));
  FUZZ_CHECK(same_string(json_object_get(root, "type"), event->type));
  FUZZ_CHECK(same_string(json_object_get(root, "time"), event->time));
  FUZZ_CHECK(same_string(json_object_get(root, "correlation"), event->correlation));
  check_tags(event, json_object_get(root, "tags"));
}

/* An event of the same values, for the writer; false where they are none that it would take. */
static bool make_event(const json_t *root, const struct evs__line *line, evs_new_event *event, const char **tags) {
  const json_t *list = json_object_get(root, "tags");
  const json_t *strings[] = {json_object_get(root, "id"), json_object_get(root, "type"),
                             json_object_get(root, "correlation")};
  for (size_t i = 0; i < 3; i++)
    if (json_is_string(strings[i]) && strlen(json_string_value(strings[i])) != json_string_length(strings[i]))
      return false;
  *event = (evs_new_event){.id = json_string_value(strings[0]),
                           .type = json_string_value(strings[1]),
                           .tags = tags,
                           .tag_count = json_array_size(list),
                           .correlation = json_string_value(strings[2]),
                           .causation = line->event.causation,
                           .data = line->event.data.ptr,
                           .data_len = line->event.data.len};
  for (size_t i = 0; i < event->tag_count && i < EVS_MAX_TAGS; i++) {
    tags[i] = json_string_value(json_array_get(list, i));
    if (strlen(tags[i]) != json_string_length(json_array_get(list, i)))
      return false;
  }
  return evs_time_parse(line->event.time.ptr, line->event.time.len, &event->time_us) && event->time_us != 0;
}

/* Does the writer make the same line of the same values? It may refuse them, or choose another spelling (an escape, a
 * time without its zeros), but then the reader must see the same in what it chose. */
static void check_writer(const struct evs__line *line, const json_t *root) {
  const char *tags[EVS_MAX_TAGS];
  evs_new_event event;
  struct evs__prepared prepared;
  struct evs__buf parts = {0}, out = {0};
  struct evs__line again;
  const struct evs__stamp stamp = {line->event.seq, line->format == EVS_FORMAT, line->commit_end, line->durable};
  if ((line->format != 0 && line->format != EVS_FORMAT) || !make_event(root, line, &event, tags) ||
      evs__line_prepare(&event, 1, &(struct evs__preparing){.now_us = 1}, &parts, &prepared, NULL) != 0 ||
      evs__line_finish(&parts, &prepared, &stamp, &out, NULL) != 0)
    goto out;
  FUZZ_CHECK(out.ptr[out.len - 1] == '\n' && !memchr(out.ptr, '\n', out.len - 1));
  FUZZ_CHECK(evs__line_parse(out.ptr, out.len - 1, &again));
  FUZZ_CHECK(again.event.seq == line->event.seq && again.format == line->format && again.durable == line->durable &&
             again.commit_end == line->commit_end && again.event.causation == line->event.causation);
  json_t *written = json_loadb(out.ptr, out.len - 1, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
  FUZZ_CHECK(written != NULL);
  FUZZ_CHECK(json_equal(json_object_get(written, "id"), json_object_get(root, "id")));
  FUZZ_CHECK(json_equal(json_object_get(written, "tags"), json_object_get(root, "tags")));
  FUZZ_CHECK(json_equal(json_object_get(written, "data"), json_object_get(root, "data")));
  json_decref(written);
out:
  evs__buf_free(&parts);
  evs__buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0 || size > EVS_MAX_LINE)
    return 0;
  size_t len = size - 1;
  char *text = malloc(len + (len == 0)); /* ends where the line ends, so that a step beyond is seen */
  FUZZ_CHECK(text != NULL);
  memcpy(text, data + 1, len);
  if (data[0] & 1)
    mend_crc(text, len);

  struct evs__line line;
  uint64_t seq = 0;
  bool starts = evs__line_seq(text, len, &seq);
  uint64_t format = evs__line_format(text, len);
  if (evs__line_parse(text, len, &line)) {
    /* A mark of `format` 0 reads as none: the caller, who knows where it must stand, refuses the line. */
    bool has_format = memmem(text, len, ",\"format\":", 10) == memchr(text, ',', len);
    FUZZ_CHECK(starts && seq == line.event.seq && seq > 0 && seq <= EVS_MAX_SEQ && format == line.format);
    check_parts(&line, text, len, has_format);
    json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    if (root) {
      check_values(&line, root);
      check_writer(&line, root);
    }
    json_decref(root);
  }
  free(text);
  return 0;
}
