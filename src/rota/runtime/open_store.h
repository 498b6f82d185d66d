#pragma once

#include <memory>

#include "rota/base/status.h"
#include "rota/config/options.h"
#include "rota/console/workplace.h"
#include "rota/coordination/store.h"
#include "rota/time/clock.h"

namespace rota {

// Opens the store that the options name. Errors: those of the store.
Result<std::unique_ptr<Store>> OpenConfiguredStore(const Options& options, StoreUse use, Clock& clock);

// Examines a store before this process becomes one of its servers. Errors: kInvalidArgument with every finding with
// which the promises do not hold, and what to change.
Status CheckStore(Store& store);

}  // namespace rota
