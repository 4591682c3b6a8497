/* bench_fill.c - makes a journal as if the commands had sold for years: bench_fill STORE EVENTS MUSICALS
 * [placed|located]
 *
 * Through libevstore alone, many events in a commit, so that millions of them take seconds. The events are those of
 * real sagas, with all their tags, types and data: rounds of ROUND placements with request ids, then their payments,
 * then the notices of these; every tenth reservation is cancelled, refunded, released and told about. With `placed`
 * there are placements alone; with `located` every tenth reservation, none of them cancelled, has a location and is to
 * be picked up. The journal ends after exactly EVENTS events, be it in the middle of a round: that is a moment in the
 * life of a shop. A musical has more seats than are ever asked for. The same arguments make the same journal. Prints
 * {"events":..,"reservations":..,"seats":..}: seats that are taken and not given back. Exit 0, 64 (usage), 74 (the
 * store failed; it says what). */
#include "evstore.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  ROUND = 500,    /* reservations that go through their saga together */
  CANCELLED = 10, /* one in so many is cancelled */
  LOCATED = 10,   /* one in so many has a location */
  CUSTOMERS = 200000,
  PRICE = 50000,
  SEATS = 1000000000, /* of a musical: the most that one may have */
  TEXTS = 16,         /* strings of an event */
  COMMIT = 4 * ROUND, /* events in a commit, at most */
};

/* An event that waits for its commit, with the room for its texts. */
struct draft {
  evs_new_event event;
  char texts[TEXTS][128];
  const char *tags[4];
  char data[512];
  size_t used;
};

/* A reservation of the round. */
struct sale {
  uint64_t id, placed, approved, cancelled, refunded;
  unsigned musical, customer, seats;
};

struct fill {
  evs_store *store;
  uint64_t events, limit; /* drafted so far, and how many there shall be */
  uint64_t reservations, seats;
  int64_t time_us;
  uint32_t random;
  unsigned musicals;
  bool placed_only, located;
  struct draft drafts[COMMIT];
  size_t count;
};

/* Says what failed and ends. */
static void die(const char *what, const evs_error *error) {
  fprintf(stderr, "bench_fill: %s: %s\n", what, error->message);
  exit(74);
}

/* A number from 0 to below `n`; xorshift32. */
static unsigned random_below(struct fill *fill, unsigned n) {
  fill->random ^= fill->random << 13;
  fill->random ^= fill->random >> 17;
  fill->random ^= fill->random << 5;
  return fill->random % n;
}

/* Appends what waits. */
static void commit(struct fill *fill) {
  static evs_new_event events[COMMIT];
  evs_error error;
  for (size_t i = 0; i < fill->count; i++)
    events[i] = fill->drafts[i].event;
  if (fill->count && evs_append(fill->store, events, fill->count, NULL, NULL, &error) != 0)
    die("append", &error);
  fill->count = 0;
}

/* A new draft, 250 us after the one before; NULL where there are enough. Its seq is fill->events. */
static struct draft *draft(struct fill *fill, const char *type, uint64_t causation) {
  if (fill->events == fill->limit)
    return NULL;
  if (fill->count == COMMIT)
    commit(fill);
  struct draft *draft = &fill->drafts[fill->count++];
  fill->events++;
  fill->time_us += 250;
  draft->used = 0;
  draft->event = (evs_new_event){.type = type, .tags = draft->tags, .causation = causation, .time_us = fill->time_us};
  return draft;
}

/* A text that lives as long as the draft. */
__attribute__((format(printf, 2, 3))) static const char *text(struct draft *draft, const char *format, ...) {
  va_list args;
  char *room = draft->texts[draft->used++];
  va_start(args, format);
  vsnprintf(room, sizeof draft->texts[0], format, args);
  va_end(args);
  return room;
}

/* Adds a tag. */
static void tag(struct draft *draft, const char *name, uint64_t value) {
  draft->tags[draft->event.tag_count++] = text(draft, "%s:%" PRIu64, name, value);
}

/* Sets the data. */
__attribute__((format(printf, 2, 3))) static void data(struct draft *draft, const char *format, ...) {
  va_list args;
  va_start(args, format);
  draft->event.data_len = (size_t)vsnprintf(draft->data, sizeof draft->data, format, args);
  va_end(args);
  draft->event.data = draft->data;
}

/* MusicalRegistered. */
static void register_musical(struct fill *fill, unsigned id) {
  struct draft *event = draft(fill, "MusicalRegistered", 0);
  if (!event)
    return;
  event->event.id = text(event, "musical-registered:%u", id);
  event->event.correlation = text(event, "musical:%u", id);
  tag(event, "musical", id);
  data(event, "{\"musicalId\":\"%u\",\"name\":\"Musical %u\",\"seats\":%d,\"price\":%d,\"currency\":\"KRW\"}", id, id,
       (int)SEATS, (int)PRICE);
}

/* The tags and the correlation that the events of a reservation share; c%06u is a customer. */
static void about(struct draft *event, const struct sale *sale, bool musical, uint64_t notice, bool customer) {
  event->event.correlation = text(event, "%" PRIu64, sale->id);
  if (musical)
    tag(event, "musical", sale->musical);
  tag(event, "reservation", sale->id);
  if (notice)
    tag(event, "notice", notice);
  if (customer)
    event->tags[event->event.tag_count++] = text(event, "customer:c%06u", sale->customer);
}

/* ReservationPlaced, with a request id as a shop sends it. */
static void place(struct fill *fill, struct sale *sale) {
  *sale = (struct sale){.musical = 1 + random_below(fill, fill->musicals),
                        .customer = 1 + random_below(fill, CUSTOMERS),
                        .seats = 1 + random_below(fill, 4)};
  struct draft *event = draft(fill, "ReservationPlaced", sale->musical);
  if (!event)
    return;
  sale->id = ++fill->reservations;
  sale->placed = fill->events;
  fill->seats += sale->seats;
  event->event.id = text(event, "reservation-placed:%" PRIu64, sale->id);
  about(event, sale, true, 0, true);
  event->tags[event->event.tag_count++] = text(event, "request:web-%08" PRIu64, sale->id);
  char where[64] = "";
  if (fill->located && sale->id % LOCATED == 3)
    snprintf(where, sizeof where, ",\"lat\":37.%03u,\"lon\":127.%03u,\"fulfil\":\"pickup\"", sale->customer % 1000,
             sale->customer / 200);
  data(event,
       "{\"reservationId\":\"%" PRIu64 "\",\"musicalId\":\"%u\",\"customerId\":\"c%06u\",\"seats\":%u,\"price\":%d,"
       "\"amount\":%u,\"currency\":\"KRW\",\"requestId\":\"web-%08" PRIu64 "\","
       "\"request\":\"place musical=%u seats=%u price= customer=c%06u id=\"%s}",
       sale->id, sale->musical, sale->customer, sale->seats, (int)PRICE, sale->seats * PRICE, sale->id, sale->musical,
       sale->seats, sale->customer, where);
}

/* PaymentApproved. */
static void approve(struct fill *fill, struct sale *sale) {
  struct draft *event = draft(fill, "PaymentApproved", sale->placed);
  if (!event)
    return;
  sale->approved = fill->events;
  event->event.id = text(event, "payment:%" PRIu64 ":approved", sale->id);
  about(event, sale, false, 0, true);
  data(event,
       "{\"paymentId\":\"%" PRIu64 "\",\"reservationId\":\"%" PRIu64 "\",\"customerId\":\"c%06u\",\"amount\":%u,"
       "\"currency\":\"KRW\",\"provider\":\"approve\",\"providerRef\":\"approve:%" PRIu64 "\"}",
       sale->id, sale->id, sale->customer, sale->seats * PRICE, sale->id);
}

/* NotificationSent about the event `cause`. */
static void notify(struct fill *fill, const struct sale *sale, uint64_t cause, const char *template) {
  struct draft *event = draft(fill, "NotificationSent", cause);
  if (!event)
    return;
  event->event.id = text(event, "notification-sent:%" PRIu64, cause);
  about(event, sale, false, cause, true);
  data(event,
       "{\"noticeId\":\"%" PRIu64 "\",\"reservationId\":\"%" PRIu64 "\",\"customerId\":\"c%06u\","
       "\"template\":\"%s\",\"channel\":\"file\",\"lang\":\"ko\"}",
       cause, sale->id, sale->customer, template);
}

/* ReservationCancelled, of the whole reservation. */
static void cancel(struct fill *fill, struct sale *sale) {
  struct draft *event = draft(fill, "ReservationCancelled", sale->placed);
  if (!event)
    return;
  sale->cancelled = fill->events;
  event->event.id = text(event, "reservation-cancelled-%" PRIu64, sale->id);
  about(event, sale, true, 0, true);
  data(event,
       "{\"reservationId\":\"%" PRIu64 "\",\"musicalId\":\"%u\",\"customerId\":\"c%06u\",\"seats\":%u,"
       "\"remainingSeats\":0,\"amount\":%u,\"currency\":\"KRW\"}",
       sale->id, sale->musical, sale->customer, sale->seats, sale->seats * PRICE);
}

/* PaymentCancelled: the money goes back. */
static void refund(struct fill *fill, struct sale *sale) {
  struct draft *event = draft(fill, "PaymentCancelled", sale->cancelled);
  if (!event)
    return;
  sale->refunded = fill->events;
  event->event.id = text(event, "payment-cancelled:%" PRIu64, sale->cancelled);
  about(event, sale, false, 0, true);
  data(event,
       "{\"paymentId\":\"%" PRIu64 "\",\"reservationId\":\"%" PRIu64 "\",\"customerId\":\"c%06u\",\"amount\":%u,"
       "\"remainingAmount\":0,\"currency\":\"KRW\",\"provider\":\"approve\",\"providerRef\":\"approve:%" PRIu64 "\"}",
       sale->id, sale->id, sale->customer, sale->seats * PRICE, sale->id);
}

/* SeatsReleased. */
static void release(struct fill *fill, const struct sale *sale) {
  struct draft *event = draft(fill, "SeatsReleased", sale->cancelled);
  if (!event)
    return;
  fill->seats -= sale->seats;
  event->event.id = text(event, "seats-released:%" PRIu64, sale->cancelled);
  about(event, sale, true, 0, false);
  data(event, "{\"musicalId\":\"%u\",\"reservationId\":\"%" PRIu64 "\",\"seats\":%u}", sale->musical, sale->id,
       sale->seats);
}

/* One round: what the processors do to ROUND placements, one processor after the other. */
static void round_of_sales(struct fill *fill) {
  static struct sale sales[ROUND];
  for (size_t i = 0; i < ROUND; i++)
    place(fill, &sales[i]);
  if (fill->placed_only)
    return;
  for (size_t i = 0; i < ROUND; i++)
    approve(fill, &sales[i]);
  for (size_t i = 0; i < ROUND; i++)
    notify(fill, &sales[i], sales[i].approved, "PaymentApproved");
  for (size_t i = 0; i < ROUND; i += CANCELLED)
    cancel(fill, &sales[i]);
  for (size_t i = 0; i < ROUND; i += CANCELLED)
    refund(fill, &sales[i]);
  for (size_t i = 0; i < ROUND; i += CANCELLED)
    release(fill, &sales[i]);
  for (size_t i = 0; i < ROUND; i += CANCELLED)
    notify(fill, &sales[i], sales[i].refunded, "PaymentCancelled");
}

/* Reads the arguments, fills, prints what is there. */
int main(int argc, char **argv) {
  static struct fill fill = {.random = 20260101, .time_us = INT64_C(1767225600000000)};
  evs_error error;
  fill.placed_only = argc == 5 && strcmp(argv[4], "placed") == 0;
  fill.located = argc == 5 && strcmp(argv[4], "located") == 0;
  if (argc != 4 && !fill.placed_only && !fill.located) {
    fputs("usage: bench_fill STORE EVENTS MUSICALS [placed|located]\n", stderr);
    return 64;
  }
  fill.limit = strtoull(argv[2], NULL, 10);
  fill.musicals = (unsigned)strtoul(argv[3], NULL, 10);
  const evs_open_options options = {.flags = EVS_CREATE};
  if (fill.musicals == 0 || evs_open(argv[1], &options, &fill.store, &error) != 0)
    die(argv[1], &error);
  for (unsigned id = 1; id <= fill.musicals; id++)
    register_musical(&fill, id);
  while (fill.events < fill.limit)
    round_of_sales(&fill);
  commit(&fill);
  evs_close(fill.store);
  printf("{\"events\":%" PRIu64 ",\"reservations\":%" PRIu64 ",\"seats\":%" PRIu64 "}\n", fill.events,
         fill.reservations, fill.seats);
  return 0;
}
