/* test_crc32c.c - CRC-32C: the vectors of RFC 3720, and hardware, table and a bitwise reference against one another at
 * every length and alignment. crc32c.c is compiled in here, so that the path that this processor does not take by
 * itself can be called. */
#include "journal_fixture.h"

#include "libevstore/crc32c.c" // NOLINT(bugprone-suspicious-include)

/* Bit by bit, as the definition says. */
static uint32_t reference(uint32_t crc, const unsigned char *bytes, size_t len) {
  crc = ~crc;
  for (size_t i = 0; i < len; i++) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; bit++)
      crc = crc >> 1 ^ (crc & 1 ? 0x82F63B78u : 0);
  }
  return ~crc;
}

static void rfc_3720_vectors(void **state) {
  static const unsigned char scsi[48] = {
      0x01, 0xC0, [16] = 0x14, [22] = 0x04, [27] = 0x14, [31] = 0x18, [32] = 0x28, [40] = 0x02};
  unsigned char bytes[32];
  (void)state;
  memset(bytes, 0, sizeof bytes);
  assert_int_equal(evs__crc32c(0, bytes, sizeof bytes), 0x8A9136AAu);
  memset(bytes, 0xFF, sizeof bytes);
  assert_int_equal(evs__crc32c(0, bytes, sizeof bytes), 0x62A8AB43u);
  for (unsigned i = 0; i < 32; i++)
    bytes[i] = (unsigned char)i;
  assert_int_equal(evs__crc32c(0, bytes, sizeof bytes), 0x46DD794Eu);
  for (unsigned i = 0; i < 32; i++)
    bytes[i] = (unsigned char)(31 - i);
  assert_int_equal(evs__crc32c(0, bytes, sizeof bytes), 0x113FDB5Cu);
  assert_int_equal(evs__crc32c(0, scsi, sizeof scsi), 0xD9963A56u);
  assert_int_equal(evs__crc32c(0, "123456789", 9), 0xE3069283u);
  assert_int_equal(evs__crc32c(0, "", 0), 0);
}

static void every_length_and_alignment(void **state) {
  static unsigned char bytes[4096 + 16];
  uint64_t random = jf_seed();
  (void)state;
  for (size_t i = 0; i < sizeof bytes; i++)
    bytes[i] = (unsigned char)jf_random(&random);
  for (size_t align = 0; align < 16; align++)
    for (size_t len = 0; len <= 4096; len += len < 400 ? 1 : 13) {
      uint32_t start = (uint32_t)jf_random(&random);
      uint32_t expected = reference(start, bytes + align, len);
      assert_int_equal(evs__crc32c(start, bytes + align, len), expected);
      assert_int_equal(~crc_by_table(~start, bytes + align, len), expected);
      if (has_hardware())
        assert_int_equal(~crc_in_hardware(~start, bytes + align, len), expected);
    }
  if (!has_hardware())
    print_message("# this processor has no CRC instruction: only the table was tested\n");
}

static void in_pieces_as_in_one(void **state) {
  unsigned char bytes[257];
  uint64_t random = jf_seed();
  (void)state;
  for (size_t i = 0; i < sizeof bytes; i++)
    bytes[i] = (unsigned char)jf_random(&random);
  uint32_t whole = evs__crc32c(0, bytes, sizeof bytes);
  for (size_t cut = 0; cut <= sizeof bytes; cut++)
    assert_int_equal(evs__crc32c(evs__crc32c(0, bytes, cut), bytes + cut, sizeof bytes - cut), whole);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rfc_3720_vectors),
      cmocka_unit_test(every_length_and_alignment),
      cmocka_unit_test(in_pieces_as_in_one),
  };
  return cmocka_run_group_tests_name("crc32c", tests, NULL, NULL);
}
