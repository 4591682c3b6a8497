/* given_notice.h - what the tests of op-notify render: a notice, and a configuration that says nothing of notices. */
#ifndef UNIT_GIVEN_NOTICE_H
#define UNIT_GIVEN_NOTICE_H

#include "cmd/op-notify/notice.h"

/* Ten seats were paid by customer c; event 12 says so. */
extern const struct notice given_approved;

/* Every text is the built-in one. */
extern const struct op_config given_built_in;

#endif
