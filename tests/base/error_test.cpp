#include "base/error.h"

#include <cerrno>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mimar {
namespace {

template <class Body>
Error caught(const Body& body) {
  try {
    body();
  } catch (const Error& error) {
    return error;
  }
  return {ErrorCode::kInternal, "nothing was thrown"};
}

TEST(Error, CarriesItsCodeAndTheJoinedParts) {
  const Error error = caught([] { fail(ErrorCode::kNotFound, "no trial ", 7, ", ", 0.5); });
  EXPECT_EQ(error.code(), ErrorCode::kNotFound);
  EXPECT_STREQ(error.what(), "no trial 7, 0.5");
}

TEST(Error, RequireBlamesTheCallerAndCheckUs) {
  EXPECT_NO_THROW(require(true, "fine"));
  EXPECT_NO_THROW(check(true, "fine"));
  const Error theirs = caught([] { require(false, "count must not be negative: ", -1); });
  EXPECT_EQ(theirs.code(), ErrorCode::kInvalidArgument);
  EXPECT_STREQ(theirs.what(), "count must not be negative: -1");
  const Error ours = caught([] { check(false, "sizes agree"); });
  EXPECT_EQ(ours.code(), ErrorCode::kInternal);
  EXPECT_STREQ(ours.what(), "broken invariant: sizes agree");
}

TEST(Error, KnowsWhetherTryingAgainCanHelp) {
  for (const ErrorCode code :
       {ErrorCode::kAborted, ErrorCode::kUnavailable, ErrorCode::kResourceExhausted}) {
    EXPECT_FALSE(Error(code, "").is_terminal()) << to_string(code);
  }
  for (const ErrorCode code :
       {ErrorCode::kInvalidArgument, ErrorCode::kNotFound, ErrorCode::kAlreadyExists,
        ErrorCode::kFailedPrecondition, ErrorCode::kInternal}) {
    EXPECT_TRUE(Error(code, "").is_terminal()) << to_string(code);
  }
}

TEST(Error, SpellsCodesAsGrpcDoes) {
  EXPECT_EQ(to_string(ErrorCode::kInvalidArgument), "INVALID_ARGUMENT");
  EXPECT_EQ(to_string(ErrorCode::kFailedPrecondition), "FAILED_PRECONDITION");
  EXPECT_EQ(to_string(ErrorCode::kResourceExhausted), "RESOURCE_EXHAUSTED");
}

TEST(Error, TranslatesSystemErrors) {
  const auto of = [](int error_number) {
    return caught([&] {
      errno = error_number;
      fail_errno("opening a file");
    });
  };
  EXPECT_EQ(of(ENOENT).code(), ErrorCode::kNotFound);
  EXPECT_EQ(of(EEXIST).code(), ErrorCode::kAlreadyExists);
  EXPECT_EQ(of(ENOSPC).code(), ErrorCode::kResourceExhausted);
  EXPECT_EQ(of(EAGAIN).code(), ErrorCode::kUnavailable);
  EXPECT_EQ(of(EACCES).code(), ErrorCode::kFailedPrecondition);
  EXPECT_EQ(of(EBADF).code(), ErrorCode::kInternal);
  EXPECT_STREQ(of(ENOENT).what(), "opening a file: No such file or directory");
}

}  // namespace
}  // namespace mimar
