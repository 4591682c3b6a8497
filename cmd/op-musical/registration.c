/* registration.c - the rules for the fields of a musical, see registration.h.
 *
 * Times are kept in UTC and in one form, so that the same instant written in two ways is the same registration.
 * Errors: 65 with bad_id, bad_name, bad_seats, bad_price, bad_currency, bad_text, bad_time, bad_max_per_customer. */
#include "registration.h"

#include <inttypes.h>
#include <string.h>

const char *const registration_fields[] = {"id",       "name",      "seats",      "price",          "currency", "venue",
                                           "startsAt", "salesOpen", "salesClose", "maxPerCustomer", NULL};

/* The defaults. */
void registration_init(struct registration *registration) {
  *registration = (struct registration){.price = -1, .currency = "KRW"};
}

/* Text of at most OP_MAX_NAME bytes. */
static int set_text(char *field, const char *what, const char *text, struct op_error *error) {
  int code = op_check_text(what, text, OP_MAX_NAME, error);
  if (code == OP_OK)
    memcpy(field, text, strlen(text) + 1);
  return code;
}

/* A time, in UTC and without a fraction that says nothing. */
static int set_time(char *field, const char *what, const char *text, struct op_error *error) {
  static const char no_fraction[] = ".000000Z";
  int64_t time_us = 0;
  int code = op_check_time(what, text, &time_us, error);
  if (code == OP_OK && time_us <= 0) /* 0 is how the fold says that there is no time */
    code = op_fail(error, OP_DATA, "bad_time", "%s must be after 1970-01-01T00:00:00Z, not '%s'", what, text);
  if (code != OP_OK)
    return code;
  evs_time_format(time_us, field);
  char *fraction = strchr(field, '.');
  if (fraction && strcmp(fraction, no_fraction) == 0)
    memcpy(fraction, "Z", sizeof "Z");
  return OP_OK;
}

/* An ISO 4217 code. */
static int set_currency(struct registration *registration, const char *text, struct op_error *error) {
  if (strlen(text) != 3 || strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 3)
    return op_fail(error, OP_DATA, "bad_currency", "currency must be three capital letters such as KRW, not '%s'",
                   text);
  memcpy(registration->currency, text, sizeof registration->currency);
  return OP_OK;
}

/* Sets one field. */
int registration_set(struct registration *registration, const char *field, const char *text, struct op_error *error) {
  if (strcmp(field, "id") == 0) {
    int code = op_check_id("musical id", text, error);
    if (code == OP_OK)
      memcpy(registration->id, text, strlen(text) + 1);
    return code;
  }
  if (strcmp(field, "name") == 0)
    return text[0] ? set_text(registration->name, field, text, error)
                   : op_fail(error, OP_DATA, "bad_name", "name is empty");
  if (strcmp(field, "seats") == 0)
    return op_check_number("seats", "bad_seats", text, 1, OP_MAX_SEATS, &registration->seats, error);
  if (strcmp(field, "price") == 0)
    return op_check_number("price", "bad_price", text, 0, OP_MAX_MONEY, &registration->price, error);
  if (strcmp(field, "currency") == 0)
    return set_currency(registration, text, error);
  if (strcmp(field, "venue") == 0)
    return set_text(registration->venue, field, text, error);
  if (strcmp(field, "startsAt") == 0)
    return set_time(registration->starts_at, field, text, error);
  if (strcmp(field, "salesOpen") == 0)
    return set_time(registration->sales_open, field, text, error);
  if (strcmp(field, "salesClose") == 0)
    return set_time(registration->sales_close, field, text, error);
  return op_check_number("maxPerCustomer", "bad_max_per_customer", text, 1, OP_MAX_SEATS,
                         &registration->max_per_customer, error);
}

/* What must be there is there, and sales open before they close. */
int registration_check(const struct registration *registration, const char **ret_field, struct op_error *error) {
  if (!registration->id[0] || !registration->name[0] || registration->seats == 0) {
    *ret_field = !registration->id[0] ? "id" : !registration->name[0] ? "name" : "seats";
    return op_fail(error, OP_DATA, "missing", "%s is missing", *ret_field);
  }
  int64_t open_us = 0, close_us = 0;
  if (evs_time_parse(registration->sales_open, strlen(registration->sales_open), &open_us) &&
      evs_time_parse(registration->sales_close, strlen(registration->sales_close), &close_us) && close_us <= open_us) {
    *ret_field = "salesClose";
    return op_fail(error, OP_DATA, "bad_time", "sales close at %s, not after they open at %s",
                   registration->sales_close, registration->sales_open);
  }
  return OP_OK;
}

/* All fields, absent ones too. */
void registration_text(const struct registration *registration, struct op_text *text) {
  op_json_begin(text);
  op_json_string(text, "id", registration->id);
  op_json_string(text, "name", registration->name);
  op_json_number(text, "seats", registration->seats);
  op_json_number(text, "price", registration->price);
  op_json_string(text, "currency", registration->currency);
  op_json_string(text, "venue", registration->venue);
  op_json_string(text, "startsAt", registration->starts_at);
  op_json_string(text, "salesOpen", registration->sales_open);
  op_json_string(text, "salesClose", registration->sales_close);
  op_json_number(text, "maxPerCustomer", registration->max_per_customer);
  if (registration->grades.count > 0) {
    struct op_text grades = {0};
    op_grades_write(&registration->grades, false, &grades);
    op_json_raw(text, "grades", grades.ptr);
    op_text_free(&grades);
  }
  op_json_end(text);
}
