/* SHA-256 by OpenSSL's plain functions, deprecated as they are: the newer ones read a configuration
 * and providers first, which takes longer than loading a small component, and link the whole
 * library, whose relocations each start would pay for. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "engine/sha256.h"

#include <openssl/sha.h>

void wy_sha256(const wy_str *pieces, uint32_t count, char text_out[WY_SHA256_TEXT]) {
    static const char digits[] = "0123456789abcdef";
    unsigned char hash[SHA256_DIGEST_LENGTH];
    SHA256_CTX sha;
    SHA256_Init(&sha);
    for (uint32_t i = 0; i < count; i++)
        SHA256_Update(&sha, pieces[i].ptr, pieces[i].len);
    SHA256_Final(hash, &sha);
    for (unsigned i = 0; i < sizeof hash; i++) {
        text_out[2 * i] = digits[hash[i] >> 4];
        text_out[2 * i + 1] = digits[hash[i] & 15];
    }
    text_out[2 * sizeof hash] = 0;
}
