#include "experiment/job_indexes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace mimar::experiment {
namespace {

// The forms that the API reference gives for status.completedIndexes: "1,3-5,7".
TEST(JobIndexes, AreWrittenAsKubernetesWritesThem) {
  EXPECT_EQ(to_text(JobIndexes{}), "");
  EXPECT_EQ(to_text(JobIndexes{4}), "4");
  EXPECT_EQ(to_text(JobIndexes{1, 3, 4, 5, 7}), "1,3-5,7");
  EXPECT_EQ(to_text(JobIndexes{0, 1, 3}), "0,1,3");  // two in a row are no range
}

TEST(JobIndexes, AreReadFromNumbersAndRanges) {
  EXPECT_THAT(parse_job_indexes("1,3-5,7", 8), testing::ElementsAre(1, 3, 4, 5, 7));
  EXPECT_THAT(parse_job_indexes("0", 1), testing::ElementsAre(0));
  EXPECT_THAT(parse_job_indexes("", 1), testing::IsEmpty());
}

TEST(JobIndexes, AreRefusedWhenTheyAreNotInOrderOrTooLarge) {
  for (const char* text :
       {"8", "3-8", "5-3", "4-4", "3,2", "3,3", "1-2-3", "a", "1,", "-1", "1-"}) {
    EXPECT_THROW(parse_job_indexes(text, 8), Error) << text;
  }
}

}  // namespace
}  // namespace mimar::experiment
