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

void put(std::string& out, int number) { put(out, static_cast<std::int64_t>(number)); }

void put(std::string& out, bool yes) { put(out, static_cast<std::int64_t>(yes)); }

void put(std::string& out, Network network) { put(out, static_cast<std::int64_t>(network)); }

void put(std::string& out, std::chrono::milliseconds time) {
  put(out, static_cast<std::int64_t>(time.count()));
}

void put(std::string& out, const OwnPath& path) {
  put(out, path.source);
  put(out, path.target);
  put(out, path.is_file);
}

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
  void get(Network& network) {
    std::int64_t number = 0;
    get(number);
    network = static_cast<Network>(number);
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

/// The members in the order in which they are written: one list for both directions.
template <class Plan, class Visit>
void visit_members(Plan& plan, Visit&& visit) {
  visit(plan.program);
  visit(plan.argv);
  visit(plan.environment);
  visit(plan.directory);
  visit(plan.cpus);
  visit(plan.descriptors);
  visit(plan.grace);
  visit(plan.isolation.paths);
  visit(plan.isolation.scratch);
  visit(plan.isolation.network);
  visit(plan.isolation.place);
  visit(plan.isolation.host_name);
  visit(plan.hub);
  visit(plan.makes_hub);
  visit(plan.companion.program);
  visit(plan.companion.argv);
  visit(plan.companion.environment);
  visit(plan.companion.patience);
  visit(plan.page.host);
  visit(plan.page.port);
  visit(plan.page.path);
  visit(plan.page.headers);
  visit(plan.page.interval);
  visit(plan.page.output);
}

}  // namespace

std::string encode(const ProcessPlan& plan) {
  std::string out;
  visit_members(plan, [&out](const auto& member) { put(out, member); });
  return out;
}

ProcessPlan decode_plan(std::string_view bytes) {
  Reader reader(bytes);
  ProcessPlan plan;
  visit_members(plan, [&reader](auto& member) { reader.get(member); });
  require(reader.at_end(), "process plan has bytes after its end");
  return plan;
}

}  // namespace mimar::agent
