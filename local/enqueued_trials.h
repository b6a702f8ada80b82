#pragma once

#include "base/clock.h"
#include "experiment/suggestion_provider.h"
#include "local/ledger.h"

namespace mimar::local {

/// Records up to `count` of the trials that users have enqueued, in their order, each made from the
/// history with those before it. Returns how many.
int record_enqueued_trials(Ledger& ledger, experiment::SuggestionProvider& provider, int count,
                           TimePoint now);

}  // namespace mimar::local
