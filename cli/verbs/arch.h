#pragma once

#include <string>

#include "cli/context.h"
#include "cli/exit_code.h"

namespace mimar::cli {

struct ArchShowOptions {
  std::string target = {};  // trial, experiment (its best trial), @FILE, or JSON
};

/// `mimar arch show`: a network as drawing with its counts, or as JSON.
ExitCode arch_show(Context& context, const ArchShowOptions& options);

struct ArchDiffOptions {
  std::string first = {};  // targets, as of arch show
  std::string second = {};
  std::string out = {};  // a file for both as SVG, differences marked
};

/// `mimar arch diff`: the decisions in which two networks differ. Returns as diff(1) does: 0 for
/// equal networks, 1 for different ones.
ExitCode arch_diff(Context& context, const ArchDiffOptions& options);

struct ArchExportOptions {
  std::string target = {};  // as of arch show
  std::string format = "json";
  std::string out = {};  // a file; stdout when empty
};

/// `mimar arch export`: a network for other programs: json, dot (graphviz) or svg; or as it was
/// trained, torchscript or onnx, where the trial (of an experiment: the retrained one, else the
/// best) has kept it.
ExitCode arch_export(Context& context, const ArchExportOptions& options);

}  // namespace mimar::cli
