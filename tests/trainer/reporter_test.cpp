#include "trainer/reporter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <limits>
#include <sstream>

#include "base/error.h"
#include "base/file_descriptor.h"

namespace mimar::trainer {
namespace {

struct Pipe {
  Pipe() {
    std::array<int, 2> fds{};
    EXPECT_EQ(::pipe(fds.data()), 0);
    out = FileDescriptor(fds[0]);
    in = FileDescriptor(fds[1]);
  }
  std::string read() {
    std::array<char, 4096> bytes{};
    const auto size = ::read(out.get(), bytes.data(), bytes.size());
    return {bytes.data(), static_cast<std::size_t>(size)};
  }
  FileDescriptor out;
  FileDescriptor in;
};

TEST(Reporter, WritesOneLineForMachinesAndOneForPeople) {
  Pipe pipe;
  std::ostringstream out;
  const ManualClock clock(parse_rfc3339("2026-11-24T10:42:07Z"));
  Reporter reporter(out, clock, pipe.in.get());
  reporter.report(0, {{"parameter-count", 5178}, {"macs", 1016394}});
  reporter.report(2, {{"validation-accuracy", 0.91}, {"train-loss", 1e-7}});
  EXPECT_EQ(pipe.read(),
            "{\"step\":0,\"time\":\"2026-11-24T10:42:07Z\",\"metrics\":{\"parameter-count\":5178,"
            "\"macs\":1016394}}\n"
            "{\"step\":2,\"time\":\"2026-11-24T10:42:07Z\",\"metrics\":{\"validation-accuracy\":"
            "0.91,\"train-loss\":1e-07}}\n");
  EXPECT_EQ(out.str(),
            "parameter-count=5178 macs=1016394\n"
            "epoch=2 validation-accuracy=0.91 train-loss=1e-07\n");
}

TEST(Reporter, WritesNonFiniteNumbersAsText) {
  Pipe pipe;
  std::ostringstream out;
  const ManualClock clock;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  Reporter(out, clock, pipe.in.get()).report(1, {{"a", nan}, {"b", infinity}, {"c", -infinity}});
  EXPECT_THAT(pipe.read(), testing::HasSubstr(R"({"a":"nan","b":"inf","c":"-inf"})"));
  EXPECT_EQ(out.str(), "epoch=1 a=nan b=inf c=-inf\n");
}

TEST(Reporter, GoesOnWhenNobodyReads) {
  std::signal(SIGPIPE, SIG_IGN);
  Pipe pipe;
  pipe.out.reset();
  std::ostringstream out;
  const ManualClock clock;
  Reporter(out, clock, pipe.in.get()).report(1, {{"a", 1.5}});
  EXPECT_EQ(out.str(), "epoch=1 a=1.5\n");
}

TEST(Reporter, FindsThePipeByItsVariable) {
  ::unsetenv("MIMAR_METRICS_FD");
  EXPECT_EQ(find_metrics_fd(), std::nullopt);
  ::setenv("MIMAR_METRICS_FD", "", 1);
  EXPECT_EQ(find_metrics_fd(), std::nullopt);
  ::setenv("MIMAR_METRICS_FD", "2", 1);
  EXPECT_EQ(find_metrics_fd(), 2);
  for (const char* wrong : {"999999", "two", "-1"}) {
    ::setenv("MIMAR_METRICS_FD", wrong, 1);
    EXPECT_THROW(find_metrics_fd(), Error) << wrong;
  }
  ::unsetenv("MIMAR_METRICS_FD");
}

}  // namespace
}  // namespace mimar::trainer
