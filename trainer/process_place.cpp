#include "trainer/process_place.h"

#include <cstdlib>

#include "base/error.h"
#include "base/number_text.h"

namespace mimar::trainer {
namespace {

constexpr std::int64_t kMaxProcesses = 65'536;

std::string get_text(const VariableReader& read, const std::string& name) {
  const auto text = read(name);
  require(text && !text->empty(), "WORLD_SIZE asks for several processes, but ", name,
          " is not set: a PyTorchJob and torchrun set it; without them unset WORLD_SIZE");
  return *text;
}

std::int64_t get_integer(const VariableReader& read, const std::string& name, std::int64_t min,
                         std::int64_t max) {
  const std::string text = get_text(read, name);
  const auto value = find_integer(text);
  require(value && *value >= min && *value <= max, name, " must be a whole number in ", min, "..",
          max, ": \"", text, "\"");
  return *value;
}

}  // namespace

ProcessPlace read_process_place(const VariableReader& read) {
  const auto size_text = read("WORLD_SIZE");
  if (!size_text || size_text->empty()) return {};
  ProcessPlace place;
  place.world_size = get_integer(read, "WORLD_SIZE", 1, kMaxProcesses);
  if (place.world_size == 1) return place;

  const auto per_replica = find_integer(read("PET_NPROC_PER_NODE").value_or(""));
  if (per_replica && *per_replica > 1 && !read("LOCAL_RANK")) {
    fail(ErrorCode::kFailedPrecondition, "PET_NPROC_PER_NODE is ", *per_replica,
         ", but mimar-train is one process per replica: leave nprocPerNode out and ask for more "
         "replicas");
  }
  place.rank = get_integer(read, "RANK", 0, place.world_size - 1);
  place.master_address = get_text(read, "MASTER_ADDR");
  place.master_port = static_cast<std::uint16_t>(get_integer(read, "MASTER_PORT", 1, 65'535));
  return place;
}

ProcessPlace this_process_place() {
  return read_process_place([](const std::string& name) -> std::optional<std::string> {
    const char* text = std::getenv(name.c_str());
    return text == nullptr ? std::nullopt : std::optional<std::string>(text);
  });
}

}  // namespace mimar::trainer
