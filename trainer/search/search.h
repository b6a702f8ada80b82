#pragma once

#include "trainer/fit.h"
#include "trainer/search/search_options.h"

namespace mimar::trainer {

/// Searches an architecture within one network, or goes on from the checkpoint in the output
/// folder. After every epoch it reports losses, accuracies, entropy and, on the metrics pipe, the
/// architecture of the moment, and renews the checkpoint; in the end it prints `Best-Genotype=` for
/// cells. docs/formats/search-output.md describes the folder. The same options, threads and machine
/// give the same bytes in alphas.json, also when the search was interrupted and resumed in between.
/// Errors: kInvalidArgument for settings out of range or data that do not fit,
/// kFailedPrecondition when the folder holds the checkpoint of another search.
void search(const SearchOptions& options, const Surroundings& surroundings);

}  // namespace mimar::trainer
