/* libcurl.c - loads libcurl, see libcurl.h. Debian has it built with OpenSSL, and with GnuTLS under another name. */
#include "libcurl.h"

#include <dlfcn.h>
#include <string.h>

/* Loads it. */
int libcurl_load(struct libcurl *ret_curl, struct op_error *error) {
  static const char *const files[] = {"libcurl.so.4", "libcurl-gnutls.so.4"};
  static const char *const names[] = {"curl_global_init",  "curl_global_cleanup", "curl_easy_init",
                                      "curl_easy_cleanup", "curl_easy_reset",     "curl_easy_setopt",
                                      "curl_easy_perform", "curl_easy_getinfo",   "curl_easy_strerror",
                                      "curl_slist_append", "curl_slist_free_all"};
  enum { COUNT = sizeof names / sizeof names[0] };
  _Static_assert(sizeof(struct libcurl) == COUNT * sizeof(void *), "a name for each function, in their order");
  void *symbols[COUNT];
  void *library = NULL;
  for (size_t i = 0; i < sizeof files / sizeof files[0] && library == NULL; i++)
    library = dlopen(files[i], RTLD_NOW | RTLD_LOCAL);
  if (library == NULL)
    return op_fail(error, OP_CONFIG, "no_libcurl", "payment.provider is http, and libcurl cannot be loaded: %s",
                   dlerror());
  for (size_t i = 0; i < COUNT; i++) {
    symbols[i] = dlsym(library, names[i]);
    if (symbols[i] == NULL)
      return op_fail(error, OP_CONFIG, "no_libcurl", "payment.provider is http, and libcurl has no %s", names[i]);
  }
  memcpy(ret_curl, symbols, sizeof symbols); /* POSIX: a function's address fits into a void pointer */
  return 0;
}
