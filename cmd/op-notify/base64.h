/* base64.h - bytes as Base64 (RFC 4648), as mail wants what is not plain ASCII. Pure. */
#ifndef NOTIFY_BASE64_H
#define NOTIFY_BASE64_H

#include "output.h"

/* Adds the bytes, padded, without line breaks: 4 characters for each 3 bytes or part of them. */
void base64_add(struct op_text *text, const char *bytes, size_t len);

#endif
