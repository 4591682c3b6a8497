/* libcurl.h - libcurl, loaded when a call is to be made over HTTP, and only then: it brings some twenty libraries,
 * which would more than double the memory and the start of every op-pay that speaks to no service at all. */
#ifndef PAY_LIBCURL_H
#define PAY_LIBCURL_H

#include "app.h"

#include <curl/curl.h>

/* What provider_http.c calls of it, by the names of libcurl without `curl_`. The macros of curl.h that check the types
 * of options do not reach here: a number is a long. */
struct libcurl {
  CURLcode (*global_init)(long flags);
  void (*global_cleanup)(void);
  CURL *(*easy_init)(void);
  void (*easy_cleanup)(CURL *curl);
  void (*easy_reset)(CURL *curl);
  CURLcode (*easy_setopt)(CURL *curl, CURLoption option, ...);
  CURLcode (*easy_perform)(CURL *curl);
  CURLcode (*easy_getinfo)(CURL *curl, CURLINFO info, ...);
  const char *(*easy_strerror)(CURLcode code);
  struct curl_slist *(*slist_append)(struct curl_slist *list, const char *text);
  void (*slist_free_all)(struct curl_slist *list);
};

/* Loads it, for the rest of the process. Error: 78 no_libcurl, where it is not installed or lacks something. */
int libcurl_load(struct libcurl *ret_curl, struct op_error *error);

#endif
