#pragma once

#include <vector>

#include "rota/coordination/redis/client.h"
#include "rota/coordination/redis/keys.h"
#include "rota/coordination/store.h"

namespace rota::redis {

// Reads the records that the query asks for, newest first, merged from the shards that may hold them.
Result<std::vector<OccurrenceRecord>> ReadHistory(Client& client, const Keys& keys, int shards,
                                                  const HistoryQuery& query);

}  // namespace rota::redis
