#include "local/enqueued_trials.h"

namespace mimar::local {

int record_enqueued_trials(Ledger& ledger, experiment::SuggestionProvider& provider, int count,
                           TimePoint now) {
  int recorded = 0;
  for (; recorded < count && !ledger.enqueued().empty(); ++recorded) {
    const experiment::EnqueuedTrial next = ledger.enqueued().front();
    ledger.record_enqueued(provider.propose_enqueued(ledger.history(), next), next, now);
  }
  return recorded;
}

}  // namespace mimar::local
