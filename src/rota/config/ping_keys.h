#pragma once

#include <vector>

#include "rota/config/key.h"
#include "rota/config/value_reader.h"
#include "rota/schedule/hook.h"

namespace rota {

// The keys of a task's `ping`, in the order of the documentation.
const std::vector<Key<std::vector<Hook>>>& PingKeys();

// Reads `ping`: a map of those keys. What is wrong is left with the reader.
std::vector<Hook> ReadPings(ValueReader& reader, const ValueReader::Place& place);

}  // namespace rota
