/* choice.c - reads the options of the reports, see choice.h.
 *
 * Times become the one form in which the journal writes them, so that texts compare as times do; a day stands for its
 * midnight in the zone. Errors: 64 usage. */
#include "choice.h"

#include <string.h>

/* Reads --by. */
static int choose_by(const struct op_app *app, struct choice *choice, struct op_error *error) {
  const char *by = op_option(app, "by");
  if (by == NULL)
    return OP_OK;
  choice->by_day = strcmp(by, "day") == 0 || strcmp(by, "day,musical") == 0 || strcmp(by, "musical,day") == 0;
  choice->by_musical = strcmp(by, "musical") == 0 || (choice->by_day && strcmp(by, "day") != 0);
  return choice->by_day || choice->by_musical
             ? OP_OK
             : op_usage(app, error, "--by must be musical, day or day,musical, not '%s'", by);
}

/* Reads a bound: a time, or a day, which begins at its midnight. */
static int choose_time(const struct op_app *app, const char *name, const char *zone, char ret_time[EVS_TIME_SIZE],
                       struct op_error *error) {
  char time[64];
  const char *given = op_option(app, name);
  int64_t time_us = 0;
  if (given == NULL)
    return OP_OK;
  snprintf(time, sizeof time, strlen(given) == 10 ? "%sT00:00:00%s" : "%s%.0s", given, zone != NULL ? zone : "Z");
  if (strlen(given) >= sizeof time - 16 || !evs_time_parse(time, strlen(time), &time_us))
    return op_usage(app, error,
                    "--%s must be a day such as 2026-11-20 or a time such as 2026-11-20T12:00:00Z, not '%s'", name,
                    given);
  evs_time_format(time_us, ret_time);
  return OP_OK;
}

/* Reads all options. */
int choice_read(const struct op_app *app, struct choice *ret_choice, struct op_error *error) {
  int64_t offset_us = 0;
  *ret_choice = (struct choice){.zone = op_option(app, "zone")};
  if (ret_choice->zone != NULL && !op_zone_parse(ret_choice->zone, &offset_us))
    return op_usage(app, error, "--zone must be an offset such as +09:00, not '%s'", ret_choice->zone);
  int code = choose_by(app, ret_choice, error);
  if (code == OP_OK)
    code = choose_time(app, "since", ret_choice->zone, ret_choice->since, error);
  if (code == OP_OK)
    code = choose_time(app, "until", ret_choice->zone, ret_choice->until, error);
  if (code == OP_OK && ret_choice->until[0] != '\0' && strcmp(ret_choice->since, ret_choice->until) > 0)
    code = op_usage(app, error, "--since %s is after --until %s", op_option(app, "since"), op_option(app, "until"));
  return code;
}

/* The day of --since. Its time at UTC is moved to the zone, so that it is the date that a clock there shows. */
int64_t choice_first_day(const struct choice *choice) {
  static const int64_t day_us = (int64_t)86400 * 1000000;
  static const char midnight[] = "2000-01-01T00:00:00";
  char time[64];
  int64_t since_us = 0, here_us = 0, there_us = 0;
  if (choice->since[0] == '\0')
    return 0;
  evs_time_parse(choice->since, strlen(choice->since), &since_us);
  snprintf(time, sizeof time, "%sZ", midnight);
  evs_time_parse(time, strlen(time), &here_us);
  snprintf(time, sizeof time, "%s%s", midnight, choice->zone != NULL ? choice->zone : "Z");
  evs_time_parse(time, strlen(time), &there_us);
  since_us += here_us - there_us;
  return since_us / day_us - (since_us % day_us < 0);
}
