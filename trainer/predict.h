#pragma once

#include "trainer/fit.h"
#include "trainer/options.h"

namespace mimar::trainer {

/// Writes the class of every image of one part of a data set, one a line, in the data set's order,
/// as an exported network sees it.
/// Errors: kNotFound and kInvalidArgument about the model's file or the data.
void predict(const PredictOptions& options, const Surroundings& surroundings);

}  // namespace mimar::trainer
