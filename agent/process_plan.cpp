#include "agent/process_plan.h"

#include <cstdint>
#include <cstring>

#include "base/error.h"

namespace mimar::agent {
namespace {

void put(std::string& out, std::int64_t number) {
  char bytes[sizeof number];
  std::memcpy(bytes, &number, sizeof number);
  out.append(bytes, sizeof number);
}

void put(std::string& out, const std::string& text) {
  put(out, static_cast<std::int64_t>(text.size()));
  out += text;
}

void put(std::string& out, const DescriptorUse& use) {
  put(out, static_cast<std::int64_t>(use.source));
  put(out, static_cast<std::int64_t>(use.target));
}

void put(std::string& out, const OwnPath& path) {
  put(out, path.source);
  put(out, path.target);
  put(out, static_cast<std::int64_t>(path.is_file));
}

void put(std::string& out, int number) { put(out, static_cast<std::int64_t>(number)); }

template <class T>
void put(std::string& out, const std::vector<T>& list) {
  put(out, static_cast<std::int64_t>(list.size()));
  for (const T& item : list) put(out, item);
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  void get(std::int64_t& number) {
    std::memcpy(&number, take(sizeof number).data(), sizeof number);
  }
  void get(int& number) {
    std::int64_t wide = 0;
    get(wide);
    number = static_cast<int>(wide);
  }
  void get(std::string& text) { text = take(size()); }
  void get(DescriptorUse& use) {
    get(use.source);
    get(use.target);
  }
  void get(bool& yes) {
    std::int64_t number = 0;
    get(number);
    yes = number != 0;
  }
  void get(std::chrono::milliseconds& time) {
    std::int64_t number = 0;
    get(number);
    time = std::chrono::milliseconds(number);
  }
  void get(OwnPath& path) {
    get(path.source);
    get(path.target);
    get(path.is_file);
  }
  template <class T>
  void get(std::vector<T>& list) {
    const std::size_t count = size();
    for (std::size_t i = 0; i < count; ++i) get(list.emplace_back());
  }
  bool at_end() const { return rest_.empty(); }

 private:
  /// A size never exceeds what is left: each item has at least one byte.
  std::size_t size() {
    std::int64_t number = 0;
    get(number);
    require(number >= 0 && static_cast<std::uint64_t>(number) <= rest_.size(),
            "process plan is cut short");
    return static_cast<std::size_t>(number);
  }
  std::string_view take(std::size_t size) {
    require(size <= rest_.size(), "process plan is cut short");
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  std::string_view rest_;
};

}  // namespace

std::string encode(const ProcessPlan& plan) {
  std::string out;
  put(out, plan.program);
  put(out, plan.argv);
  put(out, plan.environment);
  put(out, plan.directory);
  put(out, plan.cpus);
  put(out, plan.descriptors);
  put(out, static_cast<std::int64_t>(plan.grace.count()));
  put(out, plan.isolation.paths);
  put(out, plan.isolation.scratch);
  put(out, static_cast<std::int64_t>(plan.isolation.network));
  put(out, plan.companion.program);
  put(out, plan.companion.argv);
  put(out, plan.companion.environment);
  put(out, static_cast<std::int64_t>(plan.companion.patience.count()));
  put(out, plan.page.host);
  put(out, plan.page.port);
  put(out, plan.page.path);
  put(out, plan.page.headers);
  put(out, static_cast<std::int64_t>(plan.page.interval.count()));
  put(out, plan.page.output);
  return out;
}

ProcessPlan decode_plan(std::string_view bytes) {
  Reader reader(bytes);
  ProcessPlan plan;
  reader.get(plan.program);
  reader.get(plan.argv);
  reader.get(plan.environment);
  reader.get(plan.directory);
  reader.get(plan.cpus);
  reader.get(plan.descriptors);
  reader.get(plan.grace);
  reader.get(plan.isolation.paths);
  reader.get(plan.isolation.scratch);
  reader.get(plan.isolation.network);
  reader.get(plan.companion.program);
  reader.get(plan.companion.argv);
  reader.get(plan.companion.environment);
  reader.get(plan.companion.patience);
  reader.get(plan.page.host);
  reader.get(plan.page.port);
  reader.get(plan.page.path);
  reader.get(plan.page.headers);
  reader.get(plan.page.interval);
  reader.get(plan.page.output);
  require(reader.at_end(), "process plan has bytes after its end");
  return plan;
}

}  // namespace mimar::agent
