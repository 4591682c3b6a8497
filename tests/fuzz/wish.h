/* wish.h - a line of a batch of op-reserve as a strict reader understands it: what our own reader is compared with. */
#ifndef FUZZ_WISH_H
#define FUZZ_WISH_H

#include "app.h"
#include "domain.h"

/* A placement as it was asked for; "" and price -1: not given. */
struct wish {
  bool good; /* the line can be read; else nothing below holds */
  char musical[OP_MAX_ID + 1], customer[OP_MAX_ID + 1], id[OP_MAX_ID + 1], request[OP_MAX_ID + 1];
  char grade[OP_MAX_ID + 1];
  int64_t seats, price;
  bool lat_given, lon_given, fulfil_given, delivery;
  double lat, lon;
};

void wish_read(const char *line, size_t len, struct wish *ret);

#endif
