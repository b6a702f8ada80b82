#include "trainer/process_place.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/error.h"

namespace mimar::trainer {
namespace {

using testing::HasSubstr;
using Variables = std::map<std::string, std::string>;

ProcessPlace place_of(const Variables& variables) {
  return read_process_place([&](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  });
}

std::string message_of(const Variables& variables) {
  try {
    place_of(variables);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

const Variables kWorker = {{"WORLD_SIZE", "3"},
                           {"RANK", "2"},
                           {"MASTER_ADDR", "job-master-0"},
                           {"MASTER_PORT", "23456"},
                           {"PET_NPROC_PER_NODE", "auto"}};

Variables with(const std::string& name, const std::string& value) {
  Variables variables = kWorker;
  variables[name] = value;
  return variables;
}

TEST(ProcessPlace, IsAloneWithoutAWorldOrInOneOfItsOwn) {
  EXPECT_EQ(place_of({}).world_size, 1);
  EXPECT_EQ(place_of({{"WORLD_SIZE", ""}}).world_size, 1);
  EXPECT_EQ(place_of({{"WORLD_SIZE", "1"}, {"RANK", "nonsense"}}).rank, 0);
}

TEST(ProcessPlace, ReadsWhatTheTrainingOperatorSets) {
  const ProcessPlace place = place_of(kWorker);
  EXPECT_EQ(place.rank, 2);
  EXPECT_EQ(place.world_size, 3);
  EXPECT_EQ(place.master_address, "job-master-0");
  EXPECT_EQ(place.master_port, 23456);
}

TEST(ProcessPlace, NamesTheVariableThatIsWrong) {
  EXPECT_THAT(message_of(with("WORLD_SIZE", "two")),
              HasSubstr("WORLD_SIZE must be a whole number in 1..65536: \"two\""));
  EXPECT_THAT(message_of(with("RANK", "3")), HasSubstr("RANK must be a whole number in 0..2"));
  EXPECT_THAT(message_of(with("MASTER_PORT", "0")), HasSubstr("MASTER_PORT must be"));
  EXPECT_THAT(message_of(with("MASTER_ADDR", "")), HasSubstr("but MASTER_ADDR is not set"));
}

TEST(ProcessPlace, RefusesMoreProcessesPerReplicaThanOne) {
  EXPECT_THAT(message_of(with("PET_NPROC_PER_NODE", "2")), HasSubstr("one process per replica"));
  Variables from_torchrun = with("PET_NPROC_PER_NODE", "2");
  from_torchrun["LOCAL_RANK"] = "1";
  EXPECT_EQ(place_of(from_torchrun).rank, 2);
}

}  // namespace
}  // namespace mimar::trainer
