#include "trainer/checkpoint.h"

#include <ATen/CPUGeneratorImpl.h>
#include <torch/serialize/archive.h>

#include <fstream>
#include <functional>
#include <iterator>
#include <string>

#include "base/error.h"
#include "base/whole_file.h"

namespace mimar::trainer {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kVersion = 1;

void require_same(const Json& saved, const Json& wanted, const std::string& file,
                  std::string_view folder_flag) {
  std::string differences;
  for (const auto& [flag, value] : wanted.items()) {
    if (saved.contains(flag) && saved.at(flag) == value) continue;
    differences += concat(differences.empty() ? "--" : ", --", flag);
  }
  if (differences.empty()) return;
  fail(ErrorCode::kFailedPrecondition, file, " was written by a run with another ", differences,
       "; name another --", folder_flag, ", or delete it to start anew");
}

CheckpointInfo parse_info(const std::string& text) {
  const Json json = Json::parse(text);
  require(json.at("version") == kVersion, "its version is ", json.at("version").dump(), ", not ",
          kVersion);
  return {
      .epoch = json.at("epoch"), .identity = json.at("identity"), .reports = json.at("reports")};
}

}  // namespace

void save_checkpoint(const fs::path& dir, const CheckpointInfo& info,
                     const std::function<void(torch::serialize::OutputArchive&)>& write) {
  const Json json = {{"version", kVersion},
                     {"epoch", info.epoch},
                     {"identity", info.identity},
                     {"reports", info.reports}};
  torch::serialize::OutputArchive archive;
  archive.write("info", c10::IValue(json.dump()));
  write(archive);
  write_atomically(checkpoint_file(dir),
                   [&](const fs::path& path) { archive.save_to(path.string()); });
}

void save_checkpoint(const fs::path& dir, const torch::nn::Module& network,
                     const torch::optim::Optimizer& optimizer, const CheckpointInfo& info) {
  save_checkpoint(dir, info, [&](torch::serialize::OutputArchive& archive) {
    torch::serialize::OutputArchive weights(archive.compilation_unit());
    network.save(weights);
    archive.write("network", weights);
    torch::serialize::OutputArchive moments(archive.compilation_unit());
    optimizer.save(moments);
    archive.write("optimizer", moments);
    archive.write("generator", at::detail::getDefaultCPUGenerator().get_state(),
                  /*is_buffer=*/true);
  });
}

fs::path checkpoint_file(const fs::path& dir) { return dir / "checkpoint.pt"; }

std::string read_checkpoint(const fs::path& file) {
  if (!fs::exists(file)) return {};
  std::ifstream in(file, std::ios::binary);
  std::string bytes(std::istreambuf_iterator<char>(in), {});
  if (!in) fail_errno("cannot read " + file.string());
  return bytes;
}

CheckpointInfo restore_checkpoint(
    const std::string& bytes, const std::string& file, const Json& identity, std::string_view flag,
    const std::function<void(torch::serialize::InputArchive&)>& read) {
  const std::string advice = "; delete it to start anew";
  try {
    torch::serialize::InputArchive archive;
    archive.load_from(bytes.data(), bytes.size());
    c10::IValue text;
    archive.read("info", text);
    CheckpointInfo info = parse_info(text.toStringRef());
    require_same(info.identity, identity, file, flag);
    read(archive);
    return info;
  } catch (const c10::Error& error) {
    fail(ErrorCode::kInvalidArgument, file, " cannot be read: ", error.what_without_backtrace(),
         advice);
  } catch (const Json::exception& error) {
    fail(ErrorCode::kInvalidArgument, file, " cannot be read: ", error.what(), advice);
  }
}

CheckpointInfo restore_checkpoint(const std::string& bytes, const std::string& file,
                                  torch::nn::Module& network, torch::optim::Optimizer& optimizer,
                                  const Json& identity) {
  return restore_checkpoint(bytes, file, identity, "checkpoint-dir",
                            [&](torch::serialize::InputArchive& archive) {
                              torch::serialize::InputArchive part;
                              archive.read("network", part);
                              network.load(part);
                              torch::serialize::InputArchive moments;
                              archive.read("optimizer", moments);
                              optimizer.load(moments);
                              torch::Tensor generator_state;
                              archive.read("generator", generator_state, /*is_buffer=*/true);
                              at::Generator generator = at::detail::getDefaultCPUGenerator();
                              generator.set_state(generator_state);
                            });
}

}  // namespace mimar::trainer
