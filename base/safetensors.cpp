#include "base/safetensors.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/json.h"

namespace mimar {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers are copied as they lie");

constexpr std::size_t kLengthBytes = 8;
constexpr std::size_t kMostHeaderBytes = std::size_t{100} << 20U;  // the format's own limit
constexpr std::size_t kMostDimensions = 8;
constexpr const char* kMetadata = "__metadata__";

/// The number of values of a shape; nothing above `most`, however large the factors are.
std::optional<std::size_t> count(const std::vector<std::int64_t>& shape, std::size_t most) {
  std::size_t product = 1;
  for (const std::int64_t size : shape) {
    if (size < 0) return std::nullopt;
    const auto factor = static_cast<std::size_t>(size);
    if (factor != 0 && product > most / factor) return std::nullopt;
    product *= factor;
  }
  return product;
}

struct Place {
  std::string name;
  std::vector<std::int64_t> shape;
  std::size_t begin = 0;  // bytes
  std::size_t end = 0;
};

std::vector<std::int64_t> read_shape(const std::string& name, const Json& json) {
  require(json.is_array() && json.size() <= kMostDimensions, "tensor ", name,
          ": its shape is no list of at most ", kMostDimensions, " numbers");
  std::vector<std::int64_t> shape;
  for (const Json& size : json) {
    require(size.is_number_integer(), "tensor ", name, ": its shape holds a ", size.type_name());
    shape.push_back(size.get<std::int64_t>());
  }
  return shape;
}

Place read_place(const std::string& name, const Json& json, std::size_t num_bytes) {
  require(json.is_object() && json.contains("dtype") && json.contains("shape") &&
              json.contains("data_offsets"),
          "tensor ", name, " lacks dtype, shape or data_offsets");
  require(json.at("dtype") == "F32", "tensor ", name, " is not of type F32, the one that is read");
  Place place{name, read_shape(name, json.at("shape")), 0, 0};
  const Json& offsets = json.at("data_offsets");
  require(offsets.is_array() && offsets.size() == 2 && offsets[0].is_number_unsigned() &&
              offsets[1].is_number_unsigned(),
          "tensor ", name, ": data_offsets are no two whole numbers");
  place.begin = offsets[0].get<std::size_t>();
  place.end = offsets[1].get<std::size_t>();
  require(place.begin <= place.end && place.end <= num_bytes, "tensor ", name,
          " reaches from byte ", place.begin, " to ", place.end, " of ", num_bytes);
  const std::optional<std::size_t> values = count(place.shape, num_bytes / sizeof(float));
  require(values && *values * sizeof(float) == place.end - place.begin, "tensor ", name, " has ",
          place.end - place.begin, " bytes, not as many as its shape says");
  return place;
}

std::map<std::string, std::string> read_metadata(const Json& json) {
  require(json.is_object(), "the metadata are no object");
  std::map<std::string, std::string> metadata;
  for (const auto& [key, value] : json.items()) {
    require(value.is_string(), "the metadata under ", key, " are no text");
    metadata[key] = value.get<std::string>();
  }
  return metadata;
}

void require_no_gaps(std::vector<Place> places, std::size_t num_bytes) {
  std::ranges::sort(places, {},
                    [](const Place& place) { return std::pair(place.begin, place.end); });
  std::size_t end = 0;
  for (const Place& place : places) {
    require(place.begin == end, "tensor ", place.name, " begins at byte ", place.begin,
            ", the one before ends at ", end);
    end = place.end;
  }
  require(end == num_bytes, "the file has ", num_bytes, " bytes of numbers, its header tells of ",
          end);
}

std::string_view take_header(std::string_view& bytes) {
  require(bytes.size() >= kLengthBytes, "the file has ", bytes.size(),
          " bytes, too few for a header");
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), kLengthBytes);
  bytes.remove_prefix(kLengthBytes);
  require(length <= std::min(bytes.size(), kMostHeaderBytes), "the header should have ", length,
          " bytes, the file has ", bytes.size(), " left");
  const std::string_view header = bytes.substr(0, length);
  bytes.remove_prefix(length);
  return header;
}

}  // namespace

std::string to_safetensors(const TensorFile& file) {
  Json header = Json::object();
  if (!file.metadata.empty()) header[kMetadata] = file.metadata;
  std::size_t offset = 0;
  for (const NamedTensor& tensor : file.tensors) {
    require(tensor.name != kMetadata && !header.contains(tensor.name), "two tensors have the name ",
            tensor.name);
    const std::optional<std::size_t> values = count(tensor.shape, tensor.values.size());
    require(values && *values == tensor.values.size(), "tensor ", tensor.name, " has ",
            tensor.values.size(), " values, not as many as its shape says");
    const std::size_t end = offset + tensor.values.size() * sizeof(float);
    header[tensor.name] = {
        {"dtype", "F32"}, {"shape", tensor.shape}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text = header.dump();
  text.append((kLengthBytes - text.size() % kLengthBytes) % kLengthBytes, ' ');
  const std::uint64_t length = text.size();
  std::string bytes(kLengthBytes, '\0');
  std::memcpy(bytes.data(), &length, kLengthBytes);
  bytes += text;
  for (const NamedTensor& tensor : file.tensors) {
    bytes.append(reinterpret_cast<const char*>(tensor.values.data()),
                 tensor.values.size() * sizeof(float));
  }
  return bytes;
}

TensorFile parse_safetensors(std::string_view bytes) {
  const std::string_view header = take_header(bytes);
  const Json json = Json::parse(header, nullptr, false);
  require(json.is_object(), "the header is no JSON object");
  TensorFile file;
  std::vector<Place> places;
  for (const auto& [name, value] : json.items()) {
    if (name == kMetadata) {
      file.metadata = read_metadata(value);
    } else {
      places.push_back(read_place(name, value, bytes.size()));
    }
  }
  require_no_gaps(places, bytes.size());
  for (Place& place : places) {
    NamedTensor tensor{std::move(place.name), std::move(place.shape), {}};
    tensor.values.resize((place.end - place.begin) / sizeof(float));
    if (!tensor.values.empty()) {
      std::memcpy(tensor.values.data(), bytes.data() + place.begin, place.end - place.begin);
    }
    file.tensors.push_back(std::move(tensor));
  }
  return file;
}

}  // namespace mimar
