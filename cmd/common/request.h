/* request.h - --request-id: the event that a request appended when it came for the first time, and reading it again.
 *
 * `request` is always the canonical text of a request, e.g. "place musical=1 seats=2 ...", `key` what the caller chose
 * for it. */
#ifndef OP_REQUEST_H
#define OP_REQUEST_H

#include "draft.h"
#include "model.h"

/* Was a request with this key folded already (in the tables, or in what is pending after them)? *ret_seq is the seq of
 * the event that it appended (0: no such request). Where it was another request than `request`, of this or any other
 * command: exit 1 request_id_reused. */
int op_request_find(struct op_model *model, const char *key, const char *request, uint64_t *ret_seq,
                    struct op_error *error);

/* The same for who decides (op_decide): nothing where the request has no key; *ret_position reaches at least to what
 * was found, since the answer rests on it. */
int op_request_repeated(struct op_model *model, const struct op_request *request, uint64_t *ret_seq,
                        uint64_t *ret_position, struct op_error *error);

/* The parts of it, for who keeps an own account of what is pending. In the tables: *ret_seq as above, *ret_same whether
 * it was this request. */
int op_request_folded(struct op_model *model, const char *key, const char *request, uint64_t *ret_seq, bool *ret_same,
                      struct op_error *error);
/* Is the event at `seq` that of this request? Makes it durable first. */
int op_request_same(struct op_app *app, uint64_t seq, const char *request, bool *ret_same, struct op_error *error);
/* The refusal of a key that belongs to another request. */
int op_request_reused(const char *key, uint64_t seq, struct op_error *error);
/* The next key that an event remembers; begin with *at 0. */
bool op_request_key(const evs_event *event, size_t *at, char key[OP_MAX_ID + 1]);

/* Reads the event at `seq` and calls use(context, event), for an answer that is the same as the first time. */
int op_event_at(struct op_app *app, uint64_t seq,
                int (*use)(void *context, const evs_event *event, struct op_error *error), void *context,
                struct op_error *error);

#endif
