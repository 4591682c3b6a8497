/* labels.h - the configuration's own words for statuses (labels: {ko: {Reserved: ...}}), in tables only. */
#ifndef MYPAGE_LABELS_H
#define MYPAGE_LABELS_H

#include "app.h"

/* The cell of a status: in a table the label of the reader's language where there is one, else the word itself.
 * Programs always read the word. NULL: null. */
void label_cell(const struct op_app *app, const char *word);

#endif
