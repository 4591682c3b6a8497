/* grades.h - the seat grades of a musical (VIP, R, S ...): each has its own number of seats and its own price.
 *
 * A musical without grades has an empty list. In events and in the read models a list is one JSON array, in the order
 * of the catalogue: [{"grade":"VIP","seats":20,"price":150000}, ...]; a read model adds what is held. */
#ifndef OP_GRADES_H
#define OP_GRADES_H

#include "error.h"
#include "output.h"

enum { OP_MAX_GRADE = 32, OP_MAX_GRADES = 16 }; /* bytes of a name; grades of a musical */

struct op_grade {
  char name[OP_MAX_GRADE + 1]; /* as an id, see op_check_id() */
  int64_t seats;               /* capacity */
  int64_t price;               /* minor units a seat */
  int64_t held;                /* seats of reservations */
  int64_t offered;             /* seats on offer to who waited */
};

struct op_grades {
  struct op_grade items[OP_MAX_GRADES];
  size_t count;
};

/* Is it the name of a grade? 65 bad_grade. */
int op_check_grade(const char *text, struct op_error *error);
/* The member `grade` of an event; empty and false where it is the name of none. */
bool op_field_grade(const evs_event *event, char buf[OP_MAX_GRADE + 1]);
/* The grade of this name, or NULL; to be changed if the list may be, as with strchr(3). */
struct op_grade *op_grades_find(const struct op_grades *grades, const char *name);
/* The seats of all grades, at most OP_MAX_SEATS. */
int64_t op_grades_seats(const struct op_grades *grades);

/* Reads the JSON array. Whatever is odd in it (anyone may append events) is passed over, and numbers are kept within
 * their bounds. */
void op_grades_read(const char *json, size_t len, struct op_grades *ret_grades);
/* Adds the array to `text`: what an event says, or with what is held and offered, for a read model. */
void op_grades_write(const struct op_grades *grades, bool with_held, struct op_text *text);
/* The grades are redefined; what is held and offered of those that stay goes on. */
void op_grades_redefine(struct op_grades *grades, const struct op_grades *defined);

#endif
