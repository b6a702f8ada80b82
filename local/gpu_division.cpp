#include "local/gpu_division.h"

#include <algorithm>
#include <cstddef>

#include "base/number_text.h"

namespace mimar::local {
namespace {

namespace fs = std::filesystem;

GpuIds split(const std::string& text) {
  GpuIds ids;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    std::string id = text.substr(begin, end - begin);
    std::erase(id, ' ');
    // CUDA looks no further than an id that it does not know, such as -1.
    if (id.empty() || id.front() == '-') break;
    ids.push_back(std::move(id));
    begin = end + 1;
  }
  return ids;
}

}  // namespace

int GpuDivision::num_free() const noexcept {
  return static_cast<int>(std::count(taken_.begin(), taken_.end(), false));
}

GpuIds GpuDivision::take(int count) {
  GpuIds ids;
  for (std::size_t i = 0; i < ids_.size() && static_cast<int>(ids.size()) < count; ++i) {
    if (taken_[i]) continue;
    taken_[i] = true;
    ids.push_back(ids_[i]);
  }
  return ids;
}

void GpuDivision::give_back(const GpuIds& ids) {
  for (const std::string& id : ids) {
    const auto found = std::find(ids_.begin(), ids_.end(), id);
    if (found != ids_.end()) taken_[static_cast<std::size_t>(found - ids_.begin())] = false;
  }
}

GpuIds GpuDivision::share(int slot, int parallel) const {
  return part_of(ids_, slot % std::max(parallel, 1), std::max(parallel, 1));
}

GpuIds part_of(const GpuIds& ids, int part, int parts) {
  if (ids.empty()) return {};
  const auto n = static_cast<std::ptrdiff_t>(ids.size());
  if (n < parts) return {ids[static_cast<std::size_t>(part % n)]};
  return {ids.begin() + part * n / parts, ids.begin() + (part + 1) * n / parts};
}

std::string join(const GpuIds& ids) {
  std::string text;
  for (const std::string& id : ids) text += (text.empty() ? "" : ",") + id;
  return text;
}

GpuIds find_gpus(const std::map<std::string, std::string>& environment, const fs::path& root) {
  if (const auto chosen = environment.find("CUDA_VISIBLE_DEVICES"); chosen != environment.end()) {
    return split(chosen->second);
  }
  constexpr std::string_view kPrefix = "nvidia";
  std::vector<std::int64_t> numbers;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(root / "dev", error)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(kPrefix)) continue;
    const std::string rest = name.substr(kPrefix.size());
    if (rest.find_first_not_of("0123456789") != std::string::npos) continue;  // nvidiactl, ...
    if (const auto number = find_integer(rest)) numbers.push_back(*number);
  }
  std::sort(numbers.begin(), numbers.end());
  GpuIds ids;
  for (const std::int64_t number : numbers) ids.push_back(std::to_string(number));
  return ids;
}

}  // namespace mimar::local
