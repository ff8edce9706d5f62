/* Seeded chance: the same seed gives the same run on every machine (splitmix64). */
#pragma once

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

static uint64_t chance_state; /* set it to the seed */

static inline uint64_t chance_bits(void)
{
    chance_state += 0x9E3779B97F4A7C15;
    uint64_t z = chance_state;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
}

static inline uint32_t chance_below(uint32_t count)
{
    return (uint32_t)(chance_bits() % count);
}

static inline double chance(void)
{
    return (double)(chance_bits() >> 11) * 0x1p-53;
}

static inline bool chance_of(double probability)
{
    return chance() < probability;
}

static inline int64_t chance_up_to_us(double seconds)
{
    return (int64_t)(chance() * seconds * 1e6);
}

/* Rare ones are long. */
static inline int64_t chance_about_us(double mean_seconds)
{
    return (int64_t)(-log(1 - chance()) * mean_seconds * 1e6);
}
