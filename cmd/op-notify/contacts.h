/* contacts.h - the contact store STORE/contacts.db: the one place where names and addresses live, and can be forgotten.
 *
 * It is no projection: it cannot be rebuilt, so it stands beside the journal and not under state/, and every change is
 * synced (synchronous=FULL). It remembers, too, into which directories notices were written, under whatever
 * configuration: they hold what is to be forgotten. Mode 0600. What is deleted is overwritten (secure_delete), and
 * there is no write-ahead log: with a rollback journal, which is gone once the commit is, no copy of a forgotten person
 * stays in any file of the store. */
#ifndef NOTIFY_CONTACTS_H
#define NOTIFY_CONTACTS_H

#include "notice.h"
#include "output.h"

struct contacts;

/* Opens the store. Where it is not there: with `create` it is made (and its directory, mode 0700), else *ret_contacts
 * is NULL, which the functions below take for a store without contacts. */
int contacts_open(struct op_app *app, bool create, struct contacts **ret_contacts, struct op_error *error);
void contacts_close(struct contacts *contacts); /* NULL is legal */

/* *ret_contact with customer_id "" where there is none. */
int contacts_get(struct contacts *contacts, const char *customer_id, struct contact *ret_contact,
                 struct op_error *error);

/* Sets a contact, in place of an older one. `request_id` may be NULL; with one that was used for the very same contact,
 * nothing changes and *contact gets the updated_at of then; for another contact: exit 1 request_id_reused. */
int contacts_set(struct contacts *contacts, struct contact *contact, const char *request_id, struct op_error *error);

/* Was the request id used for a contact here? */
int contacts_request_used(struct contacts *contacts, const char *request_id, bool *ret_used, struct op_error *error);

/* Remembers, before the first notice is written there, a directory as the configuration names it. */
int contacts_outbox_add(struct contacts *contacts, const char *directory, struct op_error *error);

/* Adds the remembered directories to the list, each with the NUL at its end. */
int contacts_outboxes(struct contacts *contacts, struct op_text *list, struct op_error *error);

/* Removes all that is known of a customer, remembered requests included, durably. Who is not there is no error. */
int contacts_forget(struct contacts *contacts, const char *customer_id, struct op_error *error);

#endif
