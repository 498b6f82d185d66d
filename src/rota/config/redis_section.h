#pragma once

#include "rota/config/keys.h"
#include "rota/config/options.h"
#include "rota/config/value_reader.h"
#include "rota/config/yaml.h"

namespace rota {

// The `redis:` section of the table of keys. REQUIRES, when it is read: the file's options have RedisOptions.
Section RedisSection();

// Refuses what the table cannot: keys of the section that need or exclude each other.
void CheckRedis(ValueReader& reader, const yaml::Node& section, const RedisOptions& redis);

// Fits the time-outs that the section does not name to `lease_ttl`, and refuses those with which a renewal could
// outlast its lease.
void FitTimeouts(ValueReader& reader, const yaml::Node& section, Milliseconds lease_ttl, RedisOptions& redis);

}  // namespace rota
