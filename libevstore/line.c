/* line.c - the canonical line of the journal, written and read. FORMAT.md holds the grammar.
 *
 *   {"seq":N[,"format":1],"id":S,"time":S,"type":S,"tags":[S...],"correlation":S|null,"causation":N|null
 *    [,"durable":N],"data":{...},"crc":"xxxxxxxx"}
 *
 * `format` stands on the first line of a segment only, `durable` on the last line of a commit only. A line
 * is valid if and only if it has this form, without white space, and its CRC-32C is that of the bytes
 * before `,"crc"`. Reading parses nothing but this envelope; data stays text. */
#include "line.h"

#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

/* ---- checking ------------------------------------------------------------------------------------ */

/* UTF-8 without control characters, 1 to `max` bytes. */
static bool plain(const char *text, size_t max) {
  size_t len = strnlen(text, max + 1);
  if (len == 0 || len > max || memchr(text, 0x7f, len))
    return false;
  size_t ascii = evs__json_plain(text, len); /* mostly all of it */
  if (ascii < len && !evs_utf8_valid(text + ascii, len - ascii))
    return false;
  for (size_t i = ascii; i < len; i++)
    if ((unsigned char)text[i] < 0x20)
      return false;
  return true;
}

int evs__event_check(const evs_new_event *event, size_t number, evs_error *error) {
  if (!event->type || !plain(event->type, EVS_MAX_TYPE) || strpbrk(event->type, " ,\"\\"))
    return evs__fail(
        error, EVS_INVALID,
        "event %zu: its type must be 1 to %u bytes of UTF-8 without spaces, commas, quotes, backslashes and "
        "control characters",
        number, EVS_MAX_TYPE);
  if (event->id && !plain(event->id, EVS_MAX_ID))
    return evs__fail(error, EVS_INVALID, "event %zu: its id must be 1 to %u bytes of UTF-8 without control characters",
                     number, EVS_MAX_ID);
  if (event->correlation && !plain(event->correlation, EVS_MAX_ID))
    return evs__fail(error, EVS_INVALID,
                     "event %zu: its correlation must be 1 to %u bytes of UTF-8 without control characters", number,
                     EVS_MAX_ID);
  if (event->causation > EVS_MAX_SEQ)
    return evs__fail(error, EVS_INVALID, "event %zu: its causation is beyond any position", number);
  if (event->tag_count > EVS_MAX_TAGS)
    return evs__fail(error, EVS_INVALID, "event %zu: it has %zu tags, at most %u are allowed", number, event->tag_count,
                     EVS_MAX_TAGS);
  for (size_t i = 0; i < event->tag_count; i++) {
    const char *colon = event->tags[i] ? strchr(event->tags[i], ':') : NULL;
    if (!colon || colon == event->tags[i] || !colon[1] || !plain(event->tags[i], EVS_MAX_TAG))
      return evs__fail(error, EVS_INVALID,
                       "event %zu: tag %zu must be `name:value`, at most %u bytes of UTF-8 without control characters",
                       number, i + 1, EVS_MAX_TAG);
  }
  return 0;
}

/* ---- writing ------------------------------------------------------------------------------------- */

static const char hex[] = "0123456789abcdef";

/* A random id of 128 bits in hex. */
static int random_id(struct evs__preparing *preparing, char id[33], evs_error *error) {
  if (preparing->random_left < 16) {
    ssize_t got = getrandom(preparing->random, sizeof preparing->random, 0);
    if (got < 16)
      return evs__fail(error, errno, "cannot get random bytes for an event id: %s", strerror(errno));
    preparing->random_left = (size_t)got;
  }
  preparing->random_left -= 16;
  const unsigned char *bytes = preparing->random + preparing->random_left;
  for (size_t i = 0; i < 16; i++) {
    id[2 * i] = hex[bytes[i] >> 4];
    id[2 * i + 1] = hex[bytes[i] & 15];
  }
  id[32] = '\0';
  return 0;
}

/* The event's time as text; events of one commit mostly have the same. */
static const char *time_text(struct evs__preparing *preparing, int64_t time_us) {
  if (time_us != preparing->time_us || !preparing->time[0])
    evs_time_format(time_us, preparing->time);
  preparing->time_us = time_us;
  return preparing->time;
}

/* The inside of a string at `at`, where there is room for six times its length and one more; returns its end. */
static char *put_string(char *at, const char *text, size_t len) {
  if (evs__json_plain(text, len) == len)
    return mempcpy(at, text, len);
  return at + evs_json_escape(text, len, at, 6 * len + 1);
}
#define PUT(at, literal) mempcpy(at, literal, sizeof(literal) - 1)

/* Everything from `,"id"` up to the causation. The room for it is made at once: an escape is six bytes for one. */
static int add_head(const evs_new_event *event, const char *id, const char *time, struct evs__buf *out) {
  size_t tags_room = 0;
  for (size_t i = 0; i < event->tag_count; i++)
    tags_room += 6 * strlen(event->tags[i]) + 3;
  size_t id_len = strlen(id);
  size_t type_len = strlen(event->type);
  size_t correlation_len = event->correlation ? strlen(event->correlation) : 0;
  int rc = evs__buf_reserve(out, 6 * (id_len + correlation_len) + type_len + tags_room + 256);
  if (rc)
    return rc;
  char *at = PUT(out->ptr + out->len, ",\"id\":\"");
  at = put_string(at, id, id_len);
  at = PUT(at, "\",\"time\":\"");
  at = mempcpy(at, time, EVS_TIME_SIZE - 1);
  at = PUT(at, "\",\"type\":\"");
  at = mempcpy(at, event->type, type_len);
  at = PUT(at, "\",\"tags\":[");
  for (size_t i = 0; i < event->tag_count; i++) {
    at = i ? PUT(at, ",\"") : PUT(at, "\"");
    at = put_string(at, event->tags[i], strlen(event->tags[i]));
    *at++ = '"';
  }
  at = PUT(at, "],\"correlation\":");
  if (event->correlation) {
    *at++ = '"';
    at = put_string(at, event->correlation, correlation_len);
    *at++ = '"';
  } else {
    at = PUT(at, "null");
  }
  at = PUT(at, ",\"causation\":");
  out->len = (size_t)(at - out->ptr);
  return event->causation ? evs__buf_add_u64(out, event->causation) : evs__buf_adds(out, "null");
}

int evs__line_prepare(const evs_new_event *event, size_t number, struct evs__preparing *preparing,
                      struct evs__buf *parts, struct evs__prepared *ret, evs_error *error) {
  int rc = evs__event_check(event, number, error);
  if (!rc && !event->id)
    rc = random_id(preparing, ret->made_id, error);
  if (rc)
    return rc;
  ret->id = event->id ? event->id : ret->made_id;
  ret->head = parts->len;
  rc = add_head(event, ret->id, time_text(preparing, event->time_us ? event->time_us : preparing->now_us), parts);
  ret->head_len = parts->len - ret->head;
  const char *why = "";
  size_t at = 0;
  ret->tail = parts->len;
  if (!rc)
    rc = event->data ? evs__json_compact(event->data, event->data_len, parts, &why, &at) : evs__buf_adds(parts, "{}");
  ret->tail_len = parts->len - ret->tail;
  if (rc == EVS_INVALID)
    return evs__fail(error, rc, "event %zu: its data is no JSON object: %s (byte %zu)", number, why, at);
  if (rc)
    return evs__fail(error, rc, "event %zu: out of memory", number);
  return 0;
}

/* The eight hex digits of a CRC. A reader writes those that it expects and compares: digits that differ in every line
 * would be guessed wrong by the processor if it had to branch on them. */
static void crc_digits(uint32_t crc, char digits[8]) {
  uint64_t text = 0;
  for (int shift = 28; shift >= 0; shift -= 4)
    text = text << 8 | (unsigned char)hex[crc >> shift & 15];
  text = htobe64(text);
  memcpy(digits, &text, sizeof text);
}

int evs__line_finish(const struct evs__buf *parts, const struct evs__prepared *prepared, const struct evs__stamp *stamp,
                     struct evs__buf *out, evs_error *error) {
  size_t start = out->len;
  int rc = evs__buf_reserve(out, prepared->head_len + prepared->tail_len + 128);
  if (rc)
    return evs__fail(error, rc, "out of memory");
  /* Reserved: none of these can fail. */
  evs__buf_adds(out, "{\"seq\":");
  evs__buf_add_u64(out, stamp->seq);
  if (stamp->first_of_segment) {
    evs__buf_adds(out, ",\"format\":");
    evs__buf_add_u64(out, EVS_FORMAT);
  }
  evs__buf_add(out, parts->ptr + prepared->head, prepared->head_len);
  if (stamp->commit_end) {
    evs__buf_adds(out, ",\"durable\":");
    evs__buf_add_u64(out, stamp->durable);
  }
  evs__buf_adds(out, ",\"data\":");
  evs__buf_add(out, parts->ptr + prepared->tail, prepared->tail_len);
  uint32_t crc = evs__crc32c(0, out->ptr + start, out->len - start);
  evs__buf_adds(out, ",\"crc\":\"");
  crc_digits(crc, out->ptr + out->len);
  out->len += 8;
  evs__buf_adds(out, "\"}\n");
  if (out->len - start > EVS_MAX_LINE)
    return evs__fail(error, EVS_INVALID, "event %" PRIu64 " would be a line of %zu bytes, at most %u are allowed",
                     stamp->seq, out->len - start, EVS_MAX_LINE);
  return 0;
}

/* ---- reading ------------------------------------------------------------------------------------- */

/* Moves *at behind the literal; false where it is not there. */
static inline bool literal(const char **at, const char *end, const char *text, size_t len) {
  if ((size_t)(end - *at) < len || memcmp(*at, text, len) != 0)
    return false;
  *at += len;
  return true;
}
#define LITERAL(at, end, text) literal(at, end, text, sizeof(text) - 1)

/* A canonical whole number: no sign, no leading zero, at most EVS_MAX_SEQ. */
static inline bool number(const char **at, const char *end, uint64_t *ret) {
  const char *start = *at;
  uint64_t value = 0;
  while (*at < end && **at >= '0' && **at <= '9' && *at - start < 17)
    value = value * 10 + (uint64_t)(*(*at)++ - '0');
  *ret = value;
  return *at > start && (*start != '0' || *at - start == 1) && value <= EVS_MAX_SEQ;
}

/* The inside of a string whose opening quote is behind *at; moves behind its closing quote. */
static inline bool string(const char **at, const char *end, evs_slice *ret) {
  const char *start = *at;
  const char *quote = start;
  for (;;) {
    quote = memchr(quote, '"', (size_t)(end - quote));
    if (!quote)
      return false;
    size_t backslashes = 0;
    while (quote - backslashes > start && quote[-1 - (ptrdiff_t)backslashes] == '\\')
      backslashes++;
    if (backslashes % 2 == 0)
      break;
    quote++;
  }
  *ret = (evs_slice){start, (size_t)(quote - start)};
  *at = quote + 1;
  return true;
}

/* The inside of the tags array, behind its `[`; moves behind its `]`. */
static inline bool tags(const char **at, const char *end, evs_slice *ret) {
  const char *start = *at;
  evs_slice tag;
  if (LITERAL(at, end, "]")) {
    *ret = (evs_slice){start, 0};
    return true;
  }
  do {
    if (!LITERAL(at, end, "\"") || !string(at, end, &tag))
      return false;
  } while (LITERAL(at, end, ","));
  *ret = (evs_slice){start, (size_t)(*at - start)};
  return LITERAL(at, end, "]");
}

bool evs__line_begin(const char *line, size_t len, struct evs__line *ret) {
  if (len < EVS__CRC_TAIL)
    return false;
  const char *at = line;
  const char *end = line + len - EVS__CRC_TAIL;
  const char *tail = end;
  char crc[8];
  crc_digits(evs__crc32c(0, line, len - EVS__CRC_TAIL), crc);
  if (!LITERAL(&tail, line + len, ",\"crc\":\"") || memcmp(tail, crc, 8) != 0 || memcmp(tail + 8, "\"}", 2) != 0)
    return false;
  evs_event *event = &ret->event;
  event->line = (evs_slice){line, len};
  if (!LITERAL(&at, end, "{\"seq\":") || !number(&at, end, &event->seq) || event->seq == 0)
    return false;
  ret->format = 0;
  if (LITERAL(&at, end, ",\"format\":") && !number(&at, end, &ret->format))
    return false;
  if (!LITERAL(&at, end, ",\"id\":\"") || !string(&at, end, &event->id) || !LITERAL(&at, end, ",\"time\":\"") ||
      !string(&at, end, &event->time) || !LITERAL(&at, end, ",\"type\":\"") || !string(&at, end, &event->type))
    return false;
  ret->rest = at;
  return true;
}

bool evs__line_end(struct evs__line *ret) {
  evs_event *event = &ret->event;
  const char *at = ret->rest;
  const char *end = event->line.ptr + event->line.len - EVS__CRC_TAIL;
  if (!LITERAL(&at, end, ",\"tags\":[") || !tags(&at, end, &event->tags) || !LITERAL(&at, end, ",\"correlation\":"))
    return false;
  event->correlation = (evs_slice){NULL, 0};
  if (!LITERAL(&at, end, "null") && !(LITERAL(&at, end, "\"") && string(&at, end, &event->correlation)))
    return false;
  event->causation = 0;
  if (!LITERAL(&at, end, ",\"causation\":") || !(LITERAL(&at, end, "null") || number(&at, end, &event->causation)))
    return false;
  ret->durable = 0;
  ret->commit_end = LITERAL(&at, end, ",\"durable\":");
  if (ret->commit_end && !number(&at, end, &ret->durable))
    return false;
  if (!LITERAL(&at, end, ",\"data\":") || at == end || *at != '{' || end[-1] != '}')
    return false;
  event->data = (evs_slice){at, (size_t)(end - at)};
  return true;
}

bool evs__line_parse(const char *line, size_t len, struct evs__line *ret) {
  return evs__line_begin(line, len, ret) && evs__line_end(ret);
}

bool evs__line_seq(const char *line, size_t len, uint64_t *ret_seq) {
  const char *at = line;
  return LITERAL(&at, line + len, "{\"seq\":") && number(&at, line + len, ret_seq);
}

uint64_t evs__line_format(const char *line, size_t len) {
  const char *at = line;
  const char *end = line + len;
  uint64_t seq;
  uint64_t format;
  if (!LITERAL(&at, end, "{\"seq\":") || !number(&at, end, &seq) || !LITERAL(&at, end, ",\"format\":") ||
      !number(&at, end, &format))
    return 0;
  return format;
}
