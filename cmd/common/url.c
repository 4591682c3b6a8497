/* url.c - may this URL be called with money in the body and a secret in the head?
 *
 * Only https, which proves who answers, or plain http to this very machine, where nobody listens in between. What the
 * host is must be beyond doubt: no user in front of it (http://127.0.0.1@elsewhere), no character that two parsers
 * could read differently, and a loopback address is one as a number or as `localhost`, which libcurl never asks a name
 * server for. Pure; raises nothing. */
#include "app.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

/* Is it this machine? The brackets of an IPv6 address are part of the host. */
static bool is_loopback(const char *host) {
  struct in_addr address;
  if (strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0)
    return true;
  return inet_pton(AF_INET, host, &address) == 1 && ntohl(address.s_addr) >> 24 == 127;
}

/* Nothing, or a colon with the number of a port. */
static bool is_port(const char *text, size_t len) {
  if (len == 0)
    return true;
  char digits[6] = "";
  if (text[0] != ':' || len < 2 || len > sizeof digits || strspn(text + 1, "0123456789") < len - 1)
    return false;
  memcpy(digits, text + 1, len - 1);
  long port = strtol(digits, NULL, 10);
  return port >= 1 && port <= 65535;
}

/* Splits HOST[:PORT] and checks both. */
static bool read_authority(const char *text, size_t len, char *host, size_t size) {
  static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
  size_t host_len = 0;
  if (text[0] == '[') {
    struct in6_addr address;
    char number[INET6_ADDRSTRLEN + 1] = "";
    host_len = strcspn(text, "]") + 1;
    if (host_len > len || host_len > sizeof number)
      return false;
    memcpy(number, text + 1, host_len - 2);
    if (inet_pton(AF_INET6, number, &address) != 1)
      return false;
  } else {
    host_len = strspn(text, letters);
  }
  if (host_len == 0 || host_len > len || host_len >= size)
    return false;
  memcpy(host, text, host_len);
  host[host_len] = '\0';
  return is_port(text + host_len, len - host_len);
}

/* What should stand there instead; NULL: the URL is fine. */
const char *op_url_wrong(const char *text) {
  static const char https[] = "https://", http[] = "http://";
  char host[256];
  bool plain = strncmp(text, http, strlen(http)) == 0;
  for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++)
    if (*c <= ' ' || *c >= 0x7F || *c == '\\' || *c == '"')
      return "a URL of printable ASCII characters without spaces is wanted here";
  if (!plain && strncmp(text, https, strlen(https)) != 0)
    return "a URL that begins with https:// is wanted here";
  const char *authority = text + (plain ? strlen(http) : strlen(https));
  size_t len = strcspn(authority, "/?#");
  if (memchr(authority, '@', len) != NULL)
    return "a URL without a user in it is wanted here";
  if (!read_authority(authority, len, host, sizeof host))
    return "a URL with a host and maybe a port is wanted here";
  if (plain && !is_loopback(host))
    return "https is wanted here, or http to 127.0.0.1, [::1] or localhost";
  return NULL;
}
