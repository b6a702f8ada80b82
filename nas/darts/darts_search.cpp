#include "nas/darts/darts_search.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <torch/autograd.h>
#include <torch/nn/utils/clip_grad.h>
#include <torch/utils.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "nas/learning_rate.h"
#include "nas/network.h"
#include "nas/torch_compat.h"
#include "space/published_forms.h"

namespace mimar::nas {
namespace {

namespace optim = torch::optim;
using Tensors = std::vector<torch::Tensor>;

Json rows_of(const torch::Tensor& matrix) {
  const torch::Tensor values = matrix.detach().to(at::kCPU, at::kDouble).contiguous();
  const auto access = values.accessor<double, 2>();
  Json rows = Json::array();
  for (std::int64_t i = 0; i < values.size(0); ++i) {
    Json row = Json::array();
    for (std::int64_t k = 0; k < values.size(1); ++k) row.push_back(access[i][k]);
    rows.push_back(std::move(row));
  }
  return rows;
}

SupernetOptions with_all_operations(SupernetOptions options) {
  if (options.operations.empty()) options.operations = darts_operations();
  return options;
}

/// How many steps the whole search has.
std::int64_t count_steps(const DartsOptions& options, std::int64_t steps_per_epoch) {
  const std::int64_t all = options.num_epochs * steps_per_epoch;
  return options.num_steps ? std::min(all, *options.num_steps) : all;
}

void note(StepRecord& record, const std::string& name, const torch::Tensor& tensor) {
  record.tensors.emplace_back(name, tensor.detach().to(at::kCPU, at::kFloat).contiguous().clone());
}

}  // namespace

DartsSearch::DartsSearch(DartsOptions options, std::int64_t steps_per_epoch, std::uint64_t seed,
                         torch::Device device)
    : options_(std::move(options)),
      device_(device),
      num_steps_(count_steps(options_, steps_per_epoch)),
      num_epochs_((num_steps_ + steps_per_epoch - 1) / steps_per_epoch),
      net_(nullptr) {
  require(num_steps_ >= 1, "a search has at least one step");
  options_.supernet = with_all_operations(std::move(options_.supernet));
  net_ = Supernet(options_.supernet);
  initialise(*net_, at::detail::createCPUGenerator(mix(seed, stable_hash("weights"))));
  net_->to(device_);
  use_channels_last(*net_);
  weights_ = net_->parameters();
  alphas_ = make_alphas(options_.supernet.nodes, std::ssize(options_.supernet.operations),
                        Rng(seed, stable_hash("alphas")));
  for (torch::Tensor* alpha : {&alphas_.normal, &alphas_.reduce}) {
    *alpha = alpha->detach().to(device_).set_requires_grad(true);
  }
  weight_optimizer_ =
      std::make_unique<optim::SGD>(weights_, optim::SGDOptions(options_.w_lr)
                                                 .momentum(options_.w_momentum)
                                                 .weight_decay(options_.w_weight_decay));
  alpha_optimizer_ =
      std::make_unique<optim::Adam>(alphas_.both(), optim::AdamOptions(options_.alpha_lr)
                                                        .betas({0.5, 0.999})
                                                        .weight_decay(options_.alpha_weight_decay));
}

double DartsSearch::learning_rate(std::int64_t step) const {
  return cosine_rate(options_.w_lr, options_.w_lr_min,
                     static_cast<double>(step) / static_cast<double>(num_steps_));
}

SearchReport DartsSearch::run_epoch(std::int64_t epoch, BatchSource& images) {
  net_->train();
  SearchTally tally(device_);
  const std::int64_t per_epoch = images.steps_per_epoch();
  for (std::int64_t i = 0; i < per_epoch; ++i) {
    const std::int64_t index = epoch * per_epoch + i;
    if (index >= num_steps_) break;
    step(images.training(epoch, i), images.validation(epoch, i), learning_rate(index), tally);
  }
  SearchReport report = tally.report();
  report.entropy = mean_entropy(alphas_);
  return report;
}

void DartsSearch::step(const LabelledImages& train, const LabelledImages& validation, double lr,
                       SearchTally& tally) {
  const auto receive = std::exchange(receive_record_, {});
  StepRecord record;
  if (receive) note_before(record, train, validation);
  const Tensors gradient = alpha_gradient(train, validation, lr, tally);
  move_alphas(gradient);
  weight_gradient(train, tally);
  if (receive) note_after(record, gradient, lr);
  if (options_.w_grad_clip > 0.0) {
    torch::nn::utils::clip_grad_norm_(weights_, options_.w_grad_clip);
  }
  set_learning_rate(*weight_optimizer_, lr);
  weight_optimizer_->step();
  if (receive) receive(record);
}

Tensors DartsSearch::alpha_gradient(const LabelledImages& train, const LabelledImages& validation,
                                    double lr, SearchTally& tally) {
  const Loss judged = [&] { return loss_on(validation, tally.validation); };
  if (!options_.unrolled) return first_order_gradient(judged, alphas_.both());
  const Unrolling unrolling{.rate = lr,
                            .momentum = options_.w_momentum,
                            .weight_decay = options_.w_weight_decay,
                            .buffers = momentum_buffers(),
                            .radius = options_.radius,
                            .exact = options_.exact};
  return second_order_gradient([&] { return loss_on(train); }, judged, weights_, alphas_.both(),
                               unrolling);
}

void DartsSearch::move_alphas(const Tensors& gradient) {
  const Tensors alphas = alphas_.both();
  for (std::size_t i = 0; i < alphas.size(); ++i) alphas[i].mutable_grad() = gradient[i];
  alpha_optimizer_->step();
  for (const torch::Tensor& alpha : alphas) alpha.mutable_grad().reset();
}

/// Leaves the gradient at the weights. The alphas do not move here, so they need none.
void DartsSearch::weight_gradient(const LabelledImages& train, SearchTally& tally) {
  for (const torch::Tensor& weight : weights_) weight.mutable_grad().reset();
  const Alphas fixed{alphas_.normal.detach(), alphas_.reduce.detach()};
  const torch::Tensor logits = net_->forward(train.images, fixed);
  const torch::Tensor loss = at::cross_entropy_loss(logits, train.labels);
  tally.train.add(loss, logits, train.labels);
  loss.backward();
}

torch::Tensor DartsSearch::loss_on(const LabelledImages& batch) {
  return at::cross_entropy_loss(net_->forward(batch.images, alphas_), batch.labels);
}

torch::Tensor DartsSearch::loss_on(const LabelledImages& batch, LossTally& half) {
  const torch::Tensor logits = net_->forward(batch.images, alphas_);
  torch::Tensor loss = at::cross_entropy_loss(logits, batch.labels);
  half.add(loss, logits, batch.labels);
  return loss;
}

Tensors DartsSearch::momentum_buffers() const {
  Tensors buffers;
  for (const torch::Tensor& weight : weights_) {
    buffers.push_back(momentum_buffer(*weight_optimizer_, weight));
  }
  return buffers;
}

void DartsSearch::note_before(StepRecord& record, const LabelledImages& train,
                              const LabelledImages& validation) const {
  const auto named = net_->named_parameters();
  for (const auto& item : named) note(record, "weights." + item.key(), item.value());
  for (const auto& item : named) {
    const torch::Tensor momentum = momentum_buffer(*weight_optimizer_, item.value());
    if (momentum.defined()) note(record, "momentum." + item.key(), momentum);
  }
  note(record, "alphas.normal", alphas_.normal);
  note(record, "alphas.reduce", alphas_.reduce);
  note(record, "train.images", train.images);
  note(record, "train.labels", train.labels);
  note(record, "validation.images", validation.images);
  note(record, "validation.labels", validation.labels);
}

void DartsSearch::note_after(StepRecord& record, const Tensors& gradient, double lr) const {
  note(record, "gradient.alphas.normal", gradient[0]);
  note(record, "gradient.alphas.reduce", gradient[1]);
  note(record, "alphas_after.normal", alphas_.normal);
  note(record, "alphas_after.reduce", alphas_.reduce);
  for (const auto& item : net_->named_parameters()) {
    note(record, "gradient.weights." + item.key(), item.value().grad());
  }
  const SupernetOptions& net = options_.supernet;
  record.settings = {{"channels", net.channels},
                     {"cells", net.cells},
                     {"nodes", net.nodes},
                     {"stem_multiplier", net.stem_multiplier},
                     {"operations", net.operations},
                     {"unrolled", options_.unrolled},
                     {"exact", options_.exact},
                     {"radius", options_.radius},
                     {"lr", lr},
                     {"momentum", options_.w_momentum},
                     {"weight_decay", options_.w_weight_decay}};
}

void DartsSearch::record_next_step(std::function<void(const StepRecord&)> receive) {
  receive_record_ = std::move(receive);
}

space::Architecture DartsSearch::current(std::int64_t /*epochs*/, BatchSource& /*images*/) {
  const SupernetOptions& net = options_.supernet;
  return {derive(alphas_, net.operations, net.nodes, net.cells, net.channels)};
}

std::vector<RankedArchitecture> DartsSearch::ranked(int count, BatchSource& /*images*/) {
  const SupernetOptions& net = options_.supernet;
  return rank_derived(
      alphas_, net.operations,
      {.num_nodes = net.nodes, .num_cells = net.cells, .init_channels = net.channels}, count);
}

Json DartsSearch::preferences() const {
  return {{"operations", options_.supernet.operations},
          {"nodes", options_.supernet.nodes},
          {"normal", rows_of(alphas_.normal)},
          {"reduce", rows_of(alphas_.reduce)}};
}

void DartsSearch::save(torch::serialize::OutputArchive& archive) const {
  torch::serialize::OutputArchive weights(archive.compilation_unit());
  net_->save(weights);
  archive.write("weights", weights);
  archive.write("alphas.normal", alphas_.normal.detach(), /*is_buffer=*/true);
  archive.write("alphas.reduce", alphas_.reduce.detach(), /*is_buffer=*/true);
  torch::serialize::OutputArchive momenta(archive.compilation_unit());
  weight_optimizer_->save(momenta);
  archive.write("weight-optimizer", momenta);
  torch::serialize::OutputArchive moments(archive.compilation_unit());
  alpha_optimizer_->save(moments);
  archive.write("alpha-optimizer", moments);
}

void DartsSearch::load(torch::serialize::InputArchive& archive) {
  torch::serialize::InputArchive weights;
  archive.read("weights", weights);
  net_->load(weights);
  {
    const torch::NoGradGuard no_grad;
    for (auto& [name, alpha] :
         {std::pair("alphas.normal", alphas_.normal), std::pair("alphas.reduce", alphas_.reduce)}) {
      torch::Tensor saved;
      archive.read(name, saved, /*is_buffer=*/true);
      alpha.detach().copy_(saved);
    }
  }
  torch::serialize::InputArchive momenta;
  archive.read("weight-optimizer", momenta);
  weight_optimizer_->load(momenta);
  torch::serialize::InputArchive moments;
  archive.read("alpha-optimizer", moments);
  alpha_optimizer_->load(moments);
}

}  // namespace mimar::nas
