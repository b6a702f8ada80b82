#include "trainer/search/search.h"

#include <c10/util/Exception.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <utility>
#include <variant>

#include "base/error.h"
#include "base/safetensors.h"
#include "base/whole_file.h"
#include "nas/darts/darts_search.h"
#include "nas/enas/enas_search.h"
#include "space/published_forms.h"
#include "trainer/checkpoint.h"
#include "trainer/reporter.h"
#include "trainer/runtime.h"
#include "trainer/search/darts_settings.h"
#include "trainer/search/enas_settings.h"
#include "trainer/search/search_batches.h"
#include "trainer/training.h"

namespace mimar::trainer {
namespace {

namespace fs = std::filesystem;

constexpr int kOutputVersion = 1;

void write_record(const nas::StepRecord& record, const fs::path& file) {
  TensorFile tensors{
      .metadata = {{"format", "mimar-search-step-1"}, {"settings", record.settings.dump()}},
      .tensors = {}};
  for (const auto& [name, tensor] : record.tensors) {
    const float* values = tensor.data_ptr<float>();
    tensors.tensors.push_back(
        {.name = name, .shape = tensor.sizes().vec(), .values = {values, values + tensor.numel()}});
  }
  write_whole_file(file, to_safetensors(tensors));
}

/// The flags that must be the same for a checkpoint to be gone on from.
Json identity_of(const SearchOptions& options, std::int64_t seed, const DataSet& data) {
  const Augmentation& augmentation = options.augmentation;
  return {{"algorithm", options.algorithm},
          {"algorithm-settings", options.settings},
          {"search-space", options.search_space},
          {"num-layers", options.num_layers ? Json(*options.num_layers) : Json()},
          {"seed", seed},
          {"dataset", data.name},
          {"train-size", options.train_size ? Json(*options.train_size) : Json()},
          {"split-seed", options.split_seed},
          {"crop", augmentation.crop_padding},
          {"flip", augmentation.flip},
          {"cutout", augmentation.cutout}};
}

/// Connections without an operation: in the normal cell, or between macro layers.
struct SkipCounter {
  std::int64_t operator()(const space::CellArchitecture& cells) const {
    std::int64_t skips = 0;
    for (const auto& edges : cells.normal.nodes) {
      for (const space::CellEdge& edge : edges) {
        skips += edge.op == "skip_connect" || edge.op == "identity" ? 1 : 0;
      }
    }
    return skips;
  }
  std::int64_t operator()(const space::MacroArchitecture& macro) const {
    std::int64_t skips = 0;
    for (const space::MacroLayer& layer : macro.layers) skips += std::ssize(layer.skips);
    return skips;
  }
  std::int64_t operator()(const space::ChainArchitecture& /*chain*/) const { return 0; }
};

std::string sequence_text(const std::vector<int>& sequence) {
  std::string text;
  for (const int number : sequence) text += concat(text.empty() ? "" : " ", number);
  return text;
}

/// An architecture in the form of the paper that its space is from.
/// Errors: kInvalidArgument for an operation that the paper has not.
std::string to_paper_form(const space::Architecture& architecture, bool katib_names) {
  if (const auto* macro = std::get_if<space::MacroArchitecture>(&architecture.graph)) {
    return sequence_text(space::to_enas_sequence(*macro));
  }
  const auto& cells = std::get<space::CellArchitecture>(architecture.graph);
  if (cells.kind == space::CellKind::kDarts) {
    return katib_names ? space::to_katib_genotype(cells) : space::to_genotype(cells);
  }
  return sequence_text(space::to_enas_sequence(cells.normal)) + " / " +
         sequence_text(space::to_enas_sequence(cells.reduce));
}

/// That form where there is one, else JSON.
std::string published_form(const space::Architecture& architecture, bool katib_names) {
  try {
    return to_paper_form(architecture, katib_names);
  } catch (const Error&) {
    return space::to_line(architecture);
  }
}

/// What the two algorithms' settings come to.
struct Plan {
  std::int64_t batch_size = 64;
  std::int64_t seed = 0;
  bool katib_names = false;  // the operations were given in Katib's words
  std::function<std::unique_ptr<nas::OneShotSearch>(const nas::ImageTask&, std::int64_t steps,
                                                    torch::Device)>
      make;
};

Plan plan_darts(const SearchOptions& options) {
  DartsPlan darts = read_darts_plan(options);
  const std::int64_t seed = darts.seed;
  const auto receive = [file = options.dump_step](const nas::StepRecord& record) {
    write_record(record, *file);
  };
  const bool records = options.dump_step.has_value();
  return {
      .batch_size = darts.batch_size,
      .seed = seed,
      .katib_names = darts.katib_names,
      .make = [darts = std::move(darts.options), seed, records, receive](
                  const nas::ImageTask& task, std::int64_t steps, torch::Device device) mutable {
        darts.supernet.task = task;
        auto search = std::make_unique<nas::DartsSearch>(darts, steps,
                                                         static_cast<std::uint64_t>(seed), device);
        if (records) search->record_next_step(receive);
        return search;
      }};
}

Plan plan_enas(const SearchOptions& options) {
  EnasPlan enas = read_enas_plan(options);
  const std::int64_t seed = enas.seed;
  return {.batch_size = enas.batch_size,
          .seed = seed,
          .katib_names = false,
          .make = [enas = std::move(enas.options), seed](
                      const nas::ImageTask& task, std::int64_t /*steps*/, torch::Device device) {
            return std::make_unique<nas::EnasSearch>(enas, task, static_cast<std::uint64_t>(seed),
                                                     device);
          }};
}

/// One search from its checkpoint, if any, to its end.
class SearchRun {
 public:
  SearchRun(const SearchOptions& options, const Surroundings& surroundings)
      : options_(options),
        reporter_(surroundings.out, surroundings.clock, surroundings.metrics_fd),
        plan_(options.algorithm == "darts" ? plan_darts(options) : plan_enas(options)),
        device_(set_up_runtime(options.runtime)),
        data_(surroundings.data_sets.get(options.data.dir, options.data.kind,
                                         find_size(options.data))),
        images_(options, plan_.batch_size, static_cast<std::uint64_t>(plan_.seed), data_, device_),
        search_(plan_.make(task_of(*data_), images_.steps_per_epoch(), device_)),
        info_{.epoch = 0,
              .identity = identity_of(options, plan_.seed, *data_),
              .reports = Json::array()} {}

  void run() {
    resume();
    while (info_.epoch < search_->num_epochs()) run_epoch();
    finish();
  }

 private:
  void resume() {
    const fs::path file = checkpoint_file(options_.output_dir);
    const std::string bytes = read_checkpoint(file);
    if (bytes.empty()) return;
    info_ = restore_checkpoint(
        bytes, file.string(), info_.identity, "output-dir",
        [this](torch::serialize::InputArchive& archive) { search_->load(archive); });
    reporter_.remark(concat("going on from the checkpoint after epoch ", info_.epoch));
    for (std::size_t i = 0; i < info_.reports.size(); ++i) {
      reporter_.report(static_cast<std::int64_t>(i) + 1, info_.reports[i]);
    }
  }

  void run_epoch() {
    const nas::SearchReport report = search_->run_epoch(info_.epoch, images_);
    ++info_.epoch;
    const space::Architecture current = search_->current(info_.epoch, images_);
    const std::string form = published_form(current, plan_.katib_names);
    const Json metrics = {{"train-loss", report.train_loss},
                          {"train-accuracy", report.train_accuracy},
                          {"validation-loss", report.validation_loss},
                          {"validation-accuracy", report.validation_accuracy},
                          {"entropy", report.entropy},
                          {"skip-connections", std::visit(SkipCounter{}, current.graph)},
                          {"genotype", form},
                          {"architecture", space::to_line(current)},
                          {"alphas", search_->preferences().dump()}};
    reporter_.report(info_.epoch, metrics);
    reporter_.remark("genotype=" + form);
    info_.reports.push_back(metrics);
    write_preferences(form);
    save_checkpoint(options_.output_dir, info_,
                    [this](torch::serialize::OutputArchive& archive) { search_->save(archive); });
  }

  void write_preferences(const std::string& form) {
    Json file = {{"version", kOutputVersion},
                 {"algorithm", options_.algorithm},
                 {"epoch", info_.epoch},
                 {"genotype", form}};
    file.update(search_->preferences());
    write_whole_file(fs::path(options_.output_dir) / "alphas.json", file.dump(1) + "\n");
  }

  void finish() {
    const std::vector<nas::RankedArchitecture> ranking =
        search_->ranked(static_cast<int>(options_.top), images_);
    Json list = Json::array();
    for (const nas::RankedArchitecture& ranked : ranking) {
      list.push_back(
          {{"score", ranked.score}, {"architecture", space::to_json(ranked.architecture)}});
    }
    const Json file = {{"version", kOutputVersion},
                       {"algorithm", options_.algorithm},
                       {"architectures", std::move(list)}};
    write_whole_file(fs::path(options_.output_dir) / "architectures.json", file.dump(1) + "\n");
    announce(ranking.front().architecture);
  }

  void announce(const space::Architecture& best) {
    const std::string line = space::to_line(best);
    Json texts = {{"architecture", line}};
    if (options_.algorithm == "darts") {
      const std::string genotype = published_form(best, plan_.katib_names);
      reporter_.remark("Best-Genotype=" + genotype);
      texts["Best-Genotype"] = genotype;
    } else {
      reporter_.remark("Best-Architecture=" + line);
    }
    reporter_.report_texts(info_.epoch, texts);
  }

  const SearchOptions& options_;
  Reporter reporter_;
  Plan plan_;
  torch::Device device_;
  std::shared_ptr<const DataSet> data_;
  SearchBatches images_;
  std::unique_ptr<nas::OneShotSearch> search_;
  CheckpointInfo info_;
};

}  // namespace

void search(const SearchOptions& options, const Surroundings& surroundings) {
  try {
    require(surroundings.place.world_size <= 1,
            "a search runs in one process; leave WORLD_SIZE unset");
    SearchRun(options, surroundings).run();
  } catch (const c10::Error& error) {
    rethrow_torch_error(error);
  }
}

}  // namespace mimar::trainer
