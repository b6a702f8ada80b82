#include "agent/spool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/error.h"

namespace mimar::agent {
namespace {

namespace fs = std::filesystem;

MetricValue value(std::int64_t number) {
  return {.metric = number % 2 == 0 ? "loss" : "accuracy",
          .step = number / 2,
          .time = TimePoint(std::chrono::microseconds(1'700'000'000'000'000 + number)),
          .value = number % 7 == 0 ? "nan" : std::to_string(number)};
}

std::vector<MetricValue> values(std::int64_t first, std::int64_t last) {
  std::vector<MetricValue> all;
  for (std::int64_t i = first; i <= last; ++i) all.push_back(value(i));
  return all;
}

class SpoolTest : public testing::Test {
 protected:
  SpoolTest() : folder_(fs::path(testing::TempDir()) / concat("mimar-spool-", ::getpid())) {
    fs::remove_all(folder_);
  }
  ~SpoolTest() override { fs::remove_all(folder_); }

  SpoolOptions options(std::uint64_t segment_bytes = 1000) const {
    return {.folder = folder_, .segment_bytes = segment_bytes, .most_bytes = 20000};
  }
  std::vector<fs::path> segments() const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(folder_)) {
      if (entry.path().extension() == ".segment") found.push_back(entry.path());
    }
    std::sort(found.begin(), found.end());
    return found;
  }

  fs::path folder_;
};

TEST_F(SpoolTest, GivesBackWhatItTookInOrder) {
  Spool spool(options());
  EXPECT_EQ(spool.last(), 0);
  EXPECT_TRUE(spool.read(0, 100).empty());
  spool.append(values(1, 1));
  spool.append({});
  spool.append(values(2, 40));
  spool.append(values(41, 90));
  EXPECT_EQ(spool.last(), 90);
  EXPECT_EQ(spool.read(0, 1U << 20U), values(1, 90));
  EXPECT_EQ(spool.read(55, 1U << 20U), values(56, 90));
  EXPECT_TRUE(spool.read(90, 1U << 20U).empty());
  EXPECT_GT(segments().size(), 1U);
  // Bit by bit.
  std::vector<MetricValue> all;
  while (std::ssize(all) < spool.last()) {
    const auto some = spool.read(std::ssize(all), 1);
    ASSERT_FALSE(some.empty());
    all.insert(all.end(), some.begin(), some.end());
  }
  EXPECT_EQ(all, values(1, 90));
}

TEST_F(SpoolTest, GoesOnAfterARestart) {
  std::string writer;
  {
    Spool spool(options());
    writer = spool.writer();
    EXPECT_EQ(writer.size(), 32U);
    for (int i = 0; i < 10; ++i) spool.append(values(10 * i + 1, 10 * i + 10));
    spool.acknowledge(35);
  }
  Spool spool(options());
  EXPECT_EQ(spool.writer(), writer);
  EXPECT_EQ(spool.last(), 100);
  EXPECT_EQ(spool.acknowledged(), 35);
  EXPECT_EQ(spool.read(35, 1U << 20U), values(36, 100));
  spool.append(values(101, 110));
  EXPECT_EQ(spool.read(99, 1U << 20U), values(100, 110));
  EXPECT_THROW(spool.read(34, 100), Error);
}

TEST_F(SpoolTest, KeepsNoMoreThanWhatWaits) {
  Spool spool(options());
  for (int i = 0; i < 100; ++i) {
    spool.append(values(10 * i + 1, 10 * i + 10));
    spool.acknowledge(10 * i + 5);
    EXPECT_LE(segments().size(), 3U);
    EXPECT_FALSE(spool.is_full());
  }
  spool.acknowledge(1000);
  EXPECT_EQ(spool.acknowledged(), 1000);
  spool.acknowledge(3);
  EXPECT_EQ(spool.acknowledged(), 1000);
  EXPECT_THROW(spool.acknowledge(1001), Error);
}

TEST_F(SpoolTest, SaysWhenItIsFull) {
  Spool spool(options());
  std::int64_t last = 0;
  while (!spool.is_full()) {
    spool.append(values(last + 1, last + 10));
    last += 10;
    ASSERT_LT(last, 10000);
  }
  spool.acknowledge(last - 5);
  EXPECT_FALSE(spool.is_full());
}

TEST_F(SpoolTest, DropsAFrameThatWasCutShort) {
  {
    Spool spool(options(100000));
    spool.append(values(1, 10));
    spool.append(values(11, 20));
  }
  const fs::path file = segments().front();
  const auto whole = fs::file_size(file);
  for (const auto size : {whole - 1, whole / 2 + 1, whole / 2 + 13}) {
    fs::resize_file(file, size);
    Spool spool(options(100000));
    EXPECT_EQ(spool.last(), 10);
    spool.append(values(11, 20));
    EXPECT_EQ(spool.read(0, 1U << 20U), values(1, 20));
  }
}

TEST_F(SpoolTest, DropsADamagedEnd) {
  {
    Spool spool(options(100000));
    spool.append(values(1, 10));
    spool.append(values(11, 20));
  }
  std::fstream file(segments().front(), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(-3, std::ios::end);
  file.put('x');
  file.close();
  Spool spool(options(100000));
  EXPECT_EQ(spool.last(), 10);
}

TEST_F(SpoolTest, NeverGivesANumberThatWasAcknowledged) {
  {
    Spool spool(options(100000));
    spool.append(values(1, 10));
    spool.acknowledge(10);
  }
  fs::resize_file(segments().front(), 5);  // as after the machine's death
  Spool spool(options(100000));
  EXPECT_EQ(spool.last(), 10);
  spool.append(values(11, 12));
  EXPECT_EQ(spool.read(10, 1U << 20U), values(11, 12));
}

TEST_F(SpoolTest, IsOneProcessesAtATime) {
  const Spool spool(options());
  EXPECT_THROW(Spool again(options()), Error);
}

TEST_F(SpoolTest, RefusesWhatIsNoSpool) {
  fs::create_directories(folder_);
  std::ofstream(folder_ / "acknowledged") << "many";
  EXPECT_THROW(Spool spool(options()), Error);
  fs::remove(folder_ / "acknowledged");
  std::ofstream(folder_ / "first.segment") << "x";
  EXPECT_THROW(Spool spool(options()), Error);
}

/// Whatever the moment: what is read after a kill are the values from 1 on without a gap.
TEST_F(SpoolTest, SurvivesKills) {
  for (int round = 0; round < 15; ++round) {
    const pid_t child = ::fork();
    if (child == 0) {
      Spool spool(options(3000));
      while (true) spool.append(values(spool.last() + 1, spool.last() + 17));
    }
    ::usleep(static_cast<useconds_t>(2000 + 731 * round));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    Spool spool(options(3000));
    EXPECT_EQ(spool.read(spool.acknowledged(), 1U << 30U),
              values(spool.acknowledged() + 1, spool.last()));
    spool.acknowledge(spool.last() - std::min<std::int64_t>(spool.last(), round));
  }
}

}  // namespace
}  // namespace mimar::agent
