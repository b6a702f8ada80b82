#pragma once

#include <torch/optim/adam.h>
#include <torch/optim/sgd.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "nas/darts/architecture_gradient.h"
#include "nas/darts/darts_options.h"
#include "nas/darts/ranking.h"
#include "nas/darts/supernet.h"
#include "nas/one_shot_search.h"

namespace mimar::nas {

/// All that one step of the search used and found, for another program to check: named arrays, and
/// the numbers that belong to them. docs/formats/search-step.md.
struct StepRecord {
  std::vector<std::pair<std::string, torch::Tensor>> tensors;
  Json settings;
};

/// A search by DARTS (Liu, Simonyan & Yang, arXiv:1806.09055, algorithm 1).
///
/// In each step first the alphas move, by Adam (beta 0.5 and 0.999) against the gradient of the
/// validation loss, of first or second order; then the weights, by SGD with momentum against that
/// of the training loss. Where the authors' code lowers the learning rate after each epoch, this
/// one lowers it after each step, along the same cosine; and a batch that judges comes from a
/// shuffled half, each image once an epoch, not drawn anew each time.
class DartsSearch final : public OneShotSearch {
 public:
  /// `steps_per_epoch` is that of the batches to come. Weights and alphas are drawn from `seed`.
  /// Errors: those of plan_supernet.
  DartsSearch(DartsOptions options, std::int64_t steps_per_epoch, std::uint64_t seed,
              torch::Device device);

  std::int64_t num_epochs() const override { return num_epochs_; }
  SearchReport run_epoch(std::int64_t epoch, BatchSource& images) override;
  space::Architecture current(std::int64_t epochs, BatchSource& images) override;
  std::vector<RankedArchitecture> ranked(int count, BatchSource& images) override;
  Json preferences() const override;
  void save(torch::serialize::OutputArchive& archive) const override;
  void load(torch::serialize::InputArchive& archive) override;

  /// Hands the next step's record to `receive`, once.
  void record_next_step(std::function<void(const StepRecord&)> receive);

  Supernet& net() noexcept { return net_; }
  const Alphas& alphas() const noexcept { return alphas_; }

 private:
  void step(const LabelledImages& train, const LabelledImages& validation, double lr,
            SearchTally& tally);
  std::vector<torch::Tensor> alpha_gradient(const LabelledImages& train,
                                            const LabelledImages& validation, double lr,
                                            SearchTally& tally);
  void move_alphas(const std::vector<torch::Tensor>& gradient);
  void weight_gradient(const LabelledImages& train, SearchTally& tally);
  torch::Tensor loss_on(const LabelledImages& batch);
  torch::Tensor loss_on(const LabelledImages& batch, LossTally& half);
  std::vector<torch::Tensor> momentum_buffers() const;
  void note_before(StepRecord& record, const LabelledImages& train,
                   const LabelledImages& validation) const;
  void note_after(StepRecord& record, const std::vector<torch::Tensor>& gradient, double lr) const;
  double learning_rate(std::int64_t step) const;

  DartsOptions options_;
  torch::Device device_;
  std::int64_t num_steps_;
  std::int64_t num_epochs_;
  Supernet net_;
  Alphas alphas_;
  std::vector<torch::Tensor> weights_;
  std::unique_ptr<torch::optim::SGD> weight_optimizer_;
  std::unique_ptr<torch::optim::Adam> alpha_optimizer_;
  std::function<void(const StepRecord&)> receive_record_;
};

}  // namespace mimar::nas
