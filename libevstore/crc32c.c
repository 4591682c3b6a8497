/* crc32c.c - CRC-32C (Castagnoli, polynomial 0x1EDC6F41, reflected 0x82F63B78), as in RFC 3720.
 *
 * With SSE 4.2 and PCLMUL or the ARMv8 CRC extension eight bytes take one instruction; elsewhere a table of 256
 * entries is walked byte by byte. Both give the same result; test_crc32c compares them. */
#include "text.h"

#include <string.h>
#if defined(__aarch64__)
#include <arm_acle.h>
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

/* Row i is the remainder of i after eight steps of the reflected polynomial. */
static const uint32_t table[256] = {
    0x00000000u, 0xF26B8303u, 0xE13B70F7u, 0x1350F3F4u, 0xC79A971Fu, 0x35F1141Cu, 0x26A1E7E8u, 0xD4CA64EBu, 0x8AD958CFu,
    0x78B2DBCCu, 0x6BE22838u, 0x9989AB3Bu, 0x4D43CFD0u, 0xBF284CD3u, 0xAC78BF27u, 0x5E133C24u, 0x105EC76Fu, 0xE235446Cu,
    0xF165B798u, 0x030E349Bu, 0xD7C45070u, 0x25AFD373u, 0x36FF2087u, 0xC494A384u, 0x9A879FA0u, 0x68EC1CA3u, 0x7BBCEF57u,
    0x89D76C54u, 0x5D1D08BFu, 0xAF768BBCu, 0xBC267848u, 0x4E4DFB4Bu, 0x20BD8EDEu, 0xD2D60DDDu, 0xC186FE29u, 0x33ED7D2Au,
    0xE72719C1u, 0x154C9AC2u, 0x061C6936u, 0xF477EA35u, 0xAA64D611u, 0x580F5512u, 0x4B5FA6E6u, 0xB93425E5u, 0x6DFE410Eu,
    0x9F95C20Du, 0x8CC531F9u, 0x7EAEB2FAu, 0x30E349B1u, 0xC288CAB2u, 0xD1D83946u, 0x23B3BA45u, 0xF779DEAEu, 0x05125DADu,
    0x1642AE59u, 0xE4292D5Au, 0xBA3A117Eu, 0x4851927Du, 0x5B016189u, 0xA96AE28Au, 0x7DA08661u, 0x8FCB0562u, 0x9C9BF696u,
    0x6EF07595u, 0x417B1DBCu, 0xB3109EBFu, 0xA0406D4Bu, 0x522BEE48u, 0x86E18AA3u, 0x748A09A0u, 0x67DAFA54u, 0x95B17957u,
    0xCBA24573u, 0x39C9C670u, 0x2A993584u, 0xD8F2B687u, 0x0C38D26Cu, 0xFE53516Fu, 0xED03A29Bu, 0x1F682198u, 0x5125DAD3u,
    0xA34E59D0u, 0xB01EAA24u, 0x42752927u, 0x96BF4DCCu, 0x64D4CECFu, 0x77843D3Bu, 0x85EFBE38u, 0xDBFC821Cu, 0x2997011Fu,
    0x3AC7F2EBu, 0xC8AC71E8u, 0x1C661503u, 0xEE0D9600u, 0xFD5D65F4u, 0x0F36E6F7u, 0x61C69362u, 0x93AD1061u, 0x80FDE395u,
    0x72966096u, 0xA65C047Du, 0x5437877Eu, 0x4767748Au, 0xB50CF789u, 0xEB1FCBADu, 0x197448AEu, 0x0A24BB5Au, 0xF84F3859u,
    0x2C855CB2u, 0xDEEEDFB1u, 0xCDBE2C45u, 0x3FD5AF46u, 0x7198540Du, 0x83F3D70Eu, 0x90A324FAu, 0x62C8A7F9u, 0xB602C312u,
    0x44694011u, 0x5739B3E5u, 0xA55230E6u, 0xFB410CC2u, 0x092A8FC1u, 0x1A7A7C35u, 0xE811FF36u, 0x3CDB9BDDu, 0xCEB018DEu,
    0xDDE0EB2Au, 0x2F8B6829u, 0x82F63B78u, 0x709DB87Bu, 0x63CD4B8Fu, 0x91A6C88Cu, 0x456CAC67u, 0xB7072F64u, 0xA457DC90u,
    0x563C5F93u, 0x082F63B7u, 0xFA44E0B4u, 0xE9141340u, 0x1B7F9043u, 0xCFB5F4A8u, 0x3DDE77ABu, 0x2E8E845Fu, 0xDCE5075Cu,
    0x92A8FC17u, 0x60C37F14u, 0x73938CE0u, 0x81F80FE3u, 0x55326B08u, 0xA759E80Bu, 0xB4091BFFu, 0x466298FCu, 0x1871A4D8u,
    0xEA1A27DBu, 0xF94AD42Fu, 0x0B21572Cu, 0xDFEB33C7u, 0x2D80B0C4u, 0x3ED04330u, 0xCCBBC033u, 0xA24BB5A6u, 0x502036A5u,
    0x4370C551u, 0xB11B4652u, 0x65D122B9u, 0x97BAA1BAu, 0x84EA524Eu, 0x7681D14Du, 0x2892ED69u, 0xDAF96E6Au, 0xC9A99D9Eu,
    0x3BC21E9Du, 0xEF087A76u, 0x1D63F975u, 0x0E330A81u, 0xFC588982u, 0xB21572C9u, 0x407EF1CAu, 0x532E023Eu, 0xA145813Du,
    0x758FE5D6u, 0x87E466D5u, 0x94B49521u, 0x66DF1622u, 0x38CC2A06u, 0xCAA7A905u, 0xD9F75AF1u, 0x2B9CD9F2u, 0xFF56BD19u,
    0x0D3D3E1Au, 0x1E6DCDEEu, 0xEC064EEDu, 0xC38D26C4u, 0x31E6A5C7u, 0x22B65633u, 0xD0DDD530u, 0x0417B1DBu, 0xF67C32D8u,
    0xE52CC12Cu, 0x1747422Fu, 0x49547E0Bu, 0xBB3FFD08u, 0xA86F0EFCu, 0x5A048DFFu, 0x8ECEE914u, 0x7CA56A17u, 0x6FF599E3u,
    0x9D9E1AE0u, 0xD3D3E1ABu, 0x21B862A8u, 0x32E8915Cu, 0xC083125Fu, 0x144976B4u, 0xE622F5B7u, 0xF5720643u, 0x07198540u,
    0x590AB964u, 0xAB613A67u, 0xB831C993u, 0x4A5A4A90u, 0x9E902E7Bu, 0x6CFBAD78u, 0x7FAB5E8Cu, 0x8DC0DD8Fu, 0xE330A81Au,
    0x115B2B19u, 0x020BD8EDu, 0xF0605BEEu, 0x24AA3F05u, 0xD6C1BC06u, 0xC5914FF2u, 0x37FACCF1u, 0x69E9F0D5u, 0x9B8273D6u,
    0x88D28022u, 0x7AB90321u, 0xAE7367CAu, 0x5C18E4C9u, 0x4F48173Du, 0xBD23943Eu, 0xF36E6F75u, 0x0105EC76u, 0x12551F82u,
    0xE03E9C81u, 0x34F4F86Au, 0xC69F7B69u, 0xD5CF889Du, 0x27A40B9Eu, 0x79B737BAu, 0x8BDCB4B9u, 0x988C474Du, 0x6AE7C44Eu,
    0xBE2DA0A5u, 0x4C4623A6u, 0x5F16D052u, 0xAD7D5351u,
};

/* Byte by byte, on any processor. */
static uint32_t crc_by_table(uint32_t crc, const unsigned char *at, size_t len) {
  for (size_t i = 0; i < len; i++)
    crc = table[(crc ^ at[i]) & 0xff] ^ (crc >> 8);
  return crc;
}

#if defined(__x86_64__)
enum { LANE_MAX = 64 }; /* words in a lane */

/* Entry w - 1 is x^(64 w - 33) modulo the polynomial, reflected: what moves a remainder over w words. */
static const uint32_t over_words[2 * LANE_MAX] = {
    0x00000001u, 0x493C7D27u, 0xF20C0DFEu, 0xBA4FC28Eu, 0x3DA6D0CBu, 0xDDC0152Bu, 0x1C291D04u, 0x9E4ADDF8u, 0x740EEF02u,
    0x39D3B296u, 0x083A6EECu, 0x0715CE53u, 0xC49F4F67u, 0x47DB8317u, 0x2AD91C30u, 0x0D3B6092u, 0x6992CEA2u, 0xC96CFDC0u,
    0x7E908048u, 0x878A92A7u, 0x1B3D8F29u, 0xDAECE73Eu, 0xF1D0F55Eu, 0xAB7AFF2Au, 0xA87AB8A8u, 0x2162D385u, 0x8462D800u,
    0x83348832u, 0x71D111A8u, 0x299847D5u, 0xFFD852C6u, 0xB9E02B86u, 0xDCB17AA4u, 0x18B33A4Eu, 0xF37C5AEEu, 0xB6DD949Bu,
    0x6051D5A2u, 0x78D9CCB7u, 0x18B0D4FFu, 0xBAC2FD7Bu, 0x21F3D99Cu, 0xA60CE07Bu, 0x8F158014u, 0xCE7F39F4u, 0xA00457F7u,
    0x61D82E56u, 0x8D6D2C43u, 0xD270F1A2u, 0x00AC29CFu, 0xC619809Du, 0xE9ADF796u, 0x2B3CAC5Du, 0x96638B34u, 0x65863B64u,
    0xE0E9F351u, 0x1B03397Fu, 0x9AF01F2Du, 0xEBB883BDu, 0x2CFF42CFu, 0xB3E32C28u, 0x88F25A3Au, 0x064F7F26u, 0x4E36F0B0u,
    0xDD7E3B0Cu, 0xBD6F81F8u, 0xF285651Cu, 0x91C9BD4Bu, 0x10746F3Cu, 0x885F087Bu, 0xC7A68855u, 0x4C144932u, 0x271D9844u,
    0x52148F02u, 0x8E766A0Cu, 0xA3C6F37Au, 0x93A5F730u, 0xD7C0557Fu, 0x6CB08E5Cu, 0x63DED06Au, 0x6B749FB2u, 0x4D56973Cu,
    0x1393E203u, 0x9669C9DFu, 0xCEC3662Eu, 0xE417F38Au, 0x96C515BBu, 0x4B9E0F71u, 0xE6FC4E6Au, 0xD104B8FCu, 0x8227BB8Au,
    0x5B397730u, 0xB0CD4768u, 0xE78EB416u, 0x39C7FF35u, 0x61FF0E01u, 0xD7A4825Cu, 0x8D96551Cu, 0x0AB3844Bu, 0x0BF80DD2u,
    0x0167D312u, 0x8821ABEDu, 0xF6076544u, 0x6A45D2B2u, 0x26F6A60Au, 0xD8D26619u, 0xA741C1BFu, 0xDE87806Cu, 0x98D8D9CBu,
    0x14338754u, 0x49C3CC9Cu, 0x5BD2011Fu, 0x68BCE87Au, 0xDD07448Eu, 0x57A3D037u, 0xDDE8F5B9u, 0x6956FC3Bu, 0xA3E3E02Cu,
    0x42D98888u, 0xD73C7BEAu, 0x3771E98Fu, 0x80FF0093u, 0xB42AE3D9u, 0x8FE4C34Du, 0x2178513Au, 0xDF99FC11u, 0xE0AC139Eu,
    0x6C23E841u, 0x170076FAu,
};

typedef long long two_words __attribute__((vector_size(16)));

/* The remainder `crc`, moved over so many words: to be added to the last of them before its own step. */
__attribute__((target("sse4.2,pclmul"))) static inline uint64_t move_over(uint64_t crc, size_t words) {
  two_words a = {(long long)crc, 0};
  two_words b = {(long long)over_words[words - 1], 0};
  return (uint64_t)__builtin_ia32_pclmulqdq128(a, b, 0)[0];
}

static inline uint64_t word_at(const unsigned char *at) {
  uint64_t word;
  memcpy(&word, at, 8);
  return word;
}

/* Eight bytes an instruction. An instruction waits three cycles for the one before it, so three stretches of the text
 * go side by side and are put together by a multiplication without carries (V. Gopal et al., "Fast CRC Computation for
 * iSCSI Polynomial Using CRC32 Instruction", 2011). */
__attribute__((target("sse4.2,pclmul"))) static uint32_t crc_in_hardware(uint32_t crc, const unsigned char *at,
                                                                         size_t len) {
  uint64_t wide = crc;
  while (len >= 3 * 8 * 4) {
    size_t words = len / 24 < LANE_MAX ? len / 24 : LANE_MAX;
    uint64_t second = 0;
    uint64_t third = 0;
    for (size_t i = 0; i + 1 < words; i++, at += 8) {
      wide = __builtin_ia32_crc32di(wide, word_at(at));
      second = __builtin_ia32_crc32di(second, word_at(at + 8 * words));
      third = __builtin_ia32_crc32di(third, word_at(at + 16 * words));
    }
    wide = __builtin_ia32_crc32di(wide, word_at(at));
    second = __builtin_ia32_crc32di(second, word_at(at + 8 * words));
    wide = move_over(wide, 2 * words) ^ move_over(second, words);
    wide = __builtin_ia32_crc32di(third, word_at(at + 16 * words) ^ wide);
    at += 16 * words + 8;
    len -= 24 * words;
  }
  for (; len >= 8; at += 8, len -= 8)
    wide = __builtin_ia32_crc32di(wide, word_at(at));
  crc = (uint32_t)wide;
  if (len & 4) {
    uint32_t half;
    memcpy(&half, at, 4);
    crc = __builtin_ia32_crc32si(crc, half);
    at += 4;
  }
  for (len &= 3; len > 0; len--)
    crc = __builtin_ia32_crc32qi(crc, *at++);
  return crc;
}

/* Asks the processor. */
static int has_hardware(void) { return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul"); }

#elif defined(__aarch64__)
/* Eight bytes an instruction. */
__attribute__((target("+crc"))) static uint32_t crc_in_hardware(uint32_t crc, const unsigned char *at, size_t len) {
  for (; len >= 8; at += 8, len -= 8) {
    uint64_t word;
    memcpy(&word, at, 8);
    crc = __crc32cd(crc, word);
  }
  return crc_by_table(crc, at, len);
}

/* Asks the kernel. */
static int has_hardware(void) { return (getauxval(AT_HWCAP) & HWCAP_CRC32) != 0; }

#else
/* No such instruction here. */
static uint32_t crc_in_hardware(uint32_t crc, const unsigned char *at, size_t len) {
  return crc_by_table(crc, at, len);
}
static int has_hardware(void) { return 0; }
#endif

uint32_t evs__crc32c(uint32_t crc, const void *bytes, size_t len) {
  return ~(has_hardware() ? crc_in_hardware(~crc, bytes, len) : crc_by_table(~crc, bytes, len));
}
