#pragma once

#include <optional>
#include <ostream>

#include "base/clock.h"
#include "trainer/data_set.h"
#include "trainer/options.h"
#include "trainer/process_place.h"

namespace mimar::trainer {

/// What a command takes from the process around it; all borrowed.
struct Surroundings {
  DataSetCache& data_sets;
  std::ostream& out;
  const Clock& clock;
  std::optional<int> metrics_fd;
  ProcessPlace place = {};  // among the processes of a data-parallel training
};

/// Trains a network from scratch or from its checkpoint, reporting after every epoch, and exports
/// it. Step 0 reports parameter-count and macs: of a chain before any data is read, of other
/// networks as built for the data's images and classes. The same options, threads and machine give
/// the same weights, also when the run was interrupted and resumed in between. A network beyond
/// max_macs is not trained and reports NaN for its accuracy and loss. A training that diverges
/// reports NaN and ends there, without an error and without an export: for a search, that is an
/// answer. With other processes (see Training) the first reports the metrics, keeps the checkpoint
/// and exports; every one says after each epoch how many images it has seen and a hash of its
/// weights. Errors: kInvalidArgument when network and data do not fit together, and those of the
/// parts.
void fit(const FitOptions& options, const Surroundings& surroundings);

}  // namespace mimar::trainer
