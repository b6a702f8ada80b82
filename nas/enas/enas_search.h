#pragma once

#include <torch/optim/sgd.h>

#include <memory>
#include <vector>

#include "controller/batch_policy.h"
#include "nas/enas/enas_options.h"
#include "nas/enas/shared_network.h"
#include "nas/one_shot_search.h"

namespace mimar::nas {

/// A search by ENAS (Pham et al., arXiv:1802.03268): a policy and weights that all its
/// architectures share learn in turn.
///
/// In each epoch first the weights: every training batch goes through one architecture that the
/// policy drew, by SGD with Nesterov's momentum and a cosine learning rate with restarts
/// (Loshchilov & Hutter, arXiv:1608.03983). Then the policy: each update draws a batch of
/// architectures, whose rewards are their accuracies on one validation batch each. The preferred
/// architecture is the best of ten draws on a validation batch.
class EnasSearch final : public OneShotSearch {
 public:
  /// Weights and policy are drawn from `seed`.
  /// Errors: those of make_shared_network and BatchPolicy.
  EnasSearch(EnasOptions options, const ImageTask& task, std::uint64_t seed, torch::Device device);

  std::int64_t num_epochs() const override { return options_.num_epochs; }
  SearchReport run_epoch(std::int64_t epoch, BatchSource& images) override;
  space::Architecture current(std::int64_t epochs, BatchSource& images) override;
  /// The best of 100 draws on a validation batch each, then ordered by their accuracy on all images
  /// that judge, which is the score.
  std::vector<RankedArchitecture> ranked(int count, BatchSource& images) override;
  Json preferences() const override;
  void save(torch::serialize::OutputArchive& archive) const override;
  void load(torch::serialize::InputArchive& archive) override;

  SharedNetworkImpl& net() { return *net_; }
  const controller::BatchPolicy& policy() const noexcept { return policy_; }

 private:
  void train_weights(std::int64_t epoch, BatchSource& images, SearchTally& tally);
  double train_policy(std::int64_t epoch, BatchSource& images, SearchTally& tally);
  std::vector<space::Assignment> draw(std::int64_t count, std::uint64_t stream,
                                      std::uint64_t key) const;
  double accuracy(const space::Architecture& architecture, const LabelledImages& batch);
  double accuracy_on_all(const space::Architecture& architecture, BatchSource& images);
  double learning_rate(double epoch) const;

  EnasOptions options_;
  std::uint64_t seed_;
  torch::Device device_;
  std::shared_ptr<SharedNetworkImpl> net_;
  std::vector<torch::Tensor> weights_;
  std::unique_ptr<torch::optim::SGD> optimizer_;
  controller::BatchPolicy policy_;
};

}  // namespace mimar::nas
