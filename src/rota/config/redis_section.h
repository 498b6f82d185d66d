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

}  // namespace rota
