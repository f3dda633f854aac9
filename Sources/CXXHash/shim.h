#pragma once
#include <stddef.h>
#include <stdint.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

static inline uint64_t neoscope_xxh3_64(const void *bytes, size_t count, uint64_t seed) {
    return XXH3_64bits_withSeed(bytes, count, seed);
}

static inline XXH128_hash_t neoscope_xxh3_128(const void *bytes, size_t count) {
    return XXH3_128bits(bytes, count);
}
