#include "base/safetensors.h"

#include <gtest/gtest.h>

#include <string>

#include "base/error.h"
#include "base/rng.h"

namespace mimar {
namespace {

using namespace std::string_literals;

/// A file with the given header; its length is written as the format says.
std::string file_with(const std::string& header, const std::string& numbers = {}) {
  std::string bytes(8, '\0');
  bytes[0] = static_cast<char>(header.size() & 255U);
  bytes[1] = static_cast<char>(header.size() >> 8U);
  return bytes + header + numbers;
}

std::string problem(const std::string& bytes) {
  try {
    parse_safetensors(bytes);
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

TEST(Safetensors, WritesTheFormatByteForByte) {
  // 1.0F is 00 00 80 3f, -2.0F is 00 00 00 c0.
  const TensorFile file{.metadata = {{"k", "v"}}, .tensors = {{"a", {2}, {1.0F, -2.0F}}}};
  const std::string header =
      R"({"__metadata__":{"k":"v"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";
  const std::string padded = header + std::string((8 - header.size() % 8) % 8, ' ');
  EXPECT_EQ(to_safetensors(file), file_with(padded, "\x00\x00\x80\x3f\x00\x00\x00\xc0"s));
}

TEST(Safetensors, ReadsBackWhatItWrote) {
  const TensorFile file{
      .metadata = {{"format", "pt"}, {"empty", ""}},
      .tensors = {
          {"scalar", {}, {3.0F}}, {"empty", {0, 4}, {}}, {"matrix", {2, 3}, {1, 2, 3, 4, 5, 6}}}};
  EXPECT_EQ(parse_safetensors(to_safetensors(file)), file);
}

TEST(Safetensors, SaysWhatIsWrong) {
  EXPECT_EQ(problem("abc"), "the file has 3 bytes, too few for a header");
  EXPECT_EQ(problem(std::string(8, '\xff')),
            "the header should have 18446744073709551615 bytes, the file has 0 left");
  EXPECT_EQ(problem(file_with("[]")), "the header is no JSON object");
  EXPECT_EQ(
      problem(file_with(R"({"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}})", "12345678")),
      "tensor a is not of type F32, the one that is read");
  EXPECT_EQ(
      problem(file_with(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,400]}})", "1234")),
      "tensor a reaches from byte 0 to 400 of 4");
  EXPECT_EQ(problem(file_with(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", "1234")),
            "tensor a has 4 bytes, not as many as its shape says");
  EXPECT_EQ(
      problem(file_with(
          R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}})", "1234")),
      "tensor a has 4 bytes, not as many as its shape says");
  EXPECT_EQ(
      problem(file_with(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", "12345678")),
      "the file has 8 bytes of numbers, its header tells of 4");
  EXPECT_EQ(problem(file_with(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
                              R"("b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
                              "1234")),
            "tensor b begins at byte 0, the one before ends at 4");
}

TEST(Safetensors, RefusesToWriteWhatDoesNotFit) {
  EXPECT_THROW(to_safetensors({.metadata = {}, .tensors = {{"a", {3}, {1.0F}}}}), Error);
  EXPECT_THROW(
      to_safetensors({.metadata = {}, .tensors = {{"a", {1}, {1.0F}}, {"a", {1}, {1.0F}}}}), Error);
}

TEST(Safetensors, SurvivesDeepNesting) {
  const std::string deep(200'000, '[');
  std::string bytes(8, '\0');
  const std::size_t size = deep.size();
  for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>(size >> (8 * i) & 255U);
  EXPECT_EQ(problem(bytes + deep), "the header is no JSON object");
}

}  // namespace
}  // namespace mimar
