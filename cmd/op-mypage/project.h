/* project.h - the read model of op-mypage, state/mypage.db: one row per reservation, and one per step of its saga. */
#ifndef MYPAGE_PROJECT_H
#define MYPAGE_PROJECT_H

#include "model.h"
#include "page.h"

extern const struct op_model_definition mypage_model;

#endif
