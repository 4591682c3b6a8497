/* picture.h - the code of a ticket as a QR code: a PNG in a file, or blocks of text for a terminal. */
#ifndef TICKET_PICTURE_H
#define TICKET_PICTURE_H

#include "output.h"

/* The file of a PNG. fd -1: none. */
struct picture {
  const char *path;
  int fd;
  bool made; /* it was not there before */
};

/* Opens the file, and makes it where it is not there. What stands there stays as it is until picture_write(). A pipe is
 * waited for until somebody reads it. Exit 73 cannot_create, 75 no_reader, 77 no_permission. */
int picture_open(struct picture *ret_picture, const char *path, unsigned timeout_ms, struct op_error *error);
/* Fills it with the PNG, readable by its owner only: a code lets its holder in. Exit 74 write_failed; its message says
 * that the ticket is issued. */
int picture_write(struct picture *picture, const char *code, struct op_error *error);
/* Closes it. What was made and not filled is removed. */
void picture_close(struct picture *picture, bool filled);

/* Says it in lines of text, two modules in each character: light ones are full, as terminals are mostly dark. */
int picture_say(struct op_output *output, const char *code, struct op_error *error);

#endif
