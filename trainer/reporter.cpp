#include "trainer/reporter.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/number_text.h"

namespace mimar::trainer {
namespace {

std::string text_of(const Json& value) {
  return value.is_number_float() ? to_text(value.get<double>()) : value.dump();
}

Json with_texts_for_non_finite(const Json& metrics) {
  Json result = Json::object();
  for (const auto& [name, value] : metrics.items()) {
    const bool is_odd = value.is_number_float() && !std::isfinite(value.get<double>());
    result[name] = is_odd ? Json(text_of(value)) : value;
  }
  return result;
}

/// Writes all of `text`, waiting for a slow reader; gives up when the reader has gone.
void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      pollfd wait{.fd = fd, .events = POLLOUT, .revents = 0};
      ::poll(&wait, 1, -1);
    } else if (errno == EPIPE) {
      return;
    } else if (errno != EINTR) {
      fail_errno("cannot write to the metrics pipe");
    }
  }
}

}  // namespace

void Reporter::report(std::int64_t step, const Json& given) {
  if (!reports_) return;
  Json metrics = Json::object();
  for (const auto& [name, value] : given.items()) {
    const auto other = names_.find(name);
    metrics[other == names_.end() ? name : other->second] = value;
  }
  send(step, metrics);
  if (step > 0) out_ << "epoch=" << step;
  const char* separator = step > 0 ? " " : "";
  for (const auto& [name, value] : metrics.items()) {
    if (value.is_string()) continue;
    out_ << separator << name << '=' << text_of(value);
    separator = " ";
  }
  out_ << std::endl;  // flushed: a collector reads along
}

void Reporter::report_texts(std::int64_t step, const Json& texts) {
  if (reports_) send(step, texts);
}

void Reporter::send(std::int64_t step, const Json& metrics) {
  if (!metrics_fd_) return;
  Json line = {{"step", step}, {"time", to_rfc3339(clock_.now())}};
  line["metrics"] = with_texts_for_non_finite(metrics);
  write_all(*metrics_fd_, line.dump() + "\n");
}

void Reporter::remark(std::string_view text) { out_ << text << std::endl; }

std::optional<int> find_metrics_fd() {
  const char* text = std::getenv("MIMAR_METRICS_FD");
  if (text == nullptr || *text == '\0') return std::nullopt;
  const std::optional<std::int64_t> fd = find_integer(text);
  require(fd && *fd >= 0 && *fd < 1'000'000 && ::fcntl(static_cast<int>(*fd), F_GETFD) >= 0,
          "MIMAR_METRICS_FD names no open file descriptor: \"", text, "\"");
  return static_cast<int>(*fd);
}

}  // namespace mimar::trainer
