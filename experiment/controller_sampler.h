#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/line_program.h"
#include "hpo/log_cursor.h"
#include "hpo/novelty.h"
#include "hpo/sampler.h"

namespace mimar::experiment {

/// Where an experiment's controller runs, and what it starts from.
struct ControllerPlace {
  std::filesystem::path program;     // mimar-controller
  std::filesystem::path cache = {};  // folder for its snapshots; empty: none
  std::filesystem::path reuse = {};  // file of the saved controller to start from; empty: none
  bool freeze = false;
};

/// The policy network as a sampler: `mimar-controller`, over a pipe
/// (docs/formats/controller-pipe.md).
///
/// The program is told the finished trials in the log's order and draws candidates for a trial's
/// number; the first that no trial has had becomes the proposal, with its log probability and its
/// author as labels. The program keeps nothing that the log does not tell, so when it dies it is
/// started again and told all of it.
class ControllerSampler final : public hpo::Sampler {
 public:
  /// The program starts with the first question. Errors: none of its own.
  ControllerSampler(hpo::Problem problem, hpo::Settings settings, ControllerPlace place);

  /// Errors: kUnavailable when the program dies twice over one question; what it answers, such as
  /// kInvalidArgument for a saved controller that does not fit.
  std::vector<hpo::Proposal> propose(const hpo::History& history, int count) override;

  /// Writes what the policy has become by this history to `file`, with a few words on where it
  /// comes from. Returns the file's SHA-256 digest. Errors: as propose.
  std::string save(const hpo::History& history, const std::filesystem::path& file,
                   const std::map<std::string, std::string>& origin);

  /// The program's own words on its state, and how much of a reused policy fits. Errors: as
  /// propose.
  Json status(const hpo::History& history);

 private:
  Json ask(const hpo::History& history, const Json& request);
  Json ask_once(const hpo::History& history, const Json& request);
  void open();
  void tell_news(const hpo::History& history);
  bool knows_beginning(const std::vector<Json>& news) const;
  Json call(const Json& request);
  hpo::Proposal propose_one(const hpo::History& history, hpo::TrialId number);

  hpo::Problem problem_;
  hpo::Settings settings_;
  ControllerPlace place_;
  hpo::Novelty novelty_;
  std::unique_ptr<LineProgram> program_;
  hpo::LogCursor told_;                     // how far the program knows the log
  std::vector<std::uint64_t> told_trials_;  // digests of the finished trials that it was told
  Json opened_;                             // what it said of its start
};

}  // namespace mimar::experiment
