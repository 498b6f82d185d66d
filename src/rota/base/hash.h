#pragma once

#include <cstdint>
#include <string_view>

namespace rota {

// FNV-1a, 64 bits (Fowler, Noll, Vo), then the finalizer of SplitMix64 (Steele, Lea, Flood 2014) so that every bit
// depends on every byte. The same on all machines and in all releases: spreads and digests are built on it.
std::uint64_t StableHash(std::string_view bytes, std::uint64_t seed = 0);

}  // namespace rota
