/* channel.h - where notices go: the narrow face of every channel.
 *
 * A channel is opened for one batch: open, send each, sync, close. Only after sync() returned 0 are the notices
 * delivered of which send() said so, and only then may NotificationSent be appended. After a crash in between, the same
 * notices are sent again with the same ids: the channel `file` then writes the same file again, `stdout` repeats the
 * line, a program gets the same message again (delivery at least once).
 *
 * What is wrong with one notice is told by send() in *ret_delivery, and the batch goes on; an exit code says that the
 * channel itself does not work, whatever the notice. */
#ifndef NOTIFY_CHANNEL_H
#define NOTIFY_CHANNEL_H

#include "address.h"
#include "contacts.h"
#include "decide.h"
#include "notice.h"

/* Notices in one batch, at most. The channel file names its temporary files by this: a larger one may follow, but never
 * a smaller one, or what a killed run left under the other names is not removed. */
#define NOTIFY_BATCH 256u

struct channel {
  const struct channel_kind *kind;
  struct op_app *app;
  struct mailbox from;        /* notify.from */
  struct contacts *contacts;  /* the caller's; where notices are written is remembered there */
  int directory;              /* channel file: the outbox, locked; else -1 */
  struct outbox_batch *batch; /* channel file: what was sent and not synced yet; else NULL */
};

struct channel_kind {
  const char *name; /* as in notify.channel and in the events */
  bool speaks;      /* it writes to stdout, which then holds notices and no events */
  bool alone;       /* one run at a time hands notices to it, and records each before the next (a batch is one) */
  int (*open)(struct channel *channel, struct op_error *error);
  int (*send)(struct channel *channel, const struct notice *notice, const struct contact *contact,
              struct delivery *ret_delivery, struct op_error *error);
  int (*sync)(struct channel *channel, struct op_error *error);
  void (*close)(struct channel *channel);
};

extern const struct channel_kind channel_file;   /* channel_file.c */
extern const struct channel_kind channel_stdout; /* channel_stdout.c */
extern const struct channel_kind channel_exec;   /* channel_program.c */
extern const struct channel_kind channel_sendmail;

/* The channel that the configuration describes, not opened yet; exit 78 where it describes none. */
int channel_find(struct op_app *app, struct channel *ret_channel, struct op_error *error);

/* Waits for its turn with a channel that is handed notices by one run at a time: *ret_fd is to be closed at its end.
 * Where another run has its turn: waits for its end with --follow, else *ret_fd is -1. */
int channel_turn(struct op_app *app, int *ret_fd, struct op_error *error);

/* Opens an outbox directory, named as in the configuration, and locks it against others who write or clear it, within
 * the time limit (exit 75 busy); what a killed run left there is removed. With `create` it is made; else a missing one
 * gives *ret_fd -1. Close the fd to unlock. */
int outbox_lock(struct op_app *app, const char *directory, bool create, int *ret_fd, struct op_error *error);

/* Removes what a killed run left in the outbox of the configuration, where there is one; does not wait for the lock. */
int outbox_clean(struct op_app *app, struct op_error *error);

/* Removes a notice from the locked outbox, if it is there. 0 or an errno. */
int outbox_remove(int fd, const char *notice_id);

/* Makes durable what was named and removed. */
int outbox_sync(int fd, struct op_error *error);

#endif
