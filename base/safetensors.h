#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace mimar {

/// A named array of 32-bit floats.
struct NamedTensor {
  std::string name;
  std::vector<std::int64_t> shape;
  std::vector<float> values;  // row by row; as many as the shape says

  bool operator==(const NamedTensor&) const = default;
};

/// What a safetensors file holds: named arrays and a few texts about them.
struct TensorFile {
  std::map<std::string, std::string> metadata;
  std::vector<NamedTensor> tensors;

  bool operator==(const TensorFile&) const = default;
};

/// The bytes of a safetensors file (https://huggingface.co/docs/safetensors): 8 bytes with the
/// header's length, a header of JSON, then the numbers, little-endian. The format holds no code.
/// Equal contents give equal bytes.
/// Errors: kInvalidArgument for a tensor whose values are not as many as its shape says, or a name
/// that comes twice.
std::string to_safetensors(const TensorFile& file);

/// Reads such bytes, from anywhere: every length and offset is checked before it is used. Only
/// arrays of type F32 are accepted; they may lie in any order but not overlap or leave gaps.
/// Errors: kInvalidArgument, saying what is wrong.
TensorFile parse_safetensors(std::string_view bytes);

}  // namespace mimar
