/* notice.h - what the customer is told about: one notice per cause, and the contact that it goes to. */
#ifndef NOTIFY_NOTICE_H
#define NOTIFY_NOTICE_H

#include "app.h"
#include "domain.h"

/* What became of a notice. */
enum notice_status {
  NOTICE_PENDING, /* not told yet, or to be told again */
  NOTICE_SENT,
  NOTICE_PARKED,    /* failed too often: op-notify retry brings it back */
  NOTICE_WITHDRAWN, /* there was nobody to tell, or nothing any more */
};
extern const char *const notice_statuses[]; /* by status, NULL-terminated */

/* A notice with the figures as they stood at its cause, so that its text is the same whenever it is rendered. */
struct notice {
  uint64_t cause;                     /* seq of the event that it tells about */
  char id[24];                        /* the cause in digits: the notice's id, and its file's name */
  char template[32];                  /* the cause's type */
  char reservation_id[OP_MAX_ID + 1]; /* "": it is about an offer */
  char customer_id[OP_MAX_ID + 1];    /* "": not known */
  char musical[OP_MAX_NAME + 1];      /* its name, else its id; "": not known */
  char currency[8];
  int64_t seats;  /* 0: not known */
  int64_t amount; /* minor units */
  char caused_at[EVS_TIME_SIZE];
  char reason[OP_MAX_NAME + 1]; /* why it was declined or cancelled: a program's word or somebody's; "": not said */
  char offer_id[OP_MAX_ID + 1]; /* of the waiting list; "": it is about a reservation */
  char until[EVS_TIME_SIZE];    /* the end of the offer */
  char branch[OP_MAX_NAME + 1]; /* its name, else its id; "": it is about no branch, as for the next two */
  char fulfil[16];              /* how the branch hands it over: pickup or delivery */
  char distance_km[24];         /* from the customer to the branch, as the event writes it */
  enum notice_status status;
  int64_t attempts; /* that failed */
  int64_t forgiven; /* those of them that were made before an operator asked for another */
  bool forgotten;   /* of notify_pending(): the customer asked to be forgotten, once */
};

#define OP_MAX_EMAIL 254

/* A customer's contact, personal data: it never leaves contacts.db but for where it is sent. */
struct contact {
  char customer_id[OP_MAX_ID + 1]; /* "": there is none */
  char email[OP_MAX_EMAIL + 1];
  char name[OP_MAX_NAME + 1]; /* "": none */
  char lang[4];               /* "ko" or "en" */
  char updated_at[EVS_TIME_SIZE];
};

/* The languages of the built-in texts, NULL-terminated; the first is the default. */
extern const char *const notify_languages[];

#endif
